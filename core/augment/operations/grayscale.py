"""Take the colour out of some photos, by Keras's RandomGrayscale."""

from core.augment.operation import Operation, Parameter


class Grayscale:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        self.layer = keras.layers.RandomGrayscale(parameters["chance"], dtype="float32")

    def draw(self, seeds, images):
        """bool (n, 1, 1, 1): which photos lose their colour."""
        return self.layer.get_random_transformation(images, seed=seeds)

    def apply(self, images, draws):
        return self.layer.transform_images(images, draws)


OPERATION = Operation(
    name="grayscale",
    title="Grayscale",
    group="colour",
    source="Chen et al. 2020, A Simple Framework for Contrastive Learning (SimCLR); Keras's RandomGrayscale",
    help="Helps a model that leans on colour to look at shape too; harms where colour is the only difference.",
    parameters=(
        Parameter(
            name="chance",
            title="Share of photos made grey",
            kind="float",
            default=0.2,
            low=0.0,
            high=1.0,
            step=0.05,
            unit="share",
            help="How many photos lose their colour; 100 % hides colour from the model altogether.",
        ),
    ),
    implementation=Grayscale,
)
