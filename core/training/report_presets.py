"""The report's experiments as training plans, a row of its tables each, and those of the challenge's best teams."""

from collections.abc import Iterator

from core.augment import BUILT_IN
from core.models import DESIGNS
from core.records import HOME_MADE, EarlyStopping, Head, Phase, Recipe
from core.training.preset import Preset, preset

HEAD_RATE, THAWED_RATE, LAST_RATE = 1e-3, 1e-4, 1e-5  # Adam's default, 1e-3, destroys pre-trained weights
STOPPING = EarlyStopping(monitor="accuracy", patience=5)
# The report says no more of VGG's head than its size; plain, it dies at its first steps (core.models.backbones).
HEAD = Head(dense=(256,), dropout=0.5, batch_normalization=True)
SLOW = "Hours without a GPU."
CLASSES = 8  # of the report


def _built_in(name: str) -> Recipe:
    return next(recipe for recipe in BUILT_IN if recipe.name == name)


GEOMETRIC, ADVANCED = _built_in("geometric (report)"), _built_in("advanced (report)")
WINNER = _built_in("CutMix or MixUp (challenge winner)")


def _phase(frozen, rate: float = THAWED_RATE, recipe: Recipe | None = None, **fields) -> Phase:
    """As the report trained, as far as it says: batch 128, Adam, best weights restored, no class weights.

    It names no epochs and rates.
    """
    fields = {"epochs": 30, "batch_size": 128, "early_stopping": STOPPING} | fields
    return Phase(frozen=frozen, learning_rate=rate, recipe=recipe, **fields)


def of_report() -> list[Preset]:
    return [*_home_made(), *_vgg16(), *_vgg19(), *_xception(), *_others(), *_teams()]


def _home_made() -> Iterator[Preset]:
    def row(name: str, title: str, text: str, figure: str, design: str, phase: Phase) -> Preset:
        found = DESIGNS[design]
        plan = {"backbone": HOME_MADE, "network": found.network, "head": found.head}
        return preset(f"report/{name}", f"Report: {title}", text, phase, report=figure, **plan)

    def copied(recipe: Recipe, photos: int) -> Phase:
        """Augmented once before the training, every class brought to as many photos, as the report did."""
        balanced = recipe.model_copy(
            update={"name": f"{recipe.name}, {photos:,} photos", "oversample": photos // CLASSES}
        )
        return _phase(0, HEAD_RATE, balanced, fixed_copies=1)

    plain, eight = _phase(0, HEAD_RATE), "eight-convolutions"
    yield preset(
        "report/vanilla",
        "Report: vanilla CNN",
        "32 (5x5), 64 and 128 filters, dense 128, dropout .5, photos as they are.",
        plain,
        report="0.44 on the hidden test",
        backbone="vanilla",
        head=DESIGNS["vanilla"].head,
    )
    yield row(
        "vanilla-bn",
        "vanilla CNN, batch normalisation",
        "The same, normalised before each pooling.",
        "worse than without, the network was too small",
        "vanilla-bn",
        plain,
    )
    yield row(
        "home-made",
        "home-made CNN, 4,000 photos",
        "Eight convolutions; every class augmented to 500 photos once.",
        "0.5 to 0.6 local",
        eight,
        copied(GEOMETRIC, 4_000),
    )
    for photos in (10_000, 25_000):
        yield row(
            f"home-made-{photos // 1000}k",
            f"home-made CNN, {photos:,} photos",
            f"Eight convolutions; every class augmented to {photos // CLASSES:,} photos once. {SLOW}",
            "0.80 to 0.85 local with 10,000 and then 25,000 photos, 0.78 hidden",
            eight,
            copied(GEOMETRIC, photos),
        )
    yield row(
        "home-made-advanced",
        "home-made CNN, advanced augmentation",
        f"25,000 photos with CutMix, MixUp, GridMask and Grayscale. {SLOW}",
        "3 to 4 points more than with the geometric augmentation alone",
        eight,
        copied(ADVANCED, 25_000),
    )
    yield row(
        "home-made-skips",
        "home-made CNN with skips",
        f"A shortcut past every two convolutions; 10,000 photos. {SLOW}",
        "no gain",
        "skips",
        copied(GEOMETRIC, 10_000),
    )
    yield row(
        "googlenet",
        "GoogLeNet",
        "Convolutions of three sizes side by side, photos as they are.",
        "overfitting after few epochs, validation accuracy between 0.40 and 0.80",
        "googlenet",
        plain,
    )


def _vgg16() -> Iterator[Preset]:
    plan = {"backbone": "vgg16", "weights": "imagenet", "head": HEAD}
    yield preset(
        "report/vgg16-plain",
        "Report: VGG16, no augmentation",
        "All frozen, head 256, photos as they are. Minutes without a GPU.",
        _phase("all", HEAD_RATE),
        report="about 0.60",
        **plan,
    )
    yield preset(
        "report/vgg16-augmented",
        "Report: VGG16, augmented",
        f"All frozen, head 256, the report's geometric augmentation. {SLOW}",
        _phase("all", HEAD_RATE, GEOMETRIC),
        report="about 0.70",
        **plan,
    )
    figures = {6: "0.7881 local", 8: "0.8249 local, 0.8325 hidden", 10: "0.8051 local", 12: "0.7994 local"}
    for k, figure in figures.items():
        yield preset(
            f"report/vgg16-k{k}",
            f"Report: VGG16, first {k} layers frozen",
            f"Geometric augmentation, the rest of the network trains. {SLOW}",
            _phase(k, recipe=GEOMETRIC),
            report=figure,
            **plan,
        )
    yield preset(
        "report/vgg16-k8-advanced",
        "Report: VGG16, 8 frozen, advanced augmentation",
        f"With CutMix, MixUp, GridMask and Grayscale. The report's own test leaked; here it can't. {SLOW}",
        _phase(8, recipe=ADVANCED),
        report="0.94 local (a leak), 0.8381 hidden",
        **plan,
    )


def _vgg19() -> Iterator[Preset]:
    figures = {8: 0.8169, 9: 0.8225, 10: 0.8338, 11: 0.7577, 12: 0.7944, 13: 0.8028}
    twin = {11: " Trains the same network as 12.", 12: " Trains the same network as 11."}
    for k, figure in figures.items():
        yield preset(
            f"report/vgg19-k{k}",
            f"Report: VGG19, first {k} layers frozen",
            f"Geometric augmentation, the rest of the network trains.{twin.get(k, '')} {SLOW}",
            _phase(k, recipe=GEOMETRIC),
            report=f"{figure:.4f} local",
            backbone="vgg19",
            weights="imagenet",
            head=HEAD,
        )


def _xception() -> Iterator[Preset]:
    for name, title, text, phase, figure in (
        ("plain", "no tuning", "Only the head trains.", _phase("all", HEAD_RATE), "0.5734 local"),
        ("k20", "first 20 layers frozen", "All but the entry trains.", _phase(20, recipe=GEOMETRIC), "0.6328 local"),
        ("k1", "all layers train", "The report calls it 1 frozen.", _phase(1, recipe=GEOMETRIC), "0.8136 local"),
    ):
        yield preset(
            f"report/xception-{name}",
            f"Report: Xception, {title}",
            f"Global average and dense 256. {text}" + (f" {SLOW}" if phase.recipe else ""),
            phase,
            report=figure,
            backbone="xception",
            weights="imagenet",
        )


def _others() -> Iterator[Preset]:
    for units in (256, 512, 1024):
        yield preset(
            "report/resnet50v2" + (f"-{units}" if units != 256 else ""),
            f"Report: ResNet50V2, head {units}",
            f"The head first, then all layers: the report does not say which it froze. {SLOW}",
            _phase("all", HEAD_RATE),
            _phase(0, recipe=GEOMETRIC),
            report="0.7401; heads of 256, 512 and 1024 made no difference",
            backbone="resnet50v2",
            weights="imagenet",
            head=Head(dense=(units,)),
        )
    steps = (
        _phase("all", HEAD_RATE),
        _phase(100, recipe=GEOMETRIC),
        _phase(1, LAST_RATE, recipe=GEOMETRIC),
    )
    efficientnet = {"backbone": "efficientnetv2m", "weights": "imagenet"}
    yield preset(
        "report/efficientnet",
        "Report: EfficientNetV2 M in three steps",
        f"The head, then all but the first 100 layers, then all. {SLOW}",
        *steps,
        report="0.88 local, 0.849 hidden",
        **efficientnet,
    )
    yield preset(
        "report/efficientnet-reverse",
        "Report: EfficientNetV2 M, steps reversed",
        f"All layers first, the head alone last. {SLOW}",
        *steps[::-1],
        report="less than in the other order",
        **efficientnet,
    )


def _teams() -> Iterator[Preset]:
    large = {"backbone": "convnextlarge", "weights": "imagenet"}
    yield preset(
        "report/winner",
        "The challenge's winner: ConvNeXt Large",
        "The head first at a high rate, then the whole network at a low one; CutMix or MixUp, flips, turns and zoom; "
        f"rare classes weigh more. {SLOW}",
        _phase("all", HEAD_RATE, WINNER, class_weights="balanced"),
        _phase(0, LAST_RATE, WINNER, class_weights="balanced"),
        report="0.9548 on the hidden test, with test-time augmentation",
        **large,
    )
    yield preset(
        "report/second-team",
        "Another team: ConvNeXt Large, 90 frozen",
        f"The head alone (0.8727 on its own test), then all but the first 90 layers. {SLOW}",
        _phase("all", HEAD_RATE),
        _phase(90, LAST_RATE, GEOMETRIC),
        report="0.9467 on its own test",
        **large,
    )
