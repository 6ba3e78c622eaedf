"""The recipes that come with Thaw. Their names and steps are part of what runs did: add others, change none."""

from core.augment.registry import validate
from core.records import Recipe, Step


def _step(operation: str, probability: float = 1.0, **parameters) -> Step:
    return Step(operation=operation, parameters=parameters, probability=probability)


def _one_of(*steps: Step, probability: float = 1.0, **parameters) -> Step:
    return Step(operation="one_of", parameters=parameters, steps=steps, probability=probability)


# What another hand and another camera would have done.
_LIGHT = (
    _step("horizontal_flip"),
    _step("rotation", degrees=10.0),
    _step("zoom", amount=0.1),
    _step("brightness", darker=0.1, lighter=0.1),
)

_MEDIUM = (
    _step("horizontal_flip"),
    _step("rotation", degrees=20.0),
    _step("shift"),
    _step("zoom", amount=0.2),
    _step("brightness", darker=0.15, lighter=0.15),
    _step("contrast", amount=0.2),
    _step("saturation"),
    _step("random_erasing", probability=0.25, area_high=0.2, cover="grey"),
)

# As far as a person still sees what it is.
_STRONG = (
    _step("horizontal_flip"),
    _step("rotation", degrees=45.0),
    _step("shift", share=0.15),
    _step("zoom", amount=0.3),
    _step("perspective", amount=0.1),
    _step("brightness", darker=0.15, lighter=0.15),
    _step("contrast"),
    _step("saturation", amount=0.4),
    _one_of(_step("blur"), _step("noise"), _step("sharpen"), probability=0.4),
    _step("random_erasing", probability=0.3, area_high=0.2, cover="grey"),
    _one_of(_step("cutmix"), _step("mixup", alpha=0.4), probability=0.5),
)

_GEOMETRIC = (
    _step("horizontal_flip"),
    _step("vertical_flip"),
    _step("rotation", degrees=360.0),
    _step("shift"),
    _step("zoom", amount=0.3),
    # Theirs multiplied by 0.5 to 1.1; Keras's layer adds. This is what that does to middle grey.
    _step("brightness", darker=0.25, lighter=0.05),
)

_ADVANCED = (
    *_GEOMETRIC,
    _step("grayscale", chance=0.1),
    _step("gridmask", probability=0.3),
    _step("mixup", probability=0.3),
    _step("cutmix", probability=0.3),
)

# Another team, 0.9548 on the hidden test: flips, rotation, zoom; CutMix or MixUp for each photo.
_WINNER = (
    _step("horizontal_flip"),
    _step("vertical_flip"),
    _step("rotation", degrees=180.0),
    _step("zoom"),
    _one_of(_step("cutmix"), _step("mixup")),
)

BUILT_IN: tuple[Recipe, ...] = tuple(
    validate(Recipe(name=name, steps=steps))
    for name, steps in {
        "none": (),
        "light": _LIGHT,
        "medium": _MEDIUM,
        "strong": _STRONG,
        "CutMix or MixUp (challenge winner)": _WINNER,
        "geometric (report)": _GEOMETRIC,
        "advanced (report)": _ADVANCED,
    }.items()
)
