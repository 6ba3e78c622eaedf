"""Show photos nearer or farther."""

from core.augment.affine import about_centre
from core.augment.operation import FILL, Operation, Parameter


class Zoom:
    def __init__(self, parameters: dict, height: int, width: int):
        amount, direction = parameters["amount"], parameters["direction"]
        self.low = 1.0 if direction == "out" else 1.0 - amount
        self.high = 1.0 if direction == "in" else 1.0 + amount
        self.keep_proportions = parameters["keep_proportions"]
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """(x, y): share of the width and height that is shown, float32 (n,) each; below 1 is nearer."""
        import keras

        x = keras.random.uniform((n,), self.low, self.high, seed=seeds)
        return x, x if self.keep_proportions else keras.random.uniform((n,), self.low, self.high, seed=seeds)

    def matrix(self, draws):
        x, y = draws
        return about_centre(x, 0, 0, y, self.height, self.width)


OPERATION = Operation(
    name="zoom",
    title="Zoom",
    group="geometry",
    source="Keras's RandomZoom and ImageDataGenerator (zoom_range)",
    help="Helps where subjects are photographed from different distances; harms where size tells classes apart.",
    parameters=(
        Parameter(
            name="amount",
            title="Nearer or farther by up to",
            kind="float",
            default=0.2,
            low=0.0,
            high=0.9,
            step=0.05,
            unit="share",
            help="30 % shows between the middle 70 % of the photo and 130 % of it, with the outside filled.",
        ),
        Parameter(
            name="direction",
            title="Direction",
            kind="choice",
            default="both",
            choices=("both", "in", "out"),
            help="Nearer only (in), farther only (out), or both.",
        ),
        Parameter(
            name="keep_proportions",
            title="Keep proportions",
            kind="bool",
            default=True,
            help="Off: width and height are drawn apart, which also squeezes the subject.",
        ),
        FILL,
    ),
    implementation=Zoom,
)
