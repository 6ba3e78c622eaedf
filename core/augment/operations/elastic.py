"""Bend photos like a rubber sheet.

Keras's RandomElasticTransform gives other bits in a tf.data map than eagerly, and one strength to a whole batch. Here
coarse noise is interpolated bicubically, where Simard et al. smooth fine noise: the same look in fewer calls.
"""

from core.augment.operation import FILL, Operation, Parameter
from core.augment.sampling import read_at


class Elastic:
    def __init__(self, parameters: dict, height: int, width: int):
        self.amount, self.waves, self.fill = parameters["amount"], parameters["waves"], parameters["fill"]
        self.height, self.width = height, width

    def draw(self, seeds, images):
        """float32 (n, waves + 1, waves + 1, 2): how far the knots of a net over the photo move, x and y, in -1..1."""
        import keras

        shape = (keras.ops.shape(images)[0], self.waves + 1, self.waves + 1, 2)
        return keras.random.uniform(shape, -1.0, 1.0, seed=seeds)

    def moved(self, draws):
        """float32 (n, h, w, 2): px right and down of each pixel at which it is read."""
        import tensorflow as tf

        net = tf.raw_ops.ResizeBicubic(images=draws, size=(self.height, self.width), align_corners=True)
        return net * tf.constant([self.amount * self.width, self.amount * self.height])

    def apply(self, images, draws):
        import numpy as np

        pixels = np.stack(np.meshgrid(np.arange(self.width), np.arange(self.height)), axis=-1).astype(np.float32)
        return read_at(images, pixels + self.moved(draws), self.fill)


OPERATION = Operation(
    name="elastic",
    title="Elastic",
    group="geometry",
    source="Simard et al. 2003, Best Practices for Convolutional Neural Networks",
    help="Helps with soft or handwritten shapes (leaves, cells, digits); harms rigid things, whose lines bend.",
    parameters=(
        Parameter(
            name="amount",
            title="Bent by up to",
            kind="float",
            default=0.05,
            low=0.0,
            high=0.2,
            step=0.01,
            unit="share",
            help="Of the side: 5 % moves parts of a 96 px photo by up to 5 px against each other.",
        ),
        Parameter(
            name="waves",
            title="Waves",
            kind="int",
            default=4,
            low=1,
            high=12,
            step=1,
            help="How many bends fit across the photo: few sway it, many crumple it.",
        ),
        FILL,
    ),
    implementation=Elastic,
)
