"""What training will see, for a few photos: the training's own Augmenter, called eagerly. Needs Keras."""

import numpy as np

from core.augment.pipeline import Augmenter
from core.augment.registry import OPERATIONS
from core.records import Recipe, Step


def draws(
    recipe: Recipe, images: np.ndarray, labels: np.ndarray, classes: int, seed: int, draws: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """The photos as the first batch of the first `draws` epochs would show them, in this order and company.

    images: uint8 ndarray of shape (n_photos, h, w, 3); labels: int ndarray of shape (n_photos,); classes: number of
    classes. Returns uint8 (draws, n_photos, h, w, 3), the training's floats rounded, and float32 labels
    (draws, n_photos, classes). Raises UnknownOperation, BadParameter.
    """
    augmenter = Augmenter(recipe, seed, *images.shape[1:3], classes)
    one_hot = np.eye(classes, dtype=np.float32)[labels]
    drawn = [augmenter(images, one_hot, epoch=draw, batch=0) for draw in range(draws)]
    pixels = np.rint(np.stack([batch.numpy() for batch, _ in drawn])).astype(np.uint8)
    return pixels, np.stack([mixed.numpy() for _, mixed in drawn])


def warm_up() -> None:
    """Draw every operation once, so that the first visitor's preview doesn't wait for TensorFlow's first calls."""
    everything = Recipe(steps=tuple(Step(operation=name, probability=0.9) for name in OPERATIONS))
    draws(everything, np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 1]), classes=2, seed=0, draws=2)
