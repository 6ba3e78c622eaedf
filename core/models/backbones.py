"""The registry of backbones. No Keras: screens and the queue read it before anything computes."""

from dataclasses import dataclass, field
from functools import lru_cache

from core.errors import UnknownBackbone
from core.models.designs import DESIGNS
from core.models.home_made import layers, smallest_input
from core.records import HOME_MADE, Head, HomeMade, RunSpec

_STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications"
_EFFICIENTNET = "https://storage.googleapis.com/keras-applications"
_SCALES = "The pixels are scaled in its first layers, which count in the number of frozen layers."


@dataclass(frozen=True)
class Download:
    """Where Keras itself fetches the ImageNet weights without their classification layer."""

    url: str
    checksum: str | None  # MD5, or SHA-256 where it has 64 digits; None where Keras checks none either
    megabytes: int

    @property
    def file(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Backbone:
    name: str  # as specs hold it
    title: str  # as people read it
    help: str  # one or two sentences for the screen
    minimum: int  # least input size, px
    layers: int  # length of the Keras model's `layers`, input layer included: the largest k
    parameters: int  # all weights without the head, moving statistics included
    # Applied inside the model: "tf", "caffe" or "torch" (modes of keras.applications), "unit", or "none" where the
    # backbone's own first layers scale the pixels.
    preprocessing: str
    family: str  # backbones of one plan in several sizes
    factory: str | None = None  # its function in keras.applications; None for a home-made one
    default_input: int = 96  # px
    pretrained: bool = True  # whether ImageNet weights exist
    weights_file: str | None = None  # what "imagenet" looks for in THAW_WEIGHTS
    download: Download | None = None
    default_head: Head = field(default_factory=Head)
    design: HomeMade | None = None  # its blocks, where it is home-made

    @property
    def key(self) -> str:
        """Unique for every network, home-made ones included: for caches."""
        return f"{self.name}-{self.design.id}" if self.name == HOME_MADE else self.name

    @property
    def label(self) -> str:
        """The title with the size, for lists: "MobileNetV2 · 2.3 M weights"."""
        return f"{self.title} · {self.parameters / 1e6:.1f} M weights"


def _keras(
    factory: str,
    title: str,
    family: str,
    layers: int,
    parameters: int,
    preprocessing: str,
    url: str,
    checksum: str | None,
    help: str,
    minimum: int = 32,
    head: Head = Head(),
) -> Backbone:
    """A backbone of keras.applications, named as there in small letters."""
    name = factory.lower()
    return Backbone(
        name=name,
        title=title,
        help=help,
        minimum=minimum,
        layers=layers,
        parameters=parameters,
        preprocessing=preprocessing,
        family=family,
        factory=factory,
        weights_file=f"{name}_notop.weights.h5",
        download=Download(url, checksum, round(4 * parameters / 1e6)),  # float32
        default_head=head,
    )


def _mobilenet_v3(size: str, layers: int, parameters: int, checksum: str, help: str) -> Backbone:
    url = f"{_STORAGE}/mobilenet_v3/weights_mobilenet_v3_{size.lower()}_224_1.0_float_no_top_v2.h5"
    title = f"MobileNetV3 {size}"
    return _keras(
        f"MobileNetV3{size}", title, "MobileNet", layers, parameters, "none", url, checksum, f"{help} {_SCALES}"
    )


def _efficientnet(size: str, layers: int, parameters: int, checksum: str, help: str) -> Backbone:
    url = f"{_EFFICIENTNET}/efficientnet{size.lower()}_notop.h5"
    title, help = f"EfficientNet {size}", f"{help} {_SCALES}"
    return _keras(f"EfficientNet{size}", title, "EfficientNet", layers, parameters, "none", url, checksum, help)


def _efficientnet_v2(size: str, layers: int, parameters: int, checksum: str, help: str) -> Backbone:
    url = f"{_STORAGE}/efficientnet_v2/efficientnetv2-{size.lower()}_notop.h5"
    title, help = f"EfficientNetV2 {size}", f"{help} {_SCALES}"
    return _keras(f"EfficientNetV2{size}", title, "EfficientNetV2", layers, parameters, "none", url, checksum, help)


def _convnext(size: str, layers: int, parameters: int, checksum: str, help: str) -> Backbone:
    url = f"{_STORAGE}/convnext/convnext_{size.lower()}_notop.h5"
    title, help = f"ConvNeXt {size}", f"{help} {_SCALES}"
    return _keras(f"ConvNeXt{size}", title, "ConvNeXt", layers, parameters, "none", url, checksum, help)


_VANILLA = Backbone(
    name="vanilla",
    title="Vanilla CNN",
    help="Three times convolution, ReLU and pooling, trained from nothing. Quick, and the yardstick for the "
    "pre-trained networks.",
    minimum=8,
    layers=10,
    parameters=94784,
    preprocessing="unit",
    family=HOME_MADE,
    pretrained=False,
    default_head=DESIGNS["vanilla"].head,
    design=DESIGNS["vanilla"].network,
)

# VGG ends in features of some hundreds that no layer normalised: a plain dense layer dies of them at its first steps.
_NORMALISED = Head(batch_normalization=True)

# By family, the family with the smallest member first, and small before large within it.
_ALL = (
    _VANILLA,
    _mobilenet_v3(
        *("Small", 157, 939120, "d3e8ec802a04aa4fc771ee12a9a9b836"),
        help="The smallest here, made for phones (Howard et al. 2019), for a quick try on any machine.",
    ),
    _keras(
        *("MobileNetV2", "MobileNetV2", "MobileNet", 154, 2257984, "tf"),
        f"{_STORAGE}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        None,
        help="Small and quick, made for phones (Sandler et al. 2018). The one to start with on a laptop.",
    ),
    _mobilenet_v3(
        *("Large", 187, 2996352, "07fb09a5933dd0c8eaafa16978110389"),
        help="Quick and more exact than the small one (Howard et al. 2019).",
    ),
    _efficientnet(
        *("B0", 238, 4049571, "50bc09e76180e00e4465e1a485ddc09d"),
        help="The smallest of eight networks that grow by one rule (Tan and Le 2019), made for photos of 224 px.",
    ),
    _efficientnet(
        *("B1", 340, 6575239, "74c4e6b3e1f6a1eea24c589628592432"),
        help="EfficientNet one step deeper than B0, made for photos of 240 px.",
    ),
    _efficientnet(
        *("B2", 340, 7768569, "111f8e2ac8aa800a7a99e3239f7bfb39"),
        help="EfficientNet as deep as B1 and wider, made for photos of 260 px.",
    ),
    _efficientnet(
        *("B3", 385, 10783535, "af6d107764bb5b1abb91932881670226"),
        help="A middle-sized EfficientNet, made for photos of 300 px.",
    ),
    _efficientnet(
        *("B4", 475, 17673823, "ebc24e6d6c33eaebbd558eafbeedf1ba"),
        help="A large EfficientNet, slow without a GPU, made for photos of 380 px.",
    ),
    _efficientnet(
        *("B5", 577, 28513527, "38879255a25d3c92d5e44e04ae6cec6f"),
        help="A large EfficientNet for a GPU, made for photos of 456 px.",
    ),
    _efficientnet(
        *("B6", 667, 40960143, "9ecce42647a20130c1f39a5d4cb75743"),
        help="A very large EfficientNet for a GPU, made for photos of 528 px.",
    ),
    _efficientnet(
        *("B7", 814, 64097687, "cbcfe4450ddf6f3ad90b1b398090fe4a"),
        help="The largest EfficientNet, for a GPU with much memory, made for photos of 600 px.",
    ),
    _efficientnet_v2(
        *("B0", 270, 5919312, "893217f2bb855e2983157299931e43ff"),
        help="EfficientNet made to train faster (Tan and Le 2021), its smallest, made for photos of 224 px.",
    ),
    _efficientnet_v2(
        *("B1", 334, 6931124, "0e80663031ca32d657f9caa404b6ec37"),
        help="EfficientNetV2 one step deeper than B0, made for photos of 240 px.",
    ),
    _efficientnet_v2(
        *("B2", 349, 8769374, "1dfe2e7a5d45b6632553a8961ea609eb"),
        help="EfficientNetV2 a little deeper and wider than B1, made for photos of 260 px.",
    ),
    _efficientnet_v2(
        *("B3", 409, 12930622, "f6abf7b5849ac99a89b50dd3fd532856"),
        help="A middle-sized EfficientNetV2, made for photos of 300 px.",
    ),
    _efficientnet_v2(
        *("S", 513, 20331360, "af0682fb74e8c54910f2d4393339c070"),
        help="A large EfficientNetV2, slow without a GPU, made for photos of 384 px.",
    ),
    _efficientnet_v2(
        *("M", 740, 53150388, "1b8dc055df72dde80d614482840fe342"),
        help="A very large EfficientNetV2 for a GPU, made for photos of 480 px.",
    ),
    _keras(
        *("DenseNet121", "DenseNet121", "DenseNet", 427, 7037504, "torch"),
        f"{_STORAGE}/densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "30ee3e1110167f948a6b9946edeeb738",
        help="Each layer sees the output of all before it in its block (Huang et al. 2017). Few weights, much to "
        "compute.",
    ),
    _keras(
        *("VGG16", "VGG16", "VGG", 19, 14714688, "caffe"),
        f"{_STORAGE}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "6d6bbae143d832006294945121d1f1fc",
        help="Thirteen plain convolutions in five blocks (Simonyan and Zisserman 2014). Easy to cut, slow to train.",
        head=_NORMALISED,
    ),
    _keras(
        *("VGG19", "VGG19", "VGG", 22, 20024384, "caffe"),
        f"{_STORAGE}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "253f8cb515780f3b799900260a226db6",
        help="VGG16 with three convolutions more (Simonyan and Zisserman 2014). Easy to cut, slow to train.",
        head=_NORMALISED,
    ),
    _keras(
        *("Xception", "Xception", "Xception", 132, 20861480, "tf"),
        f"{_STORAGE}/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "b0042744bf5b25fce3cb969f33bebb97",
        help="Separable convolutions with shortcuts in fourteen blocks (Chollet 2017). Strong; thawing it takes "
        "patience without a GPU.",
        minimum=71,
    ),
    _keras(
        *("InceptionV3", "InceptionV3", "Inception", 311, 21802784, "tf"),
        f"{_STORAGE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "bcbd6486424b2319ff4ef7d526e38f63",
        help="Convolutions of several sizes side by side (Szegedy et al. 2016), the grown-up GoogLeNet. It can be "
        "kept in part only between its eleven mixed blocks.",
        minimum=75,
    ),
    _keras(
        *("ResNet50V2", "ResNet50V2", "ResNet", 190, 23564800, "tf"),
        f"{_STORAGE}/resnet/resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "fac2f116257151a9d068a22e544a4917",
        help="Shortcuts past every three convolutions, in sixteen blocks (He et al. 2016). A sound middle size.",
    ),
    _convnext(
        *("Tiny", 133, 27820128, "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1"),
        help="Convolutions arranged as in a vision transformer (Liu et al. 2022), the smallest of four.",
    ),
    _convnext(
        *("Small", 259, 49454688, "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab"),
        help="ConvNeXt twice as deep as Tiny, for a GPU.",
    ),
    _convnext(
        *("Base", 259, 87566464, "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45"),
        help="ConvNeXt as deep as Small and a third wider, for a GPU.",
    ),
    _convnext(
        *("Large", 259, 196230336, "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd"),
        help="ConvNeXt twice as wide as Small, for a GPU with much memory; the report's challenge was won with it.",
    ),
)
BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in _ALL}


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


def find_backbone(name: str | Backbone) -> Backbone:
    """The backbone of that name, whatever its case, hyphens and underscores. Raises UnknownBackbone."""
    if isinstance(name, Backbone):
        return name
    for backbone in BACKBONES.values():
        if _plain(name) in (_plain(backbone.name), _plain(backbone.title)):
            return backbone
    raise UnknownBackbone(name=name, known=", ".join(BACKBONES))


@lru_cache(maxsize=256)
def home_made(network: HomeMade) -> Backbone:
    """The backbone that a home-made network is."""
    planned = layers(network)
    return Backbone(
        name=HOME_MADE,
        title=network.name or "Home-made CNN",
        help="Built block by block, trained from nothing.",
        minimum=max(smallest_input(network), 8),
        layers=len(planned),
        parameters=sum(layer.parameters for layer in planned),
        preprocessing="unit",
        family=HOME_MADE,
        pretrained=False,
        design=network,
    )


def backbone_of(spec: RunSpec) -> Backbone:
    """The backbone of a plan: a registered one, or the plan's own network. Raises UnknownBackbone."""
    return home_made(spec.network) if spec.network is not None else find_backbone(spec.backbone)
