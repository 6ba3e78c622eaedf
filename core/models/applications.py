"""Backbones as Keras models: raw, without preprocessing, head or loaded weights."""

import math

from core.models import home_made
from core.models.backbones import Backbone

_DEVIATIONS = (0.229, 0.224, 0.225)  # of ImageNet's channels, as keras.applications.efficientnet has them


def construct(backbone: Backbone, input_size: int | None):
    """keras.Model with random weights, functional: (n, s, s, 3) float32, preprocessed -> (n, h, w, c).

    It has the layers that the ImageNet weights were made for, in their order. `input_size` None leaves height and width
    open. Under `keras.StatelessScope(initialize_variables=False)` no weights are allocated: quick, for shapes alone.
    """
    import keras

    if backbone.design is not None:
        return home_made.construct(backbone.design, input_size, backbone.name)
    factory = getattr(keras.applications, backbone.factory)
    model = factory(include_top=False, weights=None, input_shape=(input_size, input_size, 3))
    return _as_for_imagenet(model) if backbone.family == "EfficientNet" else model


def _as_for_imagenet(model):
    """EfficientNet with the second scaling that Keras adds only when it fetches the ImageNet weights itself.

    They were trained with (x - mean) / variance, while the Normalization layer divides by the deviation. Without this
    layer the weights load as well, and the network sees other pixels than it was trained on.
    """
    import keras

    from core.models.freezing import insert_after

    again = keras.layers.Rescaling([1 / math.sqrt(deviation) for deviation in _DEVIATIONS])
    return insert_after(model, 2, again)
