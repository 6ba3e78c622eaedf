"""Ready training plans: what to press when one has no wish of one's own, and the report's runs. No Keras here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from core.augment import BUILT_IN
from core.errors import UnknownPreset
from core.records import EarlyStopping, Head, Phase, Recipe, RunSpec, Step

# Leaves, and the species photos, have no upright: every turn of one is as good a photo.
TURNS = Recipe(
    name="turns and flips",
    steps=(
        Step(operation="horizontal_flip"),
        Step(operation="vertical_flip"),
        Step(operation="rotation", parameters={"degrees": 180.0}),
        Step(operation="zoom", parameters={"amount": 0.15}),
    ),
)
VANILLA_HEAD = Head(pooling="flatten", dense=(128,), dropout=0.5)
REPORT_STOPPING = EarlyStopping(monitor="accuracy", patience=5)


@dataclass(frozen=True)
class Preset:
    name: str  # as `spec --preset` takes it
    title: str  # as people read it
    help: str  # one or two sentences for the screen
    report: str | None  # what the report got with it; None where it is not the report's
    make: Callable[..., RunSpec]  # make(dataset_id, split_id, seed=0)


def _plan(dataset_id: str, split_id: str, seed: int = 0, *, phases: tuple[Phase, ...], **fields) -> RunSpec:
    return RunSpec(dataset=dataset_id, split=split_id, seed=seed, phases=phases, **fields)


def _preset(name: str, title: str, text: str, *phases: Phase, report: str | None = None, **fields) -> Preset:
    return Preset(name, title, text, report, partial(_plan, phases=phases, **fields))


def _built_in(name: str) -> Recipe:
    return next(recipe for recipe in BUILT_IN if recipe.name == name)


def _ours() -> list[Preset]:
    """Plans that suit two processor cores."""
    warm = Phase(frozen="all", epochs=12, learning_rate=1e-3)

    def thaw(frozen: int, epochs: int) -> Phase:
        return Phase(frozen=frozen, epochs=epochs, learning_rate=1e-4, schedule="cosine", recipe=TURNS)

    return [
        _preset(
            "first",
            "A first model",
            "A small network from nothing on 48 px photos: seconds, not minutes.",
            Phase(frozen=0, epochs=12, batch_size=64, learning_rate=1e-3),
            backbone="vanilla",
            input_size=48,
            head=VANILLA_HEAD,
        ),
        _preset(
            "vanilla",
            "Vanilla CNN, augmented",
            "Three convolutions from nothing, with turned and flipped photos: what your photos alone can teach.",
            Phase(frozen=0, epochs=25, learning_rate=1e-3, schedule="cosine", recipe=TURNS),
            backbone="vanilla",
            input_size=64,
            head=VANILLA_HEAD,
        ),
        _preset(
            "mobilenetv2-frozen",
            "MobileNetV2, all frozen",
            "Only the head trains; the frozen network looks at each photo once. The best start on a laptop.",
            Phase(frozen="all", epochs=25, learning_rate=1e-3, schedule="cosine"),
            backbone="mobilenetv2",
            weights="imagenet",
        ),
        _preset(
            "mobilenetv2-thaw",
            "MobileNetV2, frozen and then thawed",
            "First the head alone, then the upper blocks at a low rate with augmentation. Minutes, and worth them.",
            warm,
            thaw(54, 12),
            backbone="mobilenetv2",
            weights="imagenet",
        ),
        _preset(
            "xception-frozen",
            "Xception, all frozen",
            "Only the head trains on what a larger network sees.",
            Phase(frozen="all", epochs=25, learning_rate=1e-3, schedule="cosine"),
            backbone="xception",
            weights="imagenet",
        ),
        _preset(
            "xception-thaw",
            "Xception, frozen and then thawed",
            "First the head alone, then the last blocks at a low rate. Slow without a GPU.",
            warm,
            thaw(116, 4),
            backbone="xception",
            weights="imagenet",
        ),
        _preset(
            "vgg16-k8",
            "VGG16, first 8 layers frozen",
            "The report's best cut of VGG16, after training the head alone. Slow without a GPU.",
            warm,
            thaw(8, 6),
            backbone="vgg16",
            weights="imagenet",
        ),
    ]


def _of_report() -> list[Preset]:
    """What the report trained, as far as it says: 96 px, batch 128, Adam, best weights restored, no class weights.

    It names no epochs and rates. 1e-3 (Adam's default) destroys pre-trained weights, so thawed ones get 1e-4.
    """

    def phase(frozen, rate: float = 1e-4, epochs: int = 30, recipe: Recipe | None = None) -> Phase:
        return Phase(
            frozen=frozen,
            epochs=epochs,
            batch_size=128,
            learning_rate=rate,
            recipe=recipe,
            early_stopping=REPORT_STOPPING,
        )

    geometric, advanced = _built_in("geometric (report)"), _built_in("advanced (report)")
    vanilla = {"backbone": "vanilla", "head": VANILLA_HEAD}
    vgg = {"backbone": "vgg16", "weights": "imagenet", "head": Head(pooling="flatten", dense=(256,), dropout=0.5)}
    xception = {"backbone": "xception", "weights": "imagenet"}
    slow = "Hours without a GPU."
    presets = [
        _preset(
            "report/vanilla",
            "Report: vanilla CNN",
            "32 (5x5), 64 and 128 filters, dense 128, dropout .5, photos as they are.",
            phase(0, 1e-3),
            report="0.44 on the hidden test",
            **vanilla,
        ),
        _preset(
            "report/vgg16-plain",
            "Report: VGG16, no augmentation",
            f"All frozen, head 256, photos as they are. {slow.replace('Hours', 'Minutes')}",
            phase("all", 1e-3),
            report="about 0.60",
            **vgg,
        ),
        _preset(
            "report/vgg16-augmented",
            "Report: VGG16, augmented",
            f"All frozen, head 256, the report's geometric augmentation. {slow}",
            phase("all", 1e-3, recipe=geometric),
            report="about 0.70",
            **vgg,
        ),
    ]
    figures = {6: "0.7881 local", 8: "0.8249 local, 0.8325 hidden", 10: "0.8051 local", 12: "0.7994 local"}
    presets += [
        _preset(
            f"report/vgg16-k{k}",
            f"Report: VGG16, first {k} layers frozen",
            f"Geometric augmentation, the rest of the network trains. {slow}",
            phase(k, recipe=geometric),
            report=figure,
            **vgg,
        )
        for k, figure in figures.items()
    ]
    presets.append(
        _preset(
            "report/vgg16-k8-advanced",
            "Report: VGG16, 8 frozen, advanced augmentation",
            f"With CutMix, MixUp, GridMask and Grayscale. The report's own test leaked; here it can't. {slow}",
            phase(8, recipe=advanced),
            report="0.94 local (a leak), 0.8381 hidden",
            **vgg,
        )
    )
    for name, title, text, frozen, rate, figure in (
        ("plain", "no tuning", "Only the head trains.", "all", 1e-3, "0.5734 local"),
        ("k20", "first 20 layers frozen", f"All but the entry trains. {slow}", 20, 1e-4, "0.6328 local"),
        ("k1", "all layers train", f"The report calls it 1 frozen: the input layer. {slow}", 1, 1e-4, "0.8136 local"),
    ):
        recipe = None if frozen == "all" else geometric
        presets.append(
            _preset(
                f"report/xception-{name}",
                f"Report: Xception, {title}",
                f"Global average and dense 256. {text}",
                phase(frozen, rate, recipe=recipe),
                report=figure,
                **xception,
            )
        )
    return presets


PRESETS: dict[str, Preset] = {preset.name: preset for preset in (*_ours(), *_of_report())}


def preset_spec(name: str, dataset_id: str, split_id: str, seed: int = 0) -> RunSpec:
    """The RunSpec of a preset for a dataset and a split. Raises UnknownPreset."""
    if name not in PRESETS:
        raise UnknownPreset(name=name, known=", ".join(PRESETS))
    return PRESETS[name].make(dataset_id, split_id, seed=seed)
