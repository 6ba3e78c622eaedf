"""Blend each photo with another one of the batch, by Keras's MixUp."""

from core.augment.operation import Operation, Parameter


class MixUp:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        self.layer = keras.layers.MixUp(alpha=parameters["alpha"], dtype="float32")

    def draw(self, seeds, images):
        """{"mix_weight": float32 (n,), each photo's own share; "permutation_order": int64 (n,), its partner}."""
        from keras import ops

        draws = self.layer.get_random_transformation(images, seed=seeds)
        # Beta is a ratio of gammas, and at a small alpha both may be too small for float32: 0 / 0.
        weight = draws["mix_weight"]
        return draws | {"mix_weight": ops.where(ops.isnan(weight), 1.0, weight)}

    def apply(self, images, labels, draws):
        return self.layer.transform_images(images, draws), self.layer.transform_labels(labels, draws)


OPERATION = Operation(
    name="mixup",
    title="MixUp",
    group="mix",
    source="Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization (arXiv 1710.09412); Keras's MixUp",
    help="Helps against overconfidence and overfitting on few photos; harms short trainings and fine texture.",
    parameters=(
        Parameter(
            name="alpha",
            title="Strength of the mix",
            kind="float",
            default=0.2,
            low=0.1,
            high=2.0,
            step=0.1,
            help="Alpha: 0.2 leaves most photos nearly alone; 1 makes every mix as likely, 2 favours even halves.",
        ),
    ),
    implementation=MixUp,
)
