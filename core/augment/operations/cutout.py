"""Cover square holes, as DeVries and Taylor 2017 do. Keras has no such layer."""

from core.augment.operation import COVER, Operation, Parameter
from core.augment.operations.covering import cover


class Cutout:
    def __init__(self, parameters: dict, height: int, width: int):
        self.side = max(1, round(parameters["size"] * min(height, width)))  # px
        self.holes = parameters["holes"]
        self.colour = parameters["cover"]
        self.height, self.width = height, width

    def draw(self, seeds, images):
        """(x, y): the holes' centres in px, int32 (n, holes) each, anywhere on the photo; edges cut holes off."""
        import keras

        shape = (keras.ops.shape(images)[0], self.holes)
        return (
            keras.random.randint(shape, 0, self.width, seed=seeds),
            keras.random.randint(shape, 0, self.height, seed=seeds),
        )

    def masked(self, draws):
        """bool (n, h, w, 1): where the holes are."""
        from keras import ops

        x, y = draws

        def inside(centre, length):  # (n, holes, length)
            start = centre[:, :, None] - self.side // 2
            place = ops.arange(length, dtype="int32")[None, None, :]
            return ops.logical_and(place >= start, place < start + self.side)

        hole = ops.logical_and(inside(y, self.height)[:, :, :, None], inside(x, self.width)[:, :, None, :])
        return ops.any(hole, axis=1)[..., None]

    def apply(self, images, draws):
        return cover(images, self.masked(draws), self.colour)


OPERATION = Operation(
    name="cutout",
    title="Cutout",
    group="erase",
    source="DeVries and Taylor 2017, Improved Regularization of Convolutional Neural Networks with Cutout "
    "(arXiv 1708.04552)",
    help="Helps a model to look at more than one telling detail; harms when the hole hides the whole subject.",
    parameters=(
        Parameter(
            name="size",
            title="Side of the hole",
            kind="float",
            default=0.3,
            low=0.05,
            high=0.9,
            step=0.05,
            unit="share",
            help="Of the photo's side; the paper uses 25 to 50 %. Holes at the edge are cut off there.",
        ),
        Parameter(
            name="holes",
            title="Holes",
            kind="int",
            default=1,
            low=1,
            high=8,
            step=1,
            help="How many squares are covered in each photo; they may overlap.",
        ),
        COVER,
    ),
    implementation=Cutout,
)
