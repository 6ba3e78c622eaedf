"""What a backbone expects done to the pixels, as a layer inside the model, so that no one can forget it."""

import keras
from keras.applications import imagenet_utils


@keras.saving.register_keras_serializable("thaw")
class Preprocessing(keras.layers.Layer):
    """Float32 photos in 0..255 -> what the backbone was trained on; shape unchanged, no weights.

    mode: "tf" (to -1..1), "caffe" (BGR, ImageNet means taken off) or "torch" (to 0..1, ImageNet means taken off,
        divided by their deviations), as `preprocess_input` of keras.applications does them, "unit" (to 0..1), or
        "none" for a backbone that scales the pixels itself.
    """

    def __init__(self, mode: str, **options):
        super().__init__(**options)
        if mode not in (modes := ("tf", "caffe", "torch", "unit", "none")):
            raise ValueError(f"mode must be one of {', '.join(modes)}. Received: {mode}")
        self.mode = mode

    def call(self, photos):
        if self.mode == "none":
            return photos
        if self.mode == "unit":
            return photos / 255.0
        return imagenet_utils.preprocess_input(photos, mode=self.mode, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"mode": self.mode}
