"""Photos decoded once for an input size and kept as a memory map that all runs share."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets import photo_path
from core.errors import TrainingFailed
from core.records import content_hash
from core.settings import Settings
from core.training.disk_cache import kept

LIMIT = 8 * 2**30  # bytes of all decoded photos together
CHUNK = 64  # photos between two ticks
THREADS = 2  # Pillow decodes and resizes outside Python's lock


def decoded(
    settings: Settings,
    ids: Sequence[str],
    size: int,
    tick: Callable[[int], None] = lambda _: None,
    limit: int = LIMIT,
) -> np.memmap:
    """Photos of `ids`, in that order, as uint8 of shape (n, size, size, 3), 0 to 255; read-only memory map.

    Each photo is stretched to a square with Pillow's BICUBIC filter, which widens its support when it shrinks
    (antialiased) and interpolates when it enlarges. Decoded once for (ids, size); hand in sorted ids, so that whoever
    has the same photos shares them. `tick(done)` is called every few photos; what it raises stops the reading.
    Raises TrainingFailed where a photo can't be read.
    """

    def fill(array: np.ndarray) -> None:
        for start in range(0, len(ids), CHUNK):
            tick(start)
            array[start : start + CHUNK] = squares(settings, ids[start : start + CHUNK], size)

    key = content_hash([list(ids), size])
    path = settings.cache / "decoded" / f"{key}-{size}.npy"
    return kept(path, (len(ids), size, size, 3), "uint8", fill, limit, tick=lambda: tick(0))


def squares(settings: Settings, ids: Sequence[str], size: int) -> np.ndarray:
    """The same photos at once: uint8 of shape (n, size, size, 3). Raises as `decoded` does."""
    paths = [photo_path(settings, photo) for photo in ids]
    with ThreadPoolExecutor(THREADS) as threads:
        return np.stack(list(threads.map(lambda path: _square(path, size), paths)))


def _square(path: Path, size: int) -> np.ndarray:
    """ndarray of shape (size, size, 3), uint8."""
    try:
        with Image.open(path) as photo:
            return square(photo, size)
    except OSError as error:
        raise TrainingFailed(
            reason=f"photo {path.name} can't be read ({error}). Import the photos again, or make the split again."
        ) from error


def square(photo: Image.Image, size: int) -> np.ndarray:
    """A photo that was opened and not unpacked yet, as a network sees it: uint8 of shape (size, size, 3)."""
    # A JPEG far larger than needed is decoded at a half, a quarter ... of its size, never below twice ours.
    photo.draft("RGB", (2 * size, 2 * size))
    photo = photo.convert("RGB")
    if photo.size != (size, size):
        photo = photo.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(photo)
