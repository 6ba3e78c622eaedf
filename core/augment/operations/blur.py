"""Put photos out of focus.

Keras's RandomGaussianBlur draws one strength for the whole batch and takes black beyond the edge, which frames photos.
"""

import numpy as np

from core.augment.operation import Operation, Parameter


class Blur:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = parameters["amount"] * min(height, width)  # px
        self.height, self.width = height, width

    def draw(self, seeds, images):
        """float32 (n,): the standard deviation of the blur in px."""
        import keras

        return keras.random.uniform((keras.ops.shape(images)[0],), 0.0, self.limit, seed=seeds)

    def apply(self, images, draws):
        """Photos under a Gaussian; beyond the edge they are mirrored."""
        from keras import ops

        n = ops.shape(images)[0]
        spread = -0.5 / ops.maximum(draws * draws, 1e-6)[:, None, None]
        # One matrix product a side rather than a sum of moved photos, which a tf.data map adds up in another order.
        rows = ops.reshape(images, (n, self.height, self.width * 3))
        rows = ops.reshape(ops.matmul(_weights(spread, self.height), rows), (n, self.height, self.width, 3))
        columns = ops.reshape(ops.transpose(rows, (0, 2, 1, 3)), (n, self.width, self.height * 3))
        columns = ops.reshape(ops.matmul(_weights(spread, self.width), columns), (n, self.width, self.height, 3))
        return ops.transpose(columns, (0, 2, 1, 3))


def _weights(spread, length: int):
    """float32 (n, length, length): how much each pixel along a side (last axis) counts for each of the result."""
    from keras import ops

    to, of = np.mgrid[:length, :length].astype(np.float32)
    weights = sum(ops.exp(spread * distance**2) for distance in (to - of, to + of + 1, 2 * length - 1 - to - of))
    return weights / ops.sum(weights, axis=2, keepdims=True)


OPERATION = Operation(
    name="blur",
    title="Blur",
    group="colour",
    source="Chen et al. 2020, A Simple Framework for Contrastive Learning (SimCLR), Gaussian blur",
    help="Helps against shaky or badly focused photos; harms where fine texture is all there is to see.",
    parameters=(
        Parameter(
            name="amount",
            title="Blurred by up to",
            kind="float",
            default=0.01,
            low=0.0,
            high=0.05,
            step=0.005,
            unit="share",
            help="Standard deviation of the blur as a share of the side: 1 % of 96 px is about one pixel.",
        ),
    ),
    implementation=Blur,
)
