"""How this room writes: beside, synced, then renamed, so that a reader never finds half a file."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pandas as pd


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
    """Replace `path` by `frame` as Parquet without its index, whole or not at all."""
    write_file(path, lambda beside: frame.to_parquet(beside, index=False))
