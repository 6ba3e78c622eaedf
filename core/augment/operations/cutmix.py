"""Paste a box of another photo of the batch, by Keras's CutMix."""

from core.augment.operation import Operation, Parameter


class CutMix:
    def __init__(self, parameters: dict, height: int, width: int):
        import keras

        # A pair: the paper's Beta(alpha, alpha). Given one number, the layer draws alpha itself first.
        self.layer = keras.layers.CutMix(factor=(parameters["alpha"], parameters["alpha"]), dtype="float32")

    def draw(self, seeds, images):
        """{"batch_masks": bool (n, h, w, 3), the pasted box; "permutation_order": int32 (n,), the partner;
        "mix_weight": float32 (n,), the share of the photo that stays}."""
        from keras import ops

        draws = self.layer.get_random_transformation(images, seed=seeds)
        # The layer's weight is that of a box between pixels; the label is owed the pixels that were really pasted.
        pasted = ops.mean(ops.cast(draws["batch_masks"][..., 0], "float32"), axis=(1, 2))
        return draws | {"mix_weight": 1.0 - pasted}

    def apply(self, images, labels, draws):
        return self.layer.transform_images(images, draws), self.layer.transform_labels(labels, draws)


OPERATION = Operation(
    name="cutmix",
    title="CutMix",
    group="mix",
    source="Yun et al. 2019, CutMix: Regularization Strategy to Train Strong Classifiers (arXiv 1905.04899); "
    "Keras's CutMix",
    help="Helps a model to use every part of the subject; harms short trainings and where one part names the class.",
    parameters=(
        Parameter(
            name="alpha",
            title="Strength of the mix",
            kind="float",
            default=1.0,
            low=0.1,
            high=1.0,
            step=0.1,
            help="Alpha: 1, the paper's, makes every box size as likely; less pastes almost nothing or almost all.",
        ),
    ),
    implementation=CutMix,
)
