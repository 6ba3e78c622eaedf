"""Backbones as Keras models: raw, without preprocessing, head or loaded weights."""

from core.models.backbones import Backbone


def construct(backbone: Backbone, input_size: int | None):
    """keras.Model with random weights, functional and flat: (n, s, s, 3) float32, preprocessed -> (n, h, w, c).

    `input_size` None leaves height and width open.
    """
    import keras

    from core.models import vanilla

    if backbone.name == "vanilla":
        return vanilla.construct(input_size)
    factory = {
        "mobilenetv2": keras.applications.MobileNetV2,
        "vgg16": keras.applications.VGG16,
        "xception": keras.applications.Xception,
    }[backbone.name]
    return factory(include_top=False, weights=None, input_shape=(input_size, input_size, 3))
