"""Mirror photos left-right or top-bottom."""

from core.augment.affine import about_centre
from core.augment.operation import Operation, Parameter


def _chance(direction: str) -> Parameter:
    return Parameter(
        name="chance",
        title="Share of photos flipped",
        kind="float",
        default=0.5,
        low=0.0,
        high=1.0,
        step=0.05,
        unit="share",
        help=f"How many photos are mirrored {direction}; 50 % shows both views equally often.",
    )


class _Flip:
    def __init__(self, parameters: dict, height: int, width: int):
        self.chance = parameters["chance"]
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """float32 (n,): -1 where the photo is flipped, else 1."""
        import keras

        return keras.ops.where(keras.random.uniform((n,), seed=seeds) < self.chance, -1.0, 1.0)


class HorizontalFlip(_Flip):
    def matrix(self, draws):
        return about_centre(draws, 0, 0, 1, self.height, self.width)


class VerticalFlip(_Flip):
    def matrix(self, draws):
        return about_centre(1, 0, 0, draws, self.height, self.width)


HORIZONTAL = Operation(
    name="horizontal_flip",
    title="Flip left-right",
    group="geometry",
    source="Krizhevsky et al. 2012, ImageNet Classification with Deep Convolutional Neural Networks",
    help="Helps wherever left and right mean the same; harms letters, digits and road signs.",
    parameters=(_chance("left to right"),),
    implementation=HorizontalFlip,
)

VERTICAL = Operation(
    name="vertical_flip",
    title="Flip up-down",
    group="geometry",
    source="Common practice for photos taken from above (microscopy, satellites, leaves on a table)",
    help="Helps where photos have no up and down, such as leaves seen from above; harms where gravity shows.",
    parameters=(_chance("top to bottom"),),
    implementation=VerticalFlip,
)
