"""The Digits demo: scikit-learn's 1,797 real handwritten digits (UCI "Optical Recognition of Handwritten Digits").

E. Alpaydin and C. Kaynak, 1998, https://doi.org/10.24432/C50P49. They come inside scikit-learn; nothing is downloaded.
"""

import hashlib
from functools import cache

import numpy as np
from PIL import Image

VERSION = 1
SIZE = 32  # px: 8 x 8 enlarged four times
CLASSES = tuple("0123456789")


@cache
def _scans() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # half a second that nobody waits for once the digits are stored

    scans = load_digits()
    return scans.images, scans.target


def labels() -> np.ndarray:
    """ndarray of shape (1797,), int: the digit each scan shows."""
    return _scans()[1]


def photo_id(index: int) -> str:
    """SHA-256 of the recipe, 64 hex digits: the same on every machine."""
    return hashlib.sha256(f"digits/{VERSION}/{index}".encode()).hexdigest()


def draw(index: int) -> np.ndarray:
    """Scan number `index` as ndarray of shape (32, 32, 3), uint8 RGB, white ink on black.

    Enlarged bicubically: the scans hold ink per cell in 0..16, a smooth stroke sampled coarsely.
    """
    ink = Image.fromarray(np.round(_scans()[0][index] * (255 / 16)).astype(np.uint8))
    large = np.asarray(ink.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    return np.repeat(large[..., None], 3, axis=2)
