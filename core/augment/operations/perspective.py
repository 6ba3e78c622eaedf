"""Tilt photos as if the camera had been held at a slant: fused with the other geometric steps.

Keras's RandomPerspective moves corners by a share of their distance from the top left one, so that one never moves.
"""

from core.augment.affine import tilt
from core.augment.operation import FILL, Operation, Parameter


class Perspective:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = parameters["amount"]
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """(x, y): how much farther away the right and the lower edge are, float32 (n,) each; negative is nearer."""
        import keras

        return (
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
        )

    def matrix(self, draws):
        x, y = draws
        return tilt(x, y, self.height, self.width)


OPERATION = Operation(
    name="perspective",
    title="Perspective",
    group="geometry",
    source="As Keras's RandomPerspective and Albumentations's Perspective (Buslaev et al. 2020), about the centre",
    help="Helps with flat subjects photographed from any angle; harms where true proportions tell classes apart.",
    parameters=(
        Parameter(
            name="amount",
            title="Tilted by up to",
            kind="float",
            default=0.15,
            low=0.0,
            high=0.4,
            step=0.05,
            unit="share",
            help="15 % puts one edge up to 15 % farther away than the centre and the opposite edge as much nearer; "
            "drawn apart for left or right and top or bottom.",
        ),
        FILL,
    ),
    implementation=Perspective,
)
