"""Lean photos sideways, as if seen at a slant."""

import math

from core.augment.affine import about_centre
from core.augment.operation import FILL, Operation, Parameter


class Shear:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = math.tan(math.radians(parameters["degrees"]))
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """(x, y): px sideways a row and px down a column, float32 (n,) each, at most tan(degrees)."""
        import keras

        return (
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
            keras.random.uniform((n,), -self.limit, self.limit, seed=seeds),
        )

    def matrix(self, draws):
        from keras import ops

        x, y = draws
        # One after the other: x and y at once would squeeze the photo flat where x * y nears 1.
        sideways = about_centre(1, x, 0, 1, self.height, self.width)
        return ops.matmul(sideways, about_centre(1, 0, y, 1, self.height, self.width))


OPERATION = Operation(
    name="shear",
    title="Shear",
    group="geometry",
    source="Simard et al. 2003, Best Practices for Convolutional Neural Networks; about the centre, unlike RandomShear",
    help="Helps where the camera is held at a slant; harms where outline and angles tell classes apart.",
    parameters=(
        Parameter(
            name="degrees",
            title="Slanted by up to",
            kind="float",
            default=10.0,
            low=0.0,
            high=45.0,
            step=1.0,
            unit="degrees",
            help="The angle by which upright lines lean; drawn apart for sideways and up or down.",
        ),
        FILL,
    ),
    implementation=Shear,
)
