"""Turn some photos into their negative, by Keras's RandomInvert."""

from core.augment.operation import Operation, Parameter


class Invert:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        # A pair: given one number, the layer draws the chance itself below it.
        factor = (parameters["chance"], parameters["chance"])
        self.layer = keras.layers.RandomInvert(factor, value_range=(0, 255), dtype="float32")

    def draw(self, seeds, images):
        """{"apply_inversion": bool (n,), which photos become negatives}."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="invert",
    title="Invert",
    group="colour",
    source="Cubuk et al. 2019, AutoAugment (arXiv 1805.09501); Keras's RandomInvert",
    help="Helps where light on dark and dark on light mean the same (digits, drawings); harms most colour photos.",
    parameters=(
        Parameter(
            name="chance",
            title="Share of photos inverted",
            kind="float",
            default=0.1,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="How many photos are shown as their negative: every value becomes 255 minus itself.",
        ),
    ),
    implementation=Invert,
)
