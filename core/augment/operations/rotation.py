"""Turn photos about their centre."""

import math

from core.augment.affine import about_centre
from core.augment.operation import FILL, Operation, Parameter


class Rotation:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = math.radians(parameters["degrees"])
        self.height, self.width = height, width

    def draw(self, seeds, n):
        """Angles in radians, float32 (n,), evenly within plus or minus the limit; positive turns counter-clockwise."""
        import keras

        return keras.random.uniform((n,), -self.limit, self.limit, seed=seeds)

    def matrix(self, draws):
        from keras import ops

        cos, sin = ops.cos(draws), ops.sin(draws)
        return about_centre(cos, -sin, sin, cos, self.height, self.width)


OPERATION = Operation(
    name="rotation",
    title="Rotate",
    group="geometry",
    source="Simard et al. 2003, Best Practices for Convolutional Neural Networks; as Keras's RandomRotation",
    help="Helps where photos are taken from any side (180 and more for leaves on a table); harms where 6 and 9 differ.",
    parameters=(
        Parameter(
            name="degrees",
            title="Turned by up to",
            kind="float",
            default=30.0,
            low=0.0,
            high=360.0,
            step=5.0,
            unit="degrees",
            help="Each photo is turned left or right by an angle up to this; from 180 on every direction is as likely.",
        ),
        FILL,
    ),
    implementation=Rotation,
)
