"""The files of a run: predictions as `.npz` with JSON beside it; whatever is written is never seen by half."""

import json
import os
import shutil
from pathlib import Path

import numpy as np

from core.records import Part, PartPredictions, Predictions

WEIGHTS = "trained.weights.h5"  # what was trained, under a run's artifacts
ENVIRONMENT = "environment.json"  # versions and machine
CONFUSIONS = "confusions.json"  # by epoch: validation photos in each cell, row by row, numbers with spaces between
VIEWS = "views.json"  # accuracy and seconds after each view, of a run of views
ARRAYS = "predictions.npz"
LABELS = "predictions.json"


def _put(path: Path, fill) -> None:
    """Write beside, sync, rename: whoever looks sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, value) -> None:
    """Write `value` as JSON to `path`, whole or not at all."""
    _put(path, lambda file: file.write(json.dumps(value).encode()))


def read_json(path: Path, default=None):
    """The JSON value in `path`; `default` where the file is missing or was cut short."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return default


def place(source: Path, target: Path) -> None:
    """Make `target` a file with the content of `source`: a second name for it where the disk allows, else a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        try:
            os.link(source, beside)
        except OSError:
            shutil.copyfile(source, beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_predictions(folder: Path, predictions: Predictions) -> tuple[Path, Path]:
    """Write `predictions` into `folder`; returns the paths of the `.npz` and of the JSON, which is written last."""
    arrays = {}
    for part, answers in predictions.parts.items():
        arrays[f"{part}_true"] = answers.true
        arrays[f"{part}_probabilities"] = answers.probabilities
    labels = {
        "evaluation_id": predictions.evaluation_id,
        "classes": list(predictions.classes),
        "has_probabilities": predictions.has_probabilities,
        "ids": {str(part): list(answers.ids) for part, answers in predictions.parts.items()},
    }
    _put(folder / ARRAYS, lambda file: np.savez_compressed(file, **arrays))
    write_json(folder / LABELS, labels)
    return folder / ARRAYS, folder / LABELS


def read_predictions(folder: Path) -> Predictions:
    """The predictions in `folder`; runs no code that a file could hold."""
    about = json.loads((folder / LABELS).read_text())
    with np.load(folder / ARRAYS, allow_pickle=False) as held:
        parts = {
            Part(part): PartPredictions(
                ids=tuple(ids), true=held[f"{part}_true"], probabilities=held[f"{part}_probabilities"]
            )
            for part, ids in about["ids"].items()
        }
    return Predictions(
        evaluation_id=about["evaluation_id"],
        classes=tuple(about["classes"]),
        parts=parts,
        has_probabilities=about["has_probabilities"],
    )
