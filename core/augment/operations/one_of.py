"""A group of steps of which one is used, for each photo or each batch; `core.augment.stages` draws which."""

from core.augment.operation import Operation, Parameter

OPERATION = Operation(
    name="one_of",
    title="One of",
    group="choice",
    source="The winner of the challenge the report took part in (CutMix or MixUp for each photo); as Albumentations's "
    "OneOf (Buslaev et al. 2020)",
    help="Helps to use several strong steps without piling them on one photo; harms when one of them is too strong.",
    parameters=(
        Parameter(
            name="per",
            title="Chosen for each",
            kind="choice",
            default="photo",
            choices=("photo", "batch"),
            help="One step is drawn for each photo, or the same one for the whole batch, in proportion to the steps' "
            "own probabilities.",
        ),
    ),
    implementation=None,
)
