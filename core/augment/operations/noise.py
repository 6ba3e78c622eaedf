"""Strew noise over photos. Keras's GaussianNoise gives all photos the same strength and doesn't draw apart."""

from core.augment.operation import Operation, Parameter


class Noise:
    def __init__(self, parameters: dict, height: int, width: int):
        self.limit = 255.0 * parameters["amount"]
        self.channels = 3 if parameters["coloured"] else 1

    def draw(self, seeds, images):
        """(strength float32 (n, 1, 1, 1), the standard deviation in 0..255; noise float32 (n, h, w, 3 or 1))."""
        import keras

        shape = keras.ops.shape(images)
        return (
            keras.random.uniform((shape[0], 1, 1, 1), 0.0, self.limit, seed=seeds),
            keras.random.normal((*shape[:3], self.channels), seed=seeds),
        )

    def apply(self, images, draws):
        from keras import ops

        strength, noise = draws
        return ops.clip(images + strength * noise, 0.0, 255.0)


OPERATION = Operation(
    name="noise",
    title="Noise",
    group="colour",
    source="Sietsma and Dow 1991, Creating Artificial Neural Networks That Generalize; as Albumentations's GaussNoise",
    help="Helps against grainy photos and memorised details; harms where fine texture is all there is to see.",
    parameters=(
        Parameter(
            name="amount",
            title="Noise of up to",
            kind="float",
            default=0.08,
            low=0.0,
            high=0.5,
            step=0.02,
            unit="share",
            help="Standard deviation as a share of the range of values: 8 % moves most values by less than 20 of 255.",
        ),
        Parameter(
            name="coloured",
            title="Coloured",
            kind="bool",
            default=True,
            help="On: each colour has its own noise, as a sensor's. Off: light and dark specks; grey photos stay grey.",
        ),
    ),
    implementation=Noise,
)
