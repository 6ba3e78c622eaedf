"""How this room writes: beside, synced, then renamed, so that a reader never finds half a file; and how it reads."""

import os
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from core.errors import ThawError

LOCK_SECONDS = 30  # nobody who works holds the datasets for so long


def write_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `path`, sync it, and rename it to `path`; creates the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` as UTF-8, whole or not at all."""
    write_file(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Replace `path` by `frame` as Parquet without its index, with checksums; whole or not at all."""
    write_file(path, lambda beside: frame.to_parquet(beside, index=False, write_page_checksum=True))


def read_frame(path: Path, damaged: ThawError) -> pd.DataFrame:
    """What a Parquet file holds. Raises `damaged` where it can't be read, PermissionError."""
    try:
        return pd.read_parquet(path, page_checksum_verification=True)
    except PermissionError:
        raise
    except (OSError, ValueError) as error:  # Arrow's are one or the other
        raise damaged from error


def ends_well(path: Path) -> bool:
    """Whether a Parquet file has its ending, which is written last and says what it holds; a quick look."""
    try:
        status = path.stat()
        return _ends_well(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return False


@lru_cache(maxsize=4096)
def _ends_well(path: Path, changed: int, size: int) -> bool:  # noqa: ARG001
    from pyarrow import ArrowInvalid, parquet

    try:
        parquet.read_metadata(path)
    except (ArrowInvalid, OSError):
        return False
    return True
