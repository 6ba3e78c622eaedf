"""Make edges crisper, as Pillow's ImageEnhance.Sharpness does.

Keras's RandomSharpness takes black beyond the edge, which draws a bright frame around a sharpened photo.
"""

from core.augment.operation import Operation, Parameter


def sharpened(images, amount):
    """Photos with `amount` times their difference from smoothed ones added, clipped to 0..255; amount: (n, 1, 1, 1)."""
    import tensorflow as tf

    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    around = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    # Pillow's SMOOTH: the pixel itself counts 5 of 13, its eight neighbours one each.
    smooth = (around + 4.0 * images) * (1 / 13)
    return tf.clip_by_value(images + amount * (images - smooth), 0.0, 255.0)


class Sharpen:
    def __init__(self, parameters: dict, height: int, width: int):
        self.amount = parameters["amount"]

    def draw(self, seeds, images):
        """float32 (n, 1, 1, 1): how many times the difference from the smoothed photo is added."""
        import keras

        return keras.random.uniform((keras.ops.shape(images)[0], 1, 1, 1), 0.0, self.amount, seed=seeds)

    def apply(self, images, draws):
        return sharpened(images, draws)


OPERATION = Operation(
    name="sharpen",
    title="Sharpen",
    group="colour",
    source="Cubuk et al. 2019, AutoAugment (arXiv 1805.09501); as Pillow's ImageEnhance.Sharpness",
    help="Helps against cameras that sharpen by themselves; harms noisy photos, whose noise it makes stronger.",
    parameters=(
        Parameter(
            name="amount",
            title="Sharper by up to",
            kind="float",
            default=1.0,
            low=0.0,
            high=4.0,
            step=0.25,
            help="How many times a pixel's difference from its surroundings is added: 1 is Pillow's factor 2.",
        ),
    ),
    implementation=Sharpen,
)
