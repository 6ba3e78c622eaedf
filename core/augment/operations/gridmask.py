"""Cover a grid of squares, as Chen et al. 2020 (arXiv 2001.04086) do. Keras has no such layer."""

import math

from core.augment.operation import COVER, Operation, Parameter
from core.augment.operations.covering import cover


class GridMask:
    def __init__(self, parameters: dict, height: int, width: int):
        side = min(height, width)
        self.shortest = min(parameters["period_low"], parameters["period_high"]) * side  # px
        self.longest = max(parameters["period_low"], parameters["period_high"]) * side  # px
        self.keep = parameters["keep"]
        self.turn = math.radians(parameters["rotation"])
        self.colour = parameters["cover"]
        self.height, self.width = height, width

    def draw(self, seeds, images):
        """(period px, offset x, offset y as shares of a period, angle in radians), float32 (n,) each."""
        import keras

        shape = (keras.ops.shape(images)[0],)
        return (
            keras.random.uniform(shape, self.shortest, self.longest, seed=seeds),
            keras.random.uniform(shape, seed=seeds),
            keras.random.uniform(shape, seed=seeds),
            keras.random.uniform(shape, -self.turn, self.turn, seed=seeds),
        )

    def masked(self, draws):
        """bool (n, h, w, 1): the squares. In each period (1 - keep) of both sides is covered, so on average a share of
        1 - (1 - keep)**2 of the photo is kept (the paper's equation 2)."""
        from keras import ops

        period, offset_x, offset_y, angle = (draw[:, None, None] for draw in draws)
        x = (ops.arange(self.width, dtype="float32") - (self.width - 1) / 2)[None, None, :]
        y = (ops.arange(self.height, dtype="float32") - (self.height - 1) / 2)[None, :, None]
        cos, sin = ops.cos(angle), ops.sin(angle)
        across = (x * cos - y * sin) / period + offset_x  # in periods
        down = (x * sin + y * cos) / period + offset_y
        covered = 1.0 - self.keep
        in_band = ops.logical_and(across - ops.floor(across) < covered, down - ops.floor(down) < covered)
        return in_band[..., None]

    def apply(self, images, draws):
        return cover(images, self.masked(draws), self.colour)


OPERATION = Operation(
    name="gridmask",
    title="GridMask",
    group="erase",
    source="Chen et al. 2020, GridMask Data Augmentation (arXiv 2001.04086)",
    help="Helps as Cutout does without ever hiding all of the subject; harms when squares are as large as it is.",
    parameters=(
        Parameter(
            name="keep",
            title="Share of each period kept",
            kind="float",
            default=0.6,
            low=0.1,
            high=0.9,
            step=0.05,
            unit="share",
            help="The paper's r. 60 % covers squares of 40 % of a period: 84 % of the photo stays. 30 % leaves half.",
        ),
        Parameter(
            name="period_low",
            title="Shortest period",
            kind="float",
            default=0.4,
            low=0.05,
            high=1.0,
            step=0.05,
            unit="share",
            help="The finest grid, as a share of the photo's side. The paper draws periods of 43 to 100 %.",
            because="of the photo's side: a longer period shows no grid",
        ),
        Parameter(
            name="period_high",
            title="Longest period",
            kind="float",
            default=1.0,
            low=0.05,
            high=1.0,
            step=0.05,
            unit="share",
            help="The coarsest grid; must not be below the shortest period.",
            because="of the photo's side: a longer period shows no grid",
        ),
        Parameter(
            name="rotation",
            title="Grid turned by up to",
            kind="float",
            default=45.0,
            low=0.0,
            high=45.0,
            step=5.0,
            unit="degrees",
            help="A grid looks alike every 90 degrees, so 45 either way are all its positions.",
        ),
        COVER,
    ),
    implementation=GridMask,
)
