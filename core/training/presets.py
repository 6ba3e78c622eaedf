"""Ready training plans: what to press when one has no wish of one's own, and the report's runs. No Keras here."""

from collections.abc import Sequence

from core.errors import UnknownPreset
from core.models import DESIGNS, find_backbone
from core.records import Phase, Recipe, RunSpec, Step
from core.training.epoch import with_batches_that_fit
from core.training.preset import Preset, preset
from core.training.report_presets import of_report

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


def _ours() -> list[Preset]:
    """Plans that suit two processor cores."""
    warm = Phase(frozen="all", epochs=12, learning_rate=1e-3)

    def thaw(frozen: int, epochs: int) -> Phase:
        return Phase(frozen=frozen, epochs=epochs, learning_rate=1e-4, schedule="cosine", recipe=TURNS)

    return [
        preset(
            "first",
            "A first model",
            "A small network from nothing on 48 px photos: seconds, not minutes.",
            Phase(frozen=0, epochs=12, batch_size=64, learning_rate=1e-3),
            backbone="vanilla",
            input_size=48,
            head=DESIGNS["vanilla"].head,
        ),
        preset(
            "vanilla",
            "Vanilla CNN, augmented",
            "Three convolutions from nothing, with turned and flipped photos: what your photos alone can teach.",
            Phase(frozen=0, epochs=25, learning_rate=1e-3, schedule="cosine", recipe=TURNS),
            backbone="vanilla",
            input_size=64,
            head=DESIGNS["vanilla"].head,
        ),
        preset(
            "mobilenetv2-frozen",
            "MobileNetV2, all frozen",
            "Only the head trains; the frozen network looks at each photo once. The best start on a laptop.",
            Phase(frozen="all", epochs=25, learning_rate=1e-3, schedule="cosine"),
            backbone="mobilenetv2",
            weights="imagenet",
        ),
        preset(
            "mobilenetv2-thaw",
            "MobileNetV2, frozen and then thawed",
            "First the head alone, then the upper blocks at a low rate with augmentation. Minutes, and worth them.",
            warm,
            thaw(54, 12),
            backbone="mobilenetv2",
            weights="imagenet",
        ),
        preset(
            "xception-frozen",
            "Xception, all frozen",
            "Only the head trains on what a larger network sees.",
            Phase(frozen="all", epochs=25, learning_rate=1e-3, schedule="cosine"),
            backbone="xception",
            weights="imagenet",
        ),
        preset(
            "xception-thaw",
            "Xception, frozen and then thawed",
            "First the head alone, then the last blocks at a low rate. Slow without a GPU.",
            warm,
            thaw(116, 4),
            backbone="xception",
            weights="imagenet",
        ),
        preset(
            "vgg16-k8",
            "VGG16, first 8 layers frozen",
            "The report's best cut of VGG16, after training the head alone. Slow without a GPU.",
            warm,
            thaw(8, 6),
            backbone="vgg16",
            weights="imagenet",
            head=find_backbone("vgg16").default_head,
        ),
    ]


PRESETS: dict[str, Preset] = {preset.name: preset for preset in (*_ours(), *of_report())}


def preset_spec(
    name: str, dataset_id: str, split_id: str, seed: int = 0, counts: Sequence[int] | None = None
) -> RunSpec:
    """The RunSpec of a preset for a dataset and a split. Raises UnknownPreset.

    counts: training photos a class; where they are given no batch is larger than an epoch.
    """
    if name not in PRESETS:
        raise UnknownPreset(name=name, known=", ".join(PRESETS))
    spec = PRESETS[name].make(dataset_id, split_id, seed=seed)
    if counts is None:
        return spec
    return spec.model_copy(update={"phases": with_batches_that_fit(spec.phases, counts)})
