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
COLUMNS = ("id", "hash", "red", "green", "blue", "brightness", "contrast")
Report = Callable[[int, int | None], None]  # photos done, photos in all

_FILES = 64  # datasets whose measures are kept
_EARLIER = 8  # of them looked through for photos that are known already


def measures(settings: Settings, dataset: Dataset, report: Report | None = None) -> pd.DataFrame:
    """One row a photo in the order of photo_rows; known photos are not measured again.

    id; hash: 32 bytes, see picture_hash; red, green, blue, brightness: means, 0 to 255; contrast: standard deviation
    of the grey, 0 to 127.5. Of a photo whose file is gone or damaged the hash is None and the figures are NaN.
    `report(done, total)` counts the photos that had to be measured. Only a few photos are in memory at a time.
    """
    wanted = photo_rows(settings, dataset.id)["id"]
    own = _file(settings, dataset.id)
    stored = _read(own)
    known = _from_earlier(settings, set(wanted)) if stored is None else stored
    missing = wanted[~wanted.isin(known["id"])].tolist()
    rows = []
    for done, row in enumerate(_measured(settings, missing), start=1):
        rows.append(row)
        if report is not None:
            report(done, len(missing))
    frame = pd.concat([known, pd.DataFrame(rows, columns=list(COLUMNS))]) if rows else known
    frame = frame.set_index("id").reindex(wanted).reset_index()
    whole = frame[frame["hash"].notna()]  # a photo that could not be read may be there again next time
    if stored is None or len(whole) > len(known):
        write_frame(own, whole)
        _bound(own.parent)
    return frame


def measure(photo: Image.Image) -> tuple[bytes, float, float, float, float, float]:
    """The measures of one photo: hash, red, green, blue, brightness, contrast."""
    if photo.format == "JPEG":
        photo.draft("RGB", (2 * SIDE, 2 * SIDE))  # unpacked small, which is quick
    small = photo.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.float32)  # (64, 64, 3)
    grey = pixels.mean(axis=2)
    red, green, blue = pixels.mean(axis=(0, 1)).tolist()
    return picture_hash(grey), red, green, blue, float(grey.mean()), float(grey.std())


def picture_hash(grey: np.ndarray) -> bytes:
    """256-bit perceptual hash (pHash, Zauner 2010) of a grey of shape (64, 64), 0 to 255, as 32 bytes.

    The bits are row by row the signs, against their median, of the 16 x 16 lowest frequencies of a cosine transform.
    The grey is the plain mean of the channels, so swapped channels do not change it.
    """
    picture = Image.fromarray(np.rint(grey).astype(np.uint8))
    return np.packbits(imagehash.phash(picture, hash_size=16).hash.ravel()).tobytes()


def _measured(settings: Settings, ids: Iterable[str]) -> Iterator[tuple]:
    """A row of COLUMNS for each id, in order; Pillow lets go of Python's lock while it unpacks and shrinks."""

    def row(photo_id: str) -> tuple:
        try:
            with Image.open(photo_path(settings, photo_id)) as photo:
                return photo_id, *measure(photo)
        except (PhotoMissing, OSError, SyntaxError, ValueError):  # whatever a damaged file makes Pillow stumble over
            return photo_id, None, *[np.nan] * 5

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


def _folder(settings: Settings) -> Path:
    return settings.cache / f"measures-{VERSION}"


def _file(settings: Settings, dataset_id: str) -> Path:
    return _folder(settings) / f"{dataset_id}.parquet"


def _read(file: Path) -> pd.DataFrame | None:
    """What a file of measures holds; None where it is missing or damaged."""
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError):
        return None


def _from_earlier(settings: Settings, wanted: set[str]) -> pd.DataFrame:
    """Rows of the wanted photos that other datasets have, the newest datasets first."""
    found = [pd.DataFrame(columns=list(COLUMNS))]
    files = [_file(settings, known.id) for known in reversed(list_datasets(settings))]
    for file in [file for file in files if file.exists()][:_EARLIER]:
        if wanted and (rows := _read(file)) is not None:
            rows = rows[rows["id"].isin(wanted)]
            wanted = wanted - set(rows["id"])
            found.append(rows)
    return pd.concat([rows for rows in found if len(rows)] or found)


def _bound(folder: Path) -> None:
    """Keep the newest files only; what goes is measured again when it is asked for."""
    files = sorted(folder.glob("[0-9a-f]*.parquet"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[_FILES:]:
        path.unlink(missing_ok=True)
