"""A trained network's answers."""

from pathlib import Path

import numpy as np

from core.models.network import Network, build
from core.records import RunSpec
from core.settings import Settings


def load(settings: Settings, spec: RunSpec, classes: int, path: Path) -> Network:
    """The network of a spec with the weights that `save_trained` wrote to `path`.

    Reads numbers only. Raises WeightsMismatch, WeightsNotFound.
    """
    network = build(settings, spec, classes)
    network.load_trained(path)
    return network


def predict(network: Network, photos: np.ndarray, batch: int = 64) -> np.ndarray:
    """Probabilities, float32 ndarray of shape (n_photos, n_classes), all layers inferring.

    photos: ndarray or memmap of shape (n_photos, s, s, 3), values 0 to 255, s the spec's input size; read a batch at a
        time. Raises ValueError for another shape.
    """
    size = network.spec.input_size
    if photos.ndim != 4 or photos.shape[1:] != (size, size, 3):
        raise ValueError(f"photos must have the shape (n, {size}, {size}, 3). Received: {photos.shape}")
    answers = np.empty((len(photos), network.classes), np.float32)
    for start in range(0, len(photos), batch):
        part = np.asarray(photos[start : start + batch], np.float32)  # (batch, s, s, 3)
        answers[start : start + len(part)] = network.model.predict_on_batch(part)
    return answers
