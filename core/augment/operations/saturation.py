"""Make colours paler or stronger, by Keras's RandomSaturation."""

from core.augment.operation import Operation, Parameter


class Saturation:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        half = parameters["amount"] / 2
        # value_range bounds the saturation itself, which is 0..1 whatever the photo's range is: with (0, 255) a
        # strong colour leaves the range and comes back as other colours.
        self.layer = keras.layers.RandomSaturation((0.5 - half, 0.5 + half), value_range=(0, 1), dtype="float32")

    def draw(self, seeds, images):
        """{"factor": float32 (n,), what the saturation is multiplied by}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="saturation",
    title="Saturation",
    group="colour",
    source="Howard 2013, Some Improvements on Deep Convolutional Neural Network Based Image Classification; "
    "Keras's RandomSaturation",
    help="Helps where cameras and light change the colours' strength; harms where paleness is the sign (sick leaves).",
    parameters=(
        Parameter(
            name="amount",
            title="Paler or stronger by up to",
            kind="float",
            default=0.3,
            low=0.0,
            high=0.9,
            step=0.05,
            unit="share",
            help="30 % multiplies the strength of colours by 0.54 to 1.86; 90 % reaches almost grey and glaring.",
        ),
    ),
    implementation=Saturation,
)
