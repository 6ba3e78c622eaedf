"""What training will see, for a few photos: the training's own Augmenter, called eagerly. Needs Keras."""

import numpy as np

from core.augment.pipeline import Augmenter
from core.records import Recipe


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
