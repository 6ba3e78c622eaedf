"""Make photos darker or lighter, by Keras's RandomBrightness."""

from core.augment.operation import Operation, Parameter


class Brightness:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        factor = (-parameters["darker"], parameters["lighter"])
        self.layer = keras.layers.RandomBrightness(factor, value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """{"rgb_delta": float32 (n, 1, 1, 1), what is added to each of 0..255}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="brightness",
    title="Brightness",
    group="colour",
    source="Krizhevsky et al. 2012; Keras's RandomBrightness",
    help="Helps where light changes between photos; harms where a lighter or darker colour tells classes apart.",
    parameters=(
        Parameter(
            name="darker",
            title="Darker by up to",
            kind="float",
            default=0.2,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="Share of the whole range taken off every pixel: 20 % turns middle grey (128) into 77.",
        ),
        Parameter(
            name="lighter",
            title="Lighter by up to",
            kind="float",
            default=0.2,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="Share of the whole range added to every pixel: 20 % turns middle grey (128) into 179.",
        ),
    ),
    implementation=Brightness,
)
