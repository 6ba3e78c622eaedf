"""Which photos train, validate and test: stratified by class, a function of the photo ids and the seed alone."""

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from core.datasets.catalogue import exam_rows, photo_rows
from core.datasets.storage import write_frame, write_text
from core.errors import BadFractions, ClassTooSmall, EmptyPart, UnknownSplit
from core.records import Dataset, Part, Split, evaluation_id, split_id
from core.settings import Settings

PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)
FRACTIONS = (0.7, 0.15, 0.15)
FEW_PHOTOS = 5  # of a class in validation or test, below which a figure of that class says little


def part_counts(count: int, fractions: Sequence[float]) -> tuple[int, int, int]:
    """How many of a class's `count` photos each part gets: within one photo of the fractions, none left over.

    The largest remainders are rounded up (Hamilton's method), empty parts first; a part whose share is below half a
    photo gets none.
    """
    shares = [count * fraction for fraction in fractions]
    counts = [math.floor(share + 1e-9) for share in shares]
    waiting = sorted(
        range(3), key=lambda part: (counts[part] == 0 and shares[part] >= 0.5, shares[part] - counts[part], -part)
    )
    for _ in range(count - sum(counts)):
        counts[waiting.pop()] += 1
    for part in (1, 2):
        if counts[part] == 0 and shares[part] >= 0.5 and max(counts) > 1:
            counts[counts.index(max(counts))] -= 1
            counts[part] = 1
    return tuple(counts)


def divide(
    ids: Sequence[str], labels: Sequence[int], classes: Sequence[str], fractions: Sequence[float], seed: int
) -> np.ndarray:
    """ndarray of shape (n_photos,) of Part names, in the order of `ids`.

    Photos of a class are ordered by a hash of seed and id, so the answer knows neither the order they come in nor a
    random generator's version, and a photo more moves few others. Raises BadFractions, ClassTooSmall, EmptyPart.
    """
    labels = np.asarray(labels)
    parts = np.empty(len(ids), dtype=object)
    planned = planned_counts(classes, np.bincount(labels, minlength=len(classes)), fractions)
    for label, counts in enumerate(planned.to_numpy()):
        members = np.flatnonzero(labels == label)
        drawn = sorted(members, key=lambda at: hashlib.sha256(f"{seed}:{ids[at]}".encode()).digest())
        parts[drawn] = np.repeat([part.value for part in PARTS], counts)
    return parts


def planned_counts(classes: Sequence[str], counts: Sequence[int], fractions: Sequence[float]) -> pd.DataFrame:
    """Photos a class and part as a split would have them: a row a class, columns train, validation, test (int).

    counts: photos a class. Raises BadFractions, ClassTooSmall, EmptyPart.
    """
    fractions = checked_fractions(fractions)
    table = []
    for name, count in zip(classes, map(int, counts), strict=True):
        if count < len(PARTS):
            raise ClassTooSmall(name=name, count=count, needed=len(PARTS))
        table.append(part_counts(count, fractions))
        for part, size in zip(PARTS, table[-1], strict=True):
            if size == 0:
                raise EmptyPart(part=part.value, name=name, count=count)
    return pd.DataFrame(table, index=pd.Index(classes, name="class"), columns=[part.value for part in PARTS])


def checked_fractions(fractions: Sequence[float]) -> tuple[float, float, float]:
    """Three fractions above 0 that add up to 1 (within 1e-6). Raises BadFractions."""
    shown = ", ".join(f"{fraction:g}" for fraction in fractions)
    if len(fractions) != 3 or not all(math.isfinite(fraction) and 0 < fraction < 1 for fraction in fractions):
        raise BadFractions(fractions=shown)
    if abs(sum(fractions) - 1) > 1e-6:
        raise BadFractions(fractions=shown)
    return tuple(float(fraction) for fraction in fractions)


def make_split(settings: Settings, dataset: Dataset, fractions: Sequence[float] = FRACTIONS, seed: int = 0) -> Split:
    """Make the stratified split, or find it where it was made before; sealed exam rows of the dataset come along.

    fractions: train, validation, test. Each class has at least one photo in each part, within one photo of the
    fractions. Raises BadFractions, ClassTooSmall, EmptyPart.
    """
    rows = photo_rows(settings, dataset.id)
    rows = rows.assign(part=divide(rows["id"].to_numpy(), rows["label"], dataset.classes, fractions, seed))
    exam = exam_rows(settings, dataset.id)
    if exam is not None:
        rows = pd.concat([rows, exam.assign(part=Part.EXAM.value)], ignore_index=True)
    rows = rows[["id", "label", "part"]].sort_values("id", ignore_index=True)
    members = {Part(part): group for part, group in rows.groupby("part")}
    names = np.asarray(dataset.classes, dtype=object)
    split = Split(
        id=split_id({part: group["id"].tolist() for part, group in members.items()}),
        evaluation_id=evaluation_id(
            dataset.classes,
            {part: list(zip(group["id"], names[group["label"]], strict=True)) for part, group in members.items()},
        ),
        dataset=dataset.id,
        fractions=checked_fractions(fractions),
        seed=seed,
        counts={part: len(members[part]) for part in Part if part in members},
        created=datetime.now(UTC),
    )
    return _store(settings, split, rows)


def _store(settings: Settings, split: Split, rows: pd.DataFrame) -> Split:
    """Keep the split; one that is there already stays as it is."""
    folder = settings.home / "splits" / split.id
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "datasets.lock"):
        for path in _records(folder):
            if (known := _load(path)).dataset == split.dataset:
                return known
        if (folder / "split.json").exists():
            # The same id sets under other labels (classes renamed): a split id doesn't know labels, so this dataset's
            # goes into a folder of its own.
            folder = folder / split.dataset
        write_frame(folder / "rows.parquet", rows)
        write_text(folder / "split.json", split.model_dump_json(indent=1))
    return split


def _records(folder: Path) -> list[Path]:
    return sorted(path for path in (*folder.glob("split.json"), *folder.glob("*/split.json")))


@lru_cache(maxsize=4096)
def _read(path: Path, changed: int, size: int) -> Split:  # noqa: ARG001
    # Cached by the file's time and size, since a page lists the splits at every rerun.
    return Split.model_validate_json(path.read_text(encoding="utf-8"))


def _load(path: Path) -> Split:
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


def _all(settings: Settings) -> list[tuple[Split, Path]]:
    root = settings.home / "splits"
    found = [(_load(path), path) for path in (*root.glob("*/split.json"), *root.glob("*/*/split.json"))]
    return sorted(found, key=lambda pair: pair[0].created)


def list_splits(settings: Settings, dataset: str) -> list[Split]:
    """The splits of a dataset (Dataset.id), oldest first."""
    return [split for split, _ in _all(settings) if split.dataset == dataset]


def _find(settings: Settings, split: str, dataset: str | None) -> tuple[Split, Path]:
    wanted = split.strip().lower()
    fitting = [
        (found, path)
        for found, path in _all(settings)
        if dataset in (None, found.dataset)
        and (found.id == wanted or (len(wanted) >= 6 and found.id.startswith(wanted)))
    ]
    if len({found.id for found, _ in fitting}) != 1:
        raise UnknownSplit(split=split, dataset=dataset or "that is known")
    return fitting[-1]


def find_split(settings: Settings, split: str, dataset: str | None = None) -> Split:
    """The split of that id or of a unique beginning of it (from 6 letters on); of `dataset` where that is given.

    Raises UnknownSplit.
    """
    return _find(settings, split, dataset)[0]


def split_rows(settings: Settings, split: str, dataset: str | None = None, include_exam: bool = False) -> pd.DataFrame:
    """One row a photo, sorted by id: id, label (int), part ("train", "validation", "test").

    The exam part comes only with include_exam=True. Raises UnknownSplit.
    """
    _, path = _find(settings, split, dataset)
    rows = pd.read_parquet(path.with_name("rows.parquet"))
    return rows if include_exam else rows[rows["part"] != Part.EXAM.value].reset_index(drop=True)


def class_counts(rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Photos a class and part: a row a class in the dataset's order, columns train, validation, test (int)."""
    table = pd.crosstab(rows["label"], rows["part"])
    table = table.reindex(index=range(len(classes)), columns=[part.value for part in PARTS], fill_value=0)
    return table.set_axis(list(classes), axis=0).rename_axis(index="class", columns=None)


def thin_classes(dataset: Dataset, fractions: Sequence[float] = FRACTIONS) -> list[str]:
    """A sentence for each class whose photos are too few for a split, or for figures that say much of it."""
    sentences = []
    for name, count in zip(dataset.classes, dataset.counts, strict=True):
        smallest = min(part_counts(count, fractions)[1:])
        photos = "1 photo" if count == 1 else f"{count} photos"
        if smallest == 0:
            sentences.append(f"{name} has {photos}, too few for a split: each part needs one.")
        elif smallest < FEW_PHOTOS:
            sentences.append(f"{name} has {photos}, so only {smallest} to be judged by: its figures will jump.")
    return sentences
