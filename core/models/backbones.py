"""The registry of backbones. No Keras: screens and the queue read it before anything computes."""

from dataclasses import dataclass, field

from core.errors import UnknownBackbone
from core.records import Head

_STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True)
class Download:
    """Where Keras itself fetches the ImageNet weights without their classification layer."""

    url: str
    md5: str | None  # None where Keras checks none either
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
    preprocessing: str  # "tf", "caffe" (modes of keras.applications) or "unit"; applied inside the model
    default_input: int = 96  # px
    pretrained: bool = True  # whether ImageNet weights exist
    weights_file: str | None = None  # what "imagenet" looks for in THAW_WEIGHTS
    download: Download | None = None
    default_head: Head = field(default_factory=Head)


BACKBONES: dict[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        Backbone(
            name="vanilla",
            title="Vanilla CNN",
            help="Three times convolution, ReLU and pooling, trained from nothing. Quick, and the yardstick for the "
            "pre-trained networks.",
            minimum=8,
            layers=10,
            preprocessing="unit",
            pretrained=False,
            default_head=Head(pooling="flatten", dense=(128,), dropout=0.5),
        ),
        Backbone(
            name="mobilenetv2",
            title="MobileNetV2",
            help="Small and quick, made for phones (Sandler et al. 2018). The one to start with on a laptop.",
            minimum=32,
            layers=154,
            preprocessing="tf",
            weights_file="mobilenetv2_notop.weights.h5",
            download=Download(
                f"{_STORAGE}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5", None, 9
            ),
        ),
        Backbone(
            name="vgg16",
            title="VGG16",
            help="Thirteen plain convolutions in five blocks (Simonyan and Zisserman 2014). Easy to cut, slow to "
            "train.",
            minimum=32,
            layers=19,
            preprocessing="caffe",
            weights_file="vgg16_notop.weights.h5",
            download=Download(
                f"{_STORAGE}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "6d6bbae143d832006294945121d1f1fc",
                59,
            ),
        ),
        Backbone(
            name="xception",
            title="Xception",
            help="Separable convolutions with shortcuts in fourteen blocks (Chollet 2017). Strong; thawing it takes "
            "patience without a GPU.",
            minimum=71,
            layers=132,
            preprocessing="tf",
            weights_file="xception_notop.weights.h5",
            download=Download(
                f"{_STORAGE}/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "b0042744bf5b25fce3cb969f33bebb97",
                84,
            ),
        ),
    )
}


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").replace(" ", "")


def find_backbone(name: str) -> Backbone:
    """The backbone of that name, whatever its case, hyphens and underscores. Raises UnknownBackbone."""
    for backbone in BACKBONES.values():
        if _plain(name) in (_plain(backbone.name), _plain(backbone.title)):
            return backbone
    raise UnknownBackbone(name=name, known=", ".join(BACKBONES))
