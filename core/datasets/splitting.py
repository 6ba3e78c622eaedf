"""The splits of a dataset: made or found, stored, listed. Which photo goes where is `dividing`'s."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from core import disk_errors
from core.datasets.catalogue import exam_rows, photo_rows
from core.datasets.dividing import FRACTIONS, PARTS, checked_fractions, divide, group_sizes
from core.datasets.storage import LOCK_SECONDS, ends_well, read_frame, write_frame, write_text
from core.errors import SplitDamaged, UnknownSplit
from core.records import Dataset, Part, Split, evaluation_id, split_id
from core.settings import Settings

Report = Callable[[int, int], None]  # photos measured, photos in all
FEW_PHOTOS = 5  # of a class in validation or test, below which a figure of that class says little


def make_split(
    settings: Settings,
    dataset: Dataset,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    together: bool = True,
    report: Report | None = None,
) -> Split:
    """Make the stratified split, or find it where it was made before; sealed exam rows of the dataset come along.

    fractions: train, validation, test. Each class has at least one photo in each part, within one photo of the
    fractions; with `together`, near copies lie on one side and move that by at most the largest group of them.
    `report` counts the photos that are measured for near copies, the first time a dataset is looked at. Raises
    BadFractions, ClassTooSmall, EmptyPart, NearCopiesStuck.
    """
    fractions = checked_fractions(fractions)
    groups = near_copies_of(settings, dataset, report) if together else {}
    return split_by_groups(settings, dataset, fractions, seed, groups)


def split_by_groups(
    settings: Settings, dataset: Dataset, fractions: Sequence[float], seed: int, groups: Mapping[str, int]
) -> Split:
    """As make_split, where it is known which photos stay together. groups: photo id -> group number."""
    rows = photo_rows(settings, dataset.id)
    parts = divide(rows["id"].to_numpy(), rows["label"], dataset.classes, fractions, seed, groups)
    kept = len(group_sizes(rows["id"], groups))
    return keep_split(settings, dataset, rows.assign(part=parts), checked_fractions(fractions), seed, together=kept)


def near_copies_of(settings: Settings, dataset: Dataset, report: Report | None) -> Mapping[str, int]:
    """Photo id -> group number of the photos that have near copies."""
    from core.datasets.near_copies import near_copy_groups  # brings SciPy, which nothing else here needs

    return near_copy_groups(settings, dataset, report)


def near_copies_known(settings: Settings, dataset: Dataset) -> bool:
    """Whether the photos were measured before, so that near_copies_of is quick."""
    from core.datasets.measures import measured

    return measured(settings, dataset)


def keep_split(
    settings: Settings,
    dataset: Dataset,
    rows: pd.DataFrame,
    fractions: Sequence[float],
    seed: int,
    given: bool = False,
    together: int = 0,
) -> Split:
    """Store a split, or find it. rows: columns id, label and part ("train", "validation", "test") of every photo."""
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
        fractions=tuple(fractions),
        seed=seed,
        counts={part: len(members[part]) for part in Part if part in members},
        given=given,
        together=together,
        created=datetime.now(UTC),
    )
    return _store(settings, split, rows)


@disk_errors.speaking
def _store(settings: Settings, split: Split, rows: pd.DataFrame) -> Split:
    """Keep the split; one that is there already stays, but for what is known of it only now."""
    folder = settings.home / "splits" / split.id
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "datasets.lock", timeout=LOCK_SECONDS):
        for path in _records(folder):
            if (known := _known(path)) is None:  # damaged: written again where it is the first, else beside
                continue
            if known.dataset == split.dataset:
                if not ends_well(path.with_name("rows.parquet")):
                    write_frame(path.with_name("rows.parquet"), rows)
                learnt = {"given": known.given or split.given, "together": max(known.together, split.together)}
                if (told := known.model_copy(update=learnt)) != known:
                    write_text(path, told.model_dump_json(indent=1))
                return told
        if (folder / "split.json").exists() and _known(folder / "split.json") is not None:
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


def _known(path: Path) -> Split | None:
    """The record in `path`; None where it is damaged, which takes no other out of the list."""
    try:
        return _load(path)
    except (ValueError, FileNotFoundError):
        return None


def _paths(settings: Settings) -> list[Path]:
    root = settings.home / "splits"
    return [*root.glob("*/split.json"), *root.glob("*/*/split.json")]


def _all(settings: Settings) -> list[tuple[Split, Path]]:
    found = [(split, path) for path in _paths(settings) if (split := _known(path)) is not None]
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
        for path in _paths(settings):
            name = path.relative_to(settings.home / "splits").parts[0]
            if len(wanted) >= 6 and name.startswith(wanted) and _known(path) is None:
                raise SplitDamaged(split=name[:8], file=path)
        raise UnknownSplit(split=split, dataset=dataset or "that is known")
    return fitting[-1]


def find_split(settings: Settings, split: str, dataset: str | None = None) -> Split:
    """The split of that id or of a unique beginning of it (from 6 letters on); of `dataset` where that is given.

    Raises UnknownSplit, SplitDamaged.
    """
    return _find(settings, split, dataset)[0]


def split_rows(settings: Settings, split: str, dataset: str | None = None, include_exam: bool = False) -> pd.DataFrame:
    """One row a photo, sorted by id: id, label (int), part ("train", "validation", "test").

    The exam part comes only with include_exam=True. Raises UnknownSplit, SplitDamaged.
    """
    found, path = _find(settings, split, dataset)
    path = path.with_name("rows.parquet")
    rows = read_frame(path, SplitDamaged(split=found.id[:8], file=path))
    return rows if include_exam else rows[rows["part"] != Part.EXAM.value].reset_index(drop=True)


def sides(rows: pd.DataFrame, groups: Mapping[str, int]) -> list[int]:
    """Numbers of the groups whose photos lie in more than one part. rows: columns id, part."""
    numbers = rows["id"].map(groups)
    parts = rows["part"].groupby(numbers).nunique()
    return [int(number) for number in parts.index[parts > 1]]


def class_counts(rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Photos a class and part: a row a class in the dataset's order, columns train, validation, test (int)."""
    table = pd.crosstab(rows["label"], rows["part"])
    table = table.reindex(index=range(len(classes)), columns=[part.value for part in PARTS], fill_value=0)
    return table.set_axis(list(classes), axis=0).rename_axis(index="class", columns=None)


def thin_classes(table: pd.DataFrame) -> list[str]:
    """A sentence for each class of which validation or test has so few photos that figures say little of it.

    table: photos a class and part, as class_counts and planned_counts give them.
    """
    sentences = []
    for name, counts in table.iterrows():
        part = min((Part.VALIDATION.value, Part.TEST.value), key=lambda part, counts=counts: counts[part])
        if 0 < counts[part] < FEW_PHOTOS:
            photos = "1 photo" if counts[part] == 1 else f"{counts[part]} photos"
            sentences.append(f"{name} has only {photos} in {part}: each of them moves its figures a lot.")
    return sentences
