"""A few operations drawn from a list for each photo, all of one magnitude, as Cubuk et al. 2020 do.

Keras's RandAugment ignores the seed it is given and draws one set of operations for the whole batch. The list is ours:
the paper's 14, with our own steps behind them.
"""

import math

from core.augment.affine import compose, resample
from core.augment.operation import FILL, Operation, Parameter
from core.augment.operations.contrast import Contrast
from core.augment.operations.equalise import equalised
from core.augment.operations.posterise import Posterise
from core.augment.operations.rotation import Rotation
from core.augment.operations.saturation import Saturation
from core.augment.operations.sharpen import sharpened
from core.augment.operations.shear import Shear
from core.augment.operations.shift import Shift
from core.augment.operations.solarise import Solarise

# At magnitude 10; all go either way. Angle in radians, slants as px a px, shifts as shares of the side.
MOVES = {"rotate": math.radians(30.0), "shear_x": 0.3, "shear_y": 0.3, "shift_x": 0.3, "shift_y": 0.3}
COLOURS = (
    "nothing",
    "auto_contrast",
    "equalise",
    "solarise",
    "posterise",
    "brightness",
    "contrast",
    "saturation",
    "sharpness",
)
KINDS = (*MOVES, *COLOURS)


class RandAugment:
    def __init__(self, parameters: dict, height: int, width: int):
        self.level = parameters["magnitude"] / 10
        self.operations, self.fill = parameters["operations"], parameters["fill"]
        # Only their apply halves are used, with draws from here; so their own ranges are of no matter.
        self.rotation = Rotation({"degrees": 0.0}, height, width)
        self.shear = Shear({"degrees": 0.0}, height, width)
        self.shift = Shift({"share": 0.0}, height, width)
        self.contrast = Contrast({"amount": 0.9}, height, width)
        self.saturation = Saturation({"amount": 0.9}, height, width)
        self.posterise = Posterise({"bits": 1}, height, width)
        self.solarise = Solarise({"amount": 1.0}, height, width)

    def draw(self, seeds, images):
        """(kind int32 (n, operations), index into KINDS; direction float32 (n, operations), -1 or 1)."""
        import keras
        from keras import ops

        shape = (ops.shape(images)[0], self.operations)
        kind = keras.random.randint(shape, 0, len(KINDS), seed=seeds)
        return kind, ops.where(keras.random.uniform(shape, seed=seeds) < 0.5, -1.0, 1.0)

    def apply(self, images, draws):
        for number in range(self.operations):
            images = self._once(images, *(draw[:, number] for draw in draws))
        return images

    def _once(self, images, kind, direction):
        """One operation for each photo: moves for all in one resampling, then each colour operation for its own."""
        import tensorflow as tf

        amount = self.level * direction
        images = self._moved(images, kind, amount)
        colour = tf.maximum(kind - len(MOVES), 0)  # those that were moved get "nothing"

        def sorted_out(values):
            return tf.dynamic_partition(values, colour, len(COLOURS))

        changed = []
        for name, some, amounts in zip(COLOURS, sorted_out(images), sorted_out(amount), strict=True):
            # Eagerly each call costs, also for a part without photos; in a small preview that is most of them.
            idle = name == "nothing" or (tf.executing_eagerly() and len(some) == 0)
            changed.append(some if idle else getattr(self, f"_{name}")(some, amounts))
        return tf.ensure_shape(tf.dynamic_stitch(sorted_out(tf.range(tf.shape(images)[0])), changed), images.shape)

    def _moved(self, images, kind, amount):
        import tensorflow as tf

        amounts = tf.one_hot(kind, len(MOVES)) * amount[:, None] * tf.constant(list(MOVES.values()))
        angle, shear_x, shear_y, shift_x, shift_y = tf.unstack(amounts, axis=1)  # all 0 for a colour
        moves = [self.rotation.matrix(angle), self.shear.matrix((shear_x, shear_y))]
        return resample(images, compose([*moves, self.shift.matrix((shift_x, shift_y))]), self.fill)

    def _auto_contrast(self, images, amount):
        """As Keras's AutoContrast, which can't be given the empty part of a batch in which no photo is for it."""
        import tensorflow as tf

        low = tf.reduce_min(images, axis=(1, 2), keepdims=True)
        range_ = tf.reduce_max(images, axis=(1, 2), keepdims=True) - low
        return tf.where(range_ > 0, tf.math.divide_no_nan(255.0, range_) * (images - low), images)

    def _equalise(self, images, amount):
        return equalised(images)

    def _solarise(self, images, amount):
        return self.solarise.apply(images, 256.0 * (1.0 - self.level))

    def _posterise(self, images, amount):
        import tensorflow as tf

        shift = tf.fill(tf.shape(amount), tf.constant(round(4 * self.level), tf.uint8))
        return self.posterise.apply(images, {"shift_factor": shift})

    def _brightness(self, images, amount):
        """Times a factor, as the paper (Pillow) does: what our own step takes off would leave a dark photo black."""
        import tensorflow as tf

        return tf.clip_by_value(images * (1.0 + 0.9 * amount[:, None, None, None]), 0.0, 255.0)

    def _contrast(self, images, amount):
        return self.contrast.apply(images, {"contrast_factor": 1.0 + 0.9 * amount[:, None, None, None]})

    def _saturation(self, images, amount):
        return self.saturation.apply(images, {"factor": 1.0 + 0.9 * amount})

    def _sharpness(self, images, amount):
        return sharpened(images, 0.9 * amount[:, None, None, None])


OPERATION = Operation(
    name="randaugment",
    title="RandAugment",
    group="choice",
    source="Cubuk et al. 2020, RandAugment: Practical Automated Data Augmentation with a Reduced Search Space "
    "(arXiv 1909.13719)",
    help="Helps when you don't know what helps: two numbers instead of a recipe; harms where colour names the class.",
    parameters=(
        Parameter(
            name="magnitude",
            title="Magnitude",
            kind="float",
            default=5.0,
            low=0.0,
            high=10.0,
            step=0.5,
            help="How strong each operation is: 10 turns by 30°, shifts by 30 % and takes nearly all contrast away.",
        ),
        Parameter(
            name="operations",
            title="Operations a photo",
            kind="int",
            default=2,
            low=1,
            high=4,
            step=1,
            help="How many of 14 operations (moves, light, colour, sharpness, nothing) are drawn for each photo.",
        ),
        FILL,
    ),
    implementation=RandAugment,
)
