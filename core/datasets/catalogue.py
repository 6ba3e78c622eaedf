"""The datasets that are there: found, listed, stored; and their photos, addressed by photo id.

Layout: `photos/<id[:2]>/<id>.jpg|png` is shared by all datasets; `datasets/<dataset id>/` holds `dataset.json`, one
row a photo in `photos.parquet`, the sealed exam rows in `exam.parquet` where there are any, what an import left out
and why in `left_out.parquet`, and a `named-<n>.json` for every further name or version under which exactly the same
photos came again (a dataset's identity does not know its name).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from PIL import Image

from core import disk_errors
from core.datasets.names import checked_name
from core.datasets.storage import LOCK_SECONDS, ends_well, read_frame, write_frame, write_text
from core.errors import BadName, DatasetDamaged, PhotoMissing, UnknownDataset
from core.records import Dataset, dataset_id
from core.settings import Settings

ROW_COLUMNS = ("id", "path", "label", "width", "height")
LEFT_OUT_COLUMNS = ("path", "kind", "reason", "id")  # kind: unreadable, two_labels, exact_copy, unlisted, chosen
LISTED = 1000  # paths a record lists; the rest is in left_out.parquet

_PHOTO_ID = re.compile(r"[0-9a-f]{16,64}")
_SUFFIXES = (".jpg", ".png")
_NAME = re.compile(r'"name":\s*"((?:[^"\\]|\\.)*)"')  # of a record that is cut short after it


def _folder(settings: Settings, dataset: str) -> Path:
    return settings.home / "datasets" / dataset


@lru_cache(maxsize=4096)
def _read(path: Path, changed: int, size: int) -> Dataset:  # noqa: ARG001
    # Cached by the file's time and size, since a page lists the datasets at every rerun.
    return Dataset.model_validate_json(path.read_text(encoding="utf-8"))


def _namings(settings: Settings) -> list[Dataset]:
    """Every (name, version) there is, oldest first; one dataset may be there under several."""
    found = []
    for path in _record_paths(settings):
        if (dataset := _known(path)) is not None:
            found.append(dataset)
    return sorted(found, key=lambda dataset: (dataset.created, dataset.version, dataset.name))


def _record_paths(settings: Settings) -> list[Path]:
    found = (settings.home / "datasets").glob("[0-9a-f]*/*.json")
    return sorted(path for path in found if not path.name.startswith("."))


def _known(path: Path) -> Dataset | None:
    """The record in `path`; None where it is damaged, which takes no other out of the list."""
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (ValueError, FileNotFoundError):  # pydantic's and Unicode's are ValueErrors
        return None


def damaged_datasets(settings: Settings) -> list[DatasetDamaged]:
    """A sentence for each dataset that can't be read any more, by its record or its rows."""
    found = []
    for path in _record_paths(settings):
        dataset, rows = _known(path), path.with_name("photos.parquet")
        if dataset is None:
            found.append(_damaged(path))
        elif not ends_well(rows):
            found.append(DatasetDamaged(name=dataset.name, file=rows))
    return found


def _damaged(path: Path) -> DatasetDamaged:
    """The sentence about a record, with the name that can still be read in it."""
    text = path.read_bytes().decode("utf-8", errors="replace") if path.exists() else ""
    name = _NAME.search(text)
    return DatasetDamaged(name=name[1] if name else path.parent.name[:8], file=path)


def list_datasets(settings: Settings) -> list[Dataset]:
    """All datasets and versions, each once under its latest name, sorted by when they were made, newest last."""
    latest = {dataset.id: dataset for dataset in _namings(settings)}
    return sorted(latest.values(), key=lambda dataset: (dataset.created, dataset.version, dataset.name))


def find_dataset(settings: Settings, name_or_id: str) -> Dataset:
    """The newest version of that name, else the dataset of that id (or of a unique beginning, from 6 letters on).

    Raises UnknownDataset, DatasetDamaged where its record can't be read.
    """
    namings = _namings(settings)
    wanted = name_or_id.strip()
    named = [dataset for dataset in namings if dataset.name == wanted]
    if named:
        return max(named, key=lambda dataset: dataset.version)
    if len(wanted) >= 6:
        fitting = {dataset.id: dataset for dataset in namings if dataset.id.startswith(wanted)}
        if len(fitting) == 1:
            return next(iter(fitting.values()))
    for path in _record_paths(settings):
        if _known(path) is None:
            error = _damaged(path)
            if wanted == error.received["name"] or (len(wanted) >= 6 and path.parent.name.startswith(wanted)):
                raise error
    known = ", ".join(dict.fromkeys(dataset.name for dataset in namings)) or "none yet"
    raise UnknownDataset(name=name_or_id, known=known)


def photo_rows(settings: Settings, dataset: str) -> pd.DataFrame:
    """One row a photo, sorted by path: id, path ("Species1/00001.jpg"), label (int), width, height (px).

    Where the photos came divided there is a column part too: "train", "validation" or "test".
    `dataset` is a Dataset.id. Raises UnknownDataset, DatasetDamaged.
    """
    found = find_dataset(settings, dataset)
    path = _folder(settings, found.id) / "photos.parquet"
    return read_frame(path, DatasetDamaged(name=found.name, file=path))


def exam_rows(settings: Settings, dataset: str) -> pd.DataFrame | None:
    """Rows of the sealed exam part, as photo_rows; None where the dataset has none. Raises DatasetDamaged."""
    path = _folder(settings, dataset) / "exam.parquet"
    return read_frame(path, DatasetDamaged(name=_name_of(settings, dataset), file=path)) if path.exists() else None


def left_out(settings: Settings, dataset: str) -> pd.DataFrame:
    """What was left out: path, kind, reason, id (may be empty).

    Kinds: by an import "unreadable", "two_labels", "exact_copy", "unlisted"; "chosen" where a person left it out.
    """
    path = _folder(settings, dataset) / "left_out.parquet"
    if not path.exists():
        return pd.DataFrame(columns=list(LEFT_OUT_COLUMNS), dtype=str)
    return read_frame(path, DatasetDamaged(name=_name_of(settings, dataset), file=path))


def _name_of(settings: Settings, dataset: str) -> str:
    named = [each.name for each in _namings(settings) if each.id == dataset]
    return named[-1] if named else dataset[:8]


@disk_errors.speaking
def store_dataset(
    settings: Settings,
    name: str,
    classes: Iterable[str],
    rows: pd.DataFrame,
    *,
    parent: str | None = None,
    edits: Iterable[str] = (),
    findings: pd.DataFrame | None = None,
    exam: pd.DataFrame | None = None,
    decisions: Mapping[str, str] | None = None,
) -> Dataset:
    """Store a dataset whose photos already lie in the photo folder, as the newest version of `name`.

    rows, exam: columns id, path, label (index into classes), width, height; in rows also part, where the photos came
    divided. findings: columns of LEFT_OUT_COLUMNS. decisions: by finding id, beside those of the newest version.
    The same photos under the same name are found, not stored twice; under another name they get that name too.
    Safe against other processes storing at the same time. Raises BadName.
    """
    name, classes = checked_name(name), tuple(classes)
    columns = [*ROW_COLUMNS, *rows.columns.intersection(["part"])]
    rows = rows.loc[:, columns].sort_values("path", kind="stable").reset_index(drop=True)
    identity = dataset_id(
        classes, [(photo, classes[label]) for photo, label in zip(rows["id"], rows["label"], strict=True)]
    )
    findings = pd.DataFrame(columns=list(LEFT_OUT_COLUMNS), dtype=str) if findings is None else findings
    # What a person left out and then brought again is not left out any more.
    findings = findings[(findings["kind"] != "chosen") | ~findings["id"].isin(rows["id"])]
    kinds = findings["kind"]
    listed = {
        "unreadable": tuple(findings["path"][kinds == "unreadable"][:LISTED]),
        "two_labels": tuple(findings["path"][kinds == "two_labels"][:LISTED]),
        "duplicates": int((kinds == "exact_copy").sum()),
    }
    folder = _folder(settings, identity)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.home / "datasets.lock", timeout=LOCK_SECONDS):
        versions = [dataset for dataset in _namings(settings) if dataset.name == name]
        newest = max(versions, key=lambda dataset: dataset.version, default=None)
        # A finding's id stands for its photos, so what was decided holds for every version that has them.
        decided = {**(newest.decisions if newest else {}), **(decisions or {})}
        if newest is not None and newest.id == identity:
            # Found; what this import left out is what holds now.
            dataset = newest.model_copy(update=listed | {"decisions": decided})
        else:
            dataset = Dataset(
                id=identity,
                name=name,
                version=newest.version + 1 if newest else 1,
                classes=classes,
                counts=tuple(np.bincount(rows["label"], minlength=len(classes)).tolist()),
                parent=parent,
                edits=tuple(edits),
                decisions=decided,
                created=datetime.now(UTC),
                **listed,
            )
        if exam is not None:
            write_frame(folder / "exam.parquet", exam.loc[:, list(ROW_COLUMNS)].reset_index(drop=True))
        if len(findings) or (folder / "left_out.parquet").exists():
            write_frame(folder / "left_out.parquet", findings.loc[:, list(LEFT_OUT_COLUMNS)])
        _write_rows(folder / "photos.parquet", rows)
        # The record comes last: a dataset is there once its record is.
        write_text(_record_path(folder, dataset), dataset.model_dump_json(indent=1))
    return dataset


@disk_errors.speaking
def record_decisions(settings: Settings, dataset: Dataset, decisions: Mapping[str, str | None]) -> Dataset:
    """Write decisions by finding id into the record of this name and version; None takes one back.

    Nothing else of the record changes. Safe against other processes. Raises UnknownDataset, DatasetDamaged.
    """
    with FileLock(settings.home / "datasets.lock", timeout=LOCK_SECONDS):
        path = _record_path(_folder(settings, dataset.id), dataset)
        if not path.exists():
            raise UnknownDataset(name=dataset.name, known="those that are listed")
        if (kept := _known(path)) is None:
            raise _damaged(path)
        decided = {key: action for key, action in {**kept.decisions, **decisions}.items() if action is not None}
        # Validated anew: a copy would take any word for an action.
        changed = Dataset.model_validate(kept.model_dump() | {"decisions": decided})
        write_text(path, changed.model_dump_json(indent=1))
    return changed


def _write_rows(path: Path, rows: pd.DataFrame) -> None:
    """The rows, or only the parts they came in where the same photos are there already."""
    if not ends_well(path):  # not there, or damaged: this mends it
        write_frame(path, rows)
    elif "part" in rows:
        known = pd.read_parquet(path)
        parts = known["id"].map(rows.set_index("id")["part"])
        if "part" not in known or not parts.equals(known["part"]):
            write_frame(path, known.assign(part=parts))


def _record_path(folder: Path, dataset: Dataset) -> Path:
    """The record's file: the one that already holds this name and version, else the next free one."""
    for path in sorted(folder.glob("[!.]*.json")):
        kept = _known(path)
        if kept is None or (kept.name, kept.version) == (dataset.name, dataset.version):
            return path  # a damaged one is mended by the same photos coming again
    further = len(list(folder.glob("*.json")))
    return folder / (f"named-{further}.json" if further else "dataset.json")


def photo_file(settings: Settings, photo_id: str, suffix: str) -> Path:
    """Where a photo with this id and suffix (".jpg" or ".png") belongs; nothing is looked up or created.

    Raises BadName when the id is none (it becomes a path, so it is checked).
    """
    if not _PHOTO_ID.fullmatch(photo_id) or suffix not in _SUFFIXES:
        raise BadName(name=f"{photo_id[:80]!r}", reason="a photo's id is 16 to 64 hexadecimal digits")
    return settings.photos / photo_id[:2] / f"{photo_id}{suffix}"


def stored_photo(settings: Settings, photo_id: str) -> Path | None:
    """The photo's file, or None where it is not there. Raises BadName."""
    return next((path for suffix in _SUFFIXES if (path := photo_file(settings, photo_id, suffix)).exists()), None)


def photo_path(settings: Settings, photo_id: str) -> Path:
    """The photo's file. Raises BadName for what is no photo id, PhotoMissing where the file is gone."""
    path = stored_photo(settings, photo_id)
    if path is None:
        raise PhotoMissing(photo=photo_id[:12], folder=settings.photos)
    return path


def load_photo(settings: Settings, photo_id: str) -> np.ndarray:
    """ndarray of shape (height, width, 3), uint8, RGB. Raises BadName, PhotoMissing."""
    with Image.open(photo_path(settings, photo_id)) as photo:
        return np.asarray(photo.convert("RGB"))
