"""What the audit knows of each photo's look: a perceptual hash, light and colour. Measured once, then kept.

The measures of a dataset lie in `cache/measures-<version>/<dataset id>.parquet`. A photo that another dataset or
version has is taken from there, since a photo id stands for what the photo shows.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image

from core.datasets.catalogue import list_datasets, photo_path, photo_rows
from core.datasets.storage import write_frame
from core.errors import PhotoMissing
from core.records import Dataset
from core.settings import Settings

VERSION = 1  # of the measures; another way of measuring raises it
SIDE = 64  # px a photo is shrunk to, whatever its shape
BITS = 256  # of the hash: the signs of 16 x 16 frequencies
FIGURES = ("brightness", "contrast", "least_green", "most_green", "coolest", "warmest")
COLUMNS = ("id", "hash", *FIGURES)
Report = Callable[[int, int | None], None]  # photos done, photos in all

_FILES = 128  # that are kept, measures and groups of near copies
_EARLIER = 8  # datasets looked through for photos that are known already


def measures(settings: Settings, dataset: Dataset, report: Report | None = None) -> pd.DataFrame:
    """One row a photo in the order of photo_rows; known photos are not measured again.

    id; hash: 32 bytes, see picture_hash; FIGURES, see measure. Of a photo whose file is gone or damaged the hash is
    None and the figures are NaN. `report(done, total)` counts the photos that had to be measured. Only a few photos
    are in memory at a time.
    """
    wanted = photo_rows(settings, dataset.id)["id"]
    own = kept_file(settings, dataset.id)
    stored = _read(own)
    known = _from_earlier(settings, set(wanted)) if stored is None else stored
    missing = wanted[~wanted.isin(known["id"])].tolist()
    rows = []
    for done, row in enumerate(_newly_measured(settings, missing), start=1):
        rows.append(row)
        if report is not None:
            report(done, len(missing))
    frame = pd.concat([known, pd.DataFrame(rows, columns=list(COLUMNS))]) if rows else known
    frame = frame.set_index("id").reindex(wanted).reset_index()
    whole = frame[frame["hash"].notna()]  # a photo that could not be read may be there again next time
    if stored is None or len(whole) > len(known):
        write_frame(own, whole)
        bound(own.parent)
    return frame


def measured(settings: Settings, dataset: Dataset) -> bool:
    """Whether the dataset was measured before, so that measures() has at most a few photos to look at."""
    return kept_file(settings, dataset.id).exists()


def measure(photo: Image.Image) -> tuple[bytes, float, float, float, float, float, float]:
    """Hash and FIGURES of one photo.

    brightness: mean of the grey, 0 to 255; contrast: its standard deviation, 0 to 127.5. least_green and most_green:
    how much green exceeds the mean of red and blue, as a share of the pixel's grey, in the least and the most green
    quarter of the photo (quartiles). coolest and warmest: the same of how much red exceeds blue.
    """
    if photo.format == "JPEG":
        photo.draft("RGB", (2 * SIDE, 2 * SIDE))  # unpacked small, which is quick
    small = photo.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    grey = np.asarray(small, dtype=np.float32).mean(axis=2)  # (64, 64)
    # Quartiles, since a tint of what should be neutral tells of the camera, and the mean colour of the subject.
    pixels = np.asarray(small.reduce(2), dtype=np.float32)  # (32, 32, 3)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    shade = pixels.mean(axis=2) + 16  # the hue of what is nearly black is noise
    least_green, most_green = np.percentile((green - (red + blue) / 2) / shade, [25, 75]).tolist()
    coolest, warmest = np.percentile((red - blue) / shade, [25, 75]).tolist()
    return picture_hash(grey), float(grey.mean()), float(grey.std()), least_green, most_green, coolest, warmest


def picture_hash(grey: np.ndarray) -> bytes:
    """256-bit perceptual hash (pHash, Zauner 2010) of a grey of shape (64, 64), 0 to 255, as 32 bytes.

    The bits are row by row the signs, against their median, of the 16 x 16 lowest frequencies of a cosine transform.
    The grey is the plain mean of the channels, so swapped channels do not change it.
    """
    picture = Image.fromarray(np.rint(grey).astype(np.uint8))
    return np.packbits(imagehash.phash(picture, hash_size=16).hash.ravel()).tobytes()


def _newly_measured(settings: Settings, ids: Iterable[str]) -> Iterator[tuple]:
    """A row of COLUMNS for each id, in order; Pillow lets go of Python's lock while it unpacks and shrinks."""

    def row(photo_id: str) -> tuple:
        try:
            with Image.open(photo_path(settings, photo_id)) as photo:
                return photo_id, *measure(photo)
        except (PhotoMissing, OSError, SyntaxError, ValueError):  # whatever a damaged file makes Pillow stumble over
            return photo_id, None, *[np.nan] * len(FIGURES)

    threads = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="thaw-measure") as pool:
        window: deque = deque()
        try:
            for photo_id in ids:
                window.append(pool.submit(row, photo_id))
                if len(window) > 16 * threads:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            for future in window:
                future.cancel()


def kept_file(settings: Settings, dataset_id: str, suffix: str = ".parquet") -> Path:
    """Where what was measured of a dataset is kept."""
    return settings.cache / f"measures-{VERSION}" / f"{dataset_id}{suffix}"


def _read(file: Path) -> pd.DataFrame | None:
    """What a file of measures holds; None where it is missing, damaged, or of another program's version."""
    try:
        return pd.read_parquet(file, columns=list(COLUMNS))
    except (OSError, ValueError):
        return None


def _from_earlier(settings: Settings, wanted: set[str]) -> pd.DataFrame:
    """Rows of the wanted photos that other datasets have, the newest datasets first."""
    found = [pd.DataFrame(columns=list(COLUMNS))]
    files = [kept_file(settings, known.id) for known in reversed(list_datasets(settings))]
    for file in [file for file in files if file.exists()][:_EARLIER]:
        if wanted and (rows := _read(file)) is not None:
            rows = rows[rows["id"].isin(wanted)]
            wanted = wanted - set(rows["id"])
            found.append(rows)
    return pd.concat([rows for rows in found if len(rows)] or found)


def bound(folder: Path) -> None:
    """Keep the newest files only; what goes is made again when it is asked for."""
    files = sorted(folder.glob("[0-9a-f]*.*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[_FILES:]:
        path.unlink(missing_ok=True)
