"""Make photos flatter or harder, by Keras's RandomContrast."""

from core.augment.operation import Operation, Parameter


class Contrast:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        # A pair: given one number, the layer only ever raises the contrast.
        factor = (parameters["amount"], parameters["amount"])
        self.layer = keras.layers.RandomContrast(factor, value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """{"contrast_factor": float32 (n, 1, 1, 1), what the distance from the photo's mean is multiplied by}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="contrast",
    title="Contrast",
    group="colour",
    source="Howard 2013, Some Improvements on Deep Convolutional Neural Network Based Image Classification; "
    "Keras's RandomContrast",
    help="Helps against haze, flat light and different cameras; harms where faint texture is all there is to see.",
    parameters=(
        Parameter(
            name="amount",
            title="Flatter or harder by up to",
            kind="float",
            default=0.3,
            low=0.0,
            high=0.95,
            step=0.05,
            unit="share",
            help="30 % multiplies each pixel's distance from the photo's mean by 0.7 to 1.3.",
        ),
    ),
    implementation=Contrast,
)
