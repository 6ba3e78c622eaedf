"""Move photos sideways and up or down."""

from core.augment.affine import translation
from core.augment.operation import FILL, Operation, Parameter


class Shift:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = parameters["share"]
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """(x, y): shares of width and height, float32 (n,) each; positive is right and down."""
        import keras

        return (
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
        )

    def matrix(self, draws):
        x, y = draws
        return translation(x * self.width, y * self.height)


OPERATION = Operation(
    name="shift",
    title="Shift",
    group="geometry",
    source="Simard et al. 2003, Best Practices for Convolutional Neural Networks; as Keras's RandomTranslation",
    help="Helps where the subject isn't always in the middle; harms when it is pushed out of a tight crop.",
    parameters=(
        Parameter(
            name="share",
            title="Moved by up to",
            kind="float",
            default=0.1,
            low=0.0,
            high=0.9,
            step=0.05,
            unit="share",
            help="Of the side: 10 % moves a 96 px photo by up to 10 px, drawn apart for sideways and up or down.",
        ),
        FILL,
    ),
    implementation=Shift,
)
