"""Grad-CAM: which places of a photo speak for a class (Selvaraju et al. 2017, arXiv 1610.02391).

Keras is imported where a network is looked into, so that a screen can import this.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from core.models.tables import layer_table
from core.records import RunSpec
from core.settings import Settings

PASSING = ("MaxPooling2D", "AveragePooling2D", "Dropout", "SpatialDropout2D")  # what only passes a feature map on
HEAT = (209, 0, 110)  # red, green, blue of an overlay: no colour that photos of plants and things are full of
THICKEST = 0.6  # how much of the photo the hottest place covers


class GradCam:
    """A trained network cut at its last feature map, to be asked for any photo and class."""

    def __init__(self, network):
        """network: core.models.network.Network, with the weights it was trained to."""
        from core.models.freezing import section

        layers = len(network.backbone.layers)
        self.network, self.cut = network, feature_cut(network)
        self._features = section(network.backbone, 0, self.cut)
        self._rest = section(network.backbone, self.cut, layers) if self.cut < layers else None

    def features(self, photos: np.ndarray):
        """What the last feature map is of photos (n, s, s, 3), values 0 to 255: a tensor (n, h, w, channels)."""
        return self._features(self.network.preprocessing(np.asarray(photos, np.float32)), training=False)

    def scores(self, features):
        """What the classes get before the softmax, tensor (n, classes), all layers inferring."""
        from keras import ops

        x = features if self._rest is None else self._rest(features, training=False)
        for layer in self.network.head[:-1]:
            x = layer(x)
        last = self.network.head[-1]  # a dense layer whose softmax would let the other classes speak along
        return ops.matmul(x, last.kernel) + last.bias

    def weights(self, features, label: int) -> np.ndarray:
        """How much each channel speaks for class `label`: the score's mean gradient over the map; (channels,)."""
        import tensorflow as tf

        features = tf.convert_to_tensor(features)
        with tf.GradientTape() as tape:
            tape.watch(features)
            score = self.scores(features)[0, label]
        return tape.gradient(score, features).numpy()[0].mean(axis=(0, 1))

    def heat(self, photo: np.ndarray, label: int) -> np.ndarray:
        """Where the network sees class `label`: float32 ndarray (s, s), 0 to 1, its hottest place about 1.

        All 0 where nothing speaks for the class.

        photo : uint8 ndarray of shape (h, w, 3), made as large as the network takes it.
        Raises ValueError for a class that is not there.
        """
        if not 0 <= label < self.network.classes:
            raise ValueError(f"label must be 0 to {self.network.classes - 1}. Received: {label}")
        size = self.network.spec.input_size
        features = self.features(squared(photo, size)[None])
        found = np.maximum(np.asarray(features)[0] @ self.weights(features, label), 0)  # (h, w)
        peak = found.max()
        return enlarged(found / peak if peak > 0 else found, size)


def load(settings: Settings, spec: RunSpec, classes: int, path: Path) -> GradCam:
    """The network of a run whose trained weights lie at `path`. Raises WeightsMismatch, WeightsNotFound."""
    from core.models.predict import load as load_network

    return GradCam(load_network(settings, spec, classes, path))


def feature_cut(network) -> int:
    """How many of the backbone's layers make its last feature map, which is more than one place in size.

    Pooling after it is left to what follows: the map before it is twice as fine.
    """
    rows, layers = layer_table(network.registered).layers, network.backbone.layers
    narrow = [row.index + 1 for row in rows if row.crossing == 1 and row.type not in PASSING]
    maps = [k for k in narrow if len(shape := layers[k - 1].output.shape) == 4 and shape[1] * shape[2] > 1]
    return max(maps, default=len(layers))


def squared(photo: np.ndarray, size: int) -> np.ndarray:
    """A photo (h, w, 3) as training sees it: stretched to (size, size, 3), bicubic, uint8."""
    image = Image.fromarray(photo)
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image)


def enlarged(heat: np.ndarray, size: int) -> np.ndarray:
    """A map (h, w), 0 to 1, as float32 (size, size), bilinear."""
    image = Image.fromarray(np.asarray(heat, np.float32))
    return np.clip(np.asarray(image.resize((size, size), Image.Resampling.BILINEAR)), 0, 1)


def overlay(heat: np.ndarray) -> np.ndarray:
    """A picture to lie over the photo: uint8 RGBA (h, w, 4), clear where `heat` (h, w) is 0, at most THICKEST at 1."""
    heat = np.asarray(heat, float)
    if heat.ndim != 2 or (heat.size and not (heat.min() >= 0 and heat.max() <= 1)):
        raise ValueError(f"heat must be (h, w), 0 to 1. Received: {heat.shape}")
    picture = np.empty((*heat.shape, 4), np.uint8)
    picture[..., :3] = HEAT
    picture[..., 3] = np.rint(255 * THICKEST * heat)
    return picture


def covered(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The photo (h, w, 3) with the overlay of a map on it, in the photo's own size; uint8."""
    below = Image.fromarray(photo).convert("RGBA")
    above = Image.fromarray(overlay(heat)).resize(below.size, Image.Resampling.BILINEAR)
    return np.asarray(Image.alpha_composite(below, above).convert("RGB"))
