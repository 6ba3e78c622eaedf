"""Spread the values of each colour evenly, as Pillow's ImageOps.equalize does, photo by photo.

Keras's Equalization takes one histogram of the whole batch, so that a photo would depend on its company.
"""

from core.augment.operation import Operation, Parameter


def equalised(images):
    """Photos whose every channel is equalised as Pillow does; float32 (n, h, w, 3), whole numbers."""
    import tensorflow as tf

    shape = tf.shape(images)
    pixels = images.shape[1] * images.shape[2]
    values = tf.cast(tf.clip_by_value(images, 0.0, 255.0), tf.int32)
    values = tf.reshape(tf.transpose(values, (0, 3, 1, 2)), (-1, pixels))  # (n * 3, h * w)
    counts = tf.math.bincount(values, minlength=256, maxlength=256, axis=-1)
    # Pillow's way, in whole numbers: a step is how many pixels a value should have, the highest value's left out.
    highest = tf.gather(counts, tf.reduce_max(values, axis=1), batch_dims=1)
    step = ((pixels - highest) // 255)[:, None]
    below = tf.cumsum(counts, axis=1, exclusive=True)
    table = tf.minimum((below + step // 2) // tf.maximum(step, 1), 255)
    table = tf.where(step > 0, table, tf.range(256)[None])  # a photo of nearly one value stays
    out = tf.reshape(tf.gather(table, values, batch_dims=1), (shape[0], shape[3], shape[1], shape[2]))
    return tf.cast(tf.transpose(out, (0, 2, 3, 1)), tf.float32)


class Equalise:
    def __init__(self, parameters: dict, height: int, width: int):
        self.amount = parameters["amount"]

    def draw(self, seeds, images):
        """float32 (n, 1, 1, 1): the share of the equalised photo in the result."""
        import keras

        return keras.random.uniform((keras.ops.shape(images)[0], 1, 1, 1), 0.0, self.amount, seed=seeds)

    def apply(self, images, draws):
        return images + draws * (equalised(images) - images)


OPERATION = Operation(
    name="equalise",
    title="Equalise",
    group="colour",
    source="Cubuk et al. 2019, AutoAugment (arXiv 1805.09501); as Pillow's ImageOps.equalize",
    help="Helps against dark, pale or tinted photos; harms where brightness or colour itself tells classes apart.",
    parameters=(
        Parameter(
            name="amount",
            title="Evened out by up to",
            kind="float",
            default=1.0,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="How far towards the photo whose colours use all values equally often; 100 % may go all the way.",
        ),
    ),
    implementation=Equalise,
)
