"""Cover a rectangle of random area and shape, as Zhong et al. 2017 do.

Keras's RandomErasing draws width and height apart, so that the paper's bounds of area and shape can't be had.
"""

import math

from core.augment.operation import Operation, Parameter
from core.augment.operations.covering import cover


class RandomErasing:
    def __init__(self, parameters: dict, height: int, width: int):
        self.low, self.high = parameters["area_low"] * height * width, parameters["area_high"] * height * width  # px
        self.stretch = math.log(parameters["stretch"])
        self.colour = parameters["cover"]
        self.height, self.width = height, width

    def draw(self, seeds, images):
        """(area px, width a height, place across and down as shares of the room left), float32 (n,) each, and the noise
        that covers, float32 (n, h, w, 3) in 0..255 (an empty tensor where another colour does)."""
        import keras
        from keras import ops

        shape = ops.shape(images)
        return (
            keras.random.uniform(shape[:1], self.low, self.high, seed=seeds),
            # Even on a logarithmic scale: 1:3 is as likely as 3:1. The paper draws the ratio itself.
            ops.exp(keras.random.uniform(shape[:1], -self.stretch, self.stretch, seed=seeds)),
            keras.random.uniform(shape[:1], seed=seeds),
            keras.random.uniform(shape[:1], seed=seeds),
            keras.random.uniform(shape if self.colour == "noise" else (shape[0], 0), 0.0, 255.0, seed=seeds),
        )

    def masked(self, draws):
        """bool (n, h, w, 1): where the rectangles are."""
        from keras import ops

        area, ratio, across, down, _ = draws
        across = self._covered(ops.sqrt(area * ratio), across, self.width)
        down = self._covered(ops.sqrt(area / ratio), down, self.height)
        return ops.logical_and(down[:, :, None, None], across[:, None, :, None])

    def _covered(self, wanted, place, length: int):
        """bool (n, length): the rectangle along one side. It lies inside the photo; a longer one is cut to the photo's
        side, where the paper draws again."""
        from keras import ops

        side = ops.clip(ops.round(wanted), 1.0, float(length))
        start = ops.floor(place * (length + 1.0 - side))
        pixel = ops.arange(length, dtype="float32")[None, :]
        return ops.logical_and(pixel >= start[:, None], pixel < (start + side)[:, None])

    def apply(self, images, draws):
        from keras import ops

        if self.colour == "noise":
            return ops.where(self.masked(draws), draws[4], images)
        return cover(images, self.masked(draws), self.colour)


OPERATION = Operation(
    name="random_erasing",
    title="Random erasing",
    group="erase",
    source="Zhong et al. 2017, Random Erasing Data Augmentation (arXiv 1708.04896)",
    help="Helps against subjects that are partly hidden; harms when the rectangle hides all that tells classes apart.",
    parameters=(
        Parameter(
            name="area_high",
            title="Largest area",
            kind="float",
            default=0.4,
            low=0.01,
            high=0.9,
            step=0.01,
            unit="share",
            help="Of the photo; the paper uses 40 %.",
        ),
        Parameter(
            name="area_low",
            title="Smallest area",
            kind="float",
            default=0.02,
            low=0.01,
            high=0.9,
            step=0.01,
            unit="share",
            help="Of the photo; the paper uses 2 %. It must not be above the largest area.",
        ),
        Parameter(
            name="stretch",
            title="Longer than wide by up to",
            kind="float",
            default=3.3,
            low=1.0,
            high=10.0,
            step=0.1,
            help="1 makes squares; 3.3, the paper's, makes rectangles up to 3.3 times as long as wide, either way.",
        ),
        Parameter(
            name="cover",
            title="Covered with",
            kind="choice",
            default="noise",
            choices=("noise", "grey", "black", "mean"),
            help="Random dots (best in the paper), middle grey, black, or the photo's own mean colour.",
        ),
    ),
    implementation=RandomErasing,
)
