"""Invert the light parts of photos, by Keras's Solarization, with draws of ours.

The layer draws its thresholds from the lower end of its range as it is given to the upper end times 255, so that no
lower end but 0 can be had.
"""

from core.augment.operation import Operation, Parameter


class Solarise:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        self.amount = parameters["amount"]
        self.layer = keras.layers.Solarization(value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """float32 (n, 1, 1, 1): values from this on are inverted; 256 inverts none."""
        import keras

        share = keras.random.uniform((keras.ops.shape(images)[0], 1, 1, 1), 0.0, self.amount, seed=seeds)
        return 256.0 - 256.0 * share

    def apply(self, images, draws):
        return self.layer.transform_images(images, {"additions": 0.0, "thresholds": draws})


OPERATION = Operation(
    name="solarise",
    title="Solarise",
    group="colour",
    source="Cubuk et al. 2019, AutoAugment (arXiv 1805.09501); Keras's Solarization",
    help="Helps a model to look at outlines rather than at light; harms most photos when much is inverted.",
    parameters=(
        Parameter(
            name="amount",
            title="Inverted from the light end, up to",
            kind="float",
            default=0.3,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="Of the range of values: 30 % inverts what is lighter than a threshold between 70 and 100 % of white.",
        ),
    ),
    implementation=Solarise,
)
