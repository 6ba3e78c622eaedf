"""Swap the colour channels of some photos. Keras has no such layer."""

import numpy as np

from core.augment.operation import Operation, Parameter

# Row i of a matrix says from which channel channel i of the result comes; the first changes nothing.
ORDERS = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
_MATRICES = np.eye(3, dtype=np.float32)[ORDERS].transpose(0, 2, 1)  # (order, from, to)


class ChannelShuffle:
    def __init__(self, parameters: dict, height: int, width: int):
        self.chance = parameters["chance"]

    def draw(self, seeds, images):
        """int32 (n,): which of ORDERS; 0, where nothing is swapped, for all but the share of photos that was chosen."""
        import keras
        from keras import ops

        shape = (ops.shape(images)[0],)
        order = keras.random.randint(shape, 1, len(ORDERS), seed=seeds)
        return ops.where(keras.random.uniform(shape, seed=seeds) < self.chance, order, 0)

    def apply(self, images, draws):
        from keras import ops

        # Each channel is one times itself: exact.
        return ops.matmul(images, ops.take(_MATRICES, draws, axis=0)[:, None])


OPERATION = Operation(
    name="channel_shuffle",
    title="Swap channels",
    group="colour",
    source="As Albumentations's ChannelShuffle (Buslaev et al. 2020)",
    help="Helps where photos came with swapped channels (blue leaves); harms where colour names the class.",
    parameters=(
        Parameter(
            name="chance",
            title="Share of photos swapped",
            kind="float",
            default=0.2,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="How many photos get red, green and blue in one of five other orders; grey photos stay as they are.",
        ),
    ),
    implementation=ChannelShuffle,
)
