"""Turn colours around the colour wheel, by Keras's RandomHue."""

from core.augment.operation import Operation, Parameter


class Hue:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        self.layer = keras.layers.RandomHue((0.0, parameters["amount"]), value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """{"factor": float32 (n,), turns of the colour wheel, at most half the amount either way}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="hue",
    title="Hue",
    group="colour",
    source="Howard 2013, Some Improvements on Deep Convolutional Neural Network Based Image Classification; "
    "Keras's RandomHue",
    help="Helps against tinted light and swapped colours; harms where colour names the class (ripe or unripe).",
    parameters=(
        Parameter(
            name="amount",
            title="Colours turned by up to",
            kind="float",
            default=0.1,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="100 % turns by up to half the colour wheel either way (green to magenta), 10 % by up to 18 degrees.",
        ),
    ),
    implementation=Hue,
)
