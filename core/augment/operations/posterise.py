"""Leave few levels of each colour, by Keras's RandomPosterization."""

from core.augment.operation import Operation, Parameter


class Posterise:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        # 8 bits, which change nothing, are drawn too: the upper end of the layer's range is left out. Given one
        # number, it is the upper end, and all photos get as little as one bit.
        self.layer = keras.layers.RandomPosterization((parameters["bits"], 9), value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """{"shift_factor": uint8 (n,), how many of the 8 bits of each value are set to 0}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="posterise",
    title="Posterise",
    group="colour",
    source="Cubuk et al. 2019, AutoAugment (arXiv 1805.09501); Keras's RandomPosterization",
    help="Helps against cameras and files that flatten fine shades; harms where soft shading is the sign.",
    parameters=(
        Parameter(
            name="bits",
            title="Bits kept, at least",
            kind="int",
            default=4,
            low=1,
            high=8,
            step=1,
            help="Each photo keeps this many of the 8 bits of a colour or more: 4 bits are 16 levels, 1 bit is two.",
        ),
    ),
    implementation=Posterise,
)
