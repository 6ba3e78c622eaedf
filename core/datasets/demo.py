"""The two demo datasets: Leaves, drawn by us, and Digits, which scikit-learn brings. Nothing is downloaded.

`python -m core.datasets.demo` makes them and prints "done total" while it draws; with `--exam` it draws the sealed
exam photos of Leaves too, at the lowest priority.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from filelock import FileLock

from core.datasets import digits, leaves
from core.datasets.catalogue import find_dataset, photo_file, store_dataset
from core.datasets.dividing import FRACTIONS
from core.datasets.drawing import draw_missing, keep, leave_when_orphaned
from core.datasets.splitting import split_by_groups
from core.datasets.storage import write_text
from core.errors import UnknownDataset
from core.records import Dataset
from core.settings import Settings, settings

LEAVES = "Leaves"
DIGITS = "Digits"
Report = Callable[[int, int], None]  # photos done, photos in all


def ensure_demo(settings: Settings, report: Report | None = None, exam: bool = True) -> list[Dataset]:
    """Leaves and Digits with their default splits, made where they are missing; quick where they are there.

    A dataset appears only once all of its photos are stored. `report(done, total)` counts the photos of both datasets.
    The rows of the exam part are stored with Leaves, since its ids are known before its photos are; with exam=True the
    photos are drawn too, after both datasets are usable. What an interruption left undone is done by the next call.
    Safe against other processes doing the same.
    """
    made = _made(settings)
    if made is None:
        settings.home.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.home / "demo.lock"):
            made = _made(settings) or _make(settings, report or (lambda _done, _total: None))
    if exam and not exam_drawn(settings):
        with FileLock(settings.home / "demo-exam.lock"):
            if not exam_drawn(settings):
                draw_missing(settings, recipes(leaves.exam_numbers), processes=_children(1), idle=True)
                os.sync()
                write_text(_exam_marker(settings), "")
    return made


def exam_drawn(settings: Settings) -> bool:
    """Whether the photos of the exam part are all there."""
    return _exam_marker(settings).exists()


def recipes(numbers: Callable[[leaves.Species], range]) -> list[tuple[str, int]]:
    """(species name, number) of every photo of `numbers`, class by class."""
    return [(species.name, number) for species in leaves.SPECIES for number in numbers(species)]


def leaves_rows() -> pd.DataFrame:
    """Rows of Leaves as the catalogue keeps them: id, path, label, width, height."""
    return _leaf_rows(leaves.numbers)


def exam_rows() -> pd.DataFrame:
    """Rows of the sealed exam part of Leaves."""
    return _leaf_rows(leaves.exam_numbers)


def digits_rows() -> pd.DataFrame:
    """Rows of Digits."""
    labels = digits.labels()
    return pd.DataFrame(
        {
            "id": [digits.photo_id(index) for index in range(len(labels))],
            "path": [f"{label}/{index:05d}.png" for index, label in enumerate(labels)],
            "label": labels,
            "width": digits.SIZE,
            "height": digits.SIZE,
        }
    )


def bursts() -> dict[str, int]:
    """Photo id -> group of the leaves that are two shots of one: every 50th photo repeats the one before it."""
    repeated = [(name, number) for name, number in recipes(leaves.numbers) if leaves.repeats_previous(number)]
    return {
        leaves.photo_id(name, shot): group
        for group, (name, number) in enumerate(repeated)
        for shot in (number - 1, number)
    }


def _leaf_rows(numbers: Callable[[leaves.Species], range]) -> pd.DataFrame:
    drawn = recipes(numbers)
    return pd.DataFrame(
        {
            "id": [leaves.photo_id(name, number) for name, number in drawn],
            "path": [f"{name}/{number:05d}.png" for name, number in drawn],
            "label": [leaves.CLASSES.index(name) for name, _ in drawn],
            "width": leaves.SIZE,
            "height": leaves.SIZE,
        }
    )


def _marker(settings: Settings) -> Path:
    return settings.home / "datasets" / "demo.json"


def _exam_marker(settings: Settings) -> Path:
    return settings.home / "datasets" / f"demo-exam-{leaves.VERSION}"


def _made(settings: Settings) -> list[Dataset] | None:
    """The demo datasets of this version of the program, or None where one of them is missing."""
    try:
        kept = json.loads(_marker(settings).read_text(encoding="utf-8"))
        if kept["versions"] != [leaves.VERSION, digits.VERSION]:
            return None
        return [find_dataset(settings, identity) for identity in kept["ids"]]
    except (FileNotFoundError, UnknownDataset, ValueError, KeyError):  # nothing, deleted, or a marker that is no JSON
        return None


def _children(wanted: int) -> int:
    """How many drawing processes to start: none on a single core, where this one draws as well."""
    return wanted if (os.cpu_count() or 1) > 1 else 0


def _make(settings: Settings, report: Report) -> list[Dataset]:
    leaf_rows, digit_rows = leaves_rows(), digits_rows()
    total = len(leaf_rows) + len(digit_rows)
    draw_missing(
        settings,
        recipes(leaves.numbers),
        processes=_children(2),
        report=lambda done: report(done, total),
    )
    for index, photo in enumerate(digit_rows["id"]):
        if not photo_file(settings, photo, ".png").exists():
            keep(settings, photo, digits.draw(index))
        if index % 100 == 0:
            report(len(leaf_rows) + index, total)
    os.sync()  # the photos first, then the records that announce them
    made = [
        store_dataset(settings, DIGITS, digits.CLASSES, digit_rows),
        store_dataset(settings, LEAVES, leaves.CLASSES, leaf_rows, exam=exam_rows()),
    ]
    # Which leaves are near copies is known without measuring 1,500 photos, and no two digits are. So nobody meets a
    # dataset whose split is still on its way.
    for dataset, groups in zip(made, ({}, bursts()), strict=True):
        split_by_groups(settings, dataset, FRACTIONS, 0, groups)
    versions = [leaves.VERSION, digits.VERSION]
    write_text(_marker(settings), json.dumps({"versions": versions, "ids": [dataset.id for dataset in made]}))
    report(total, total)
    return made


if __name__ == "__main__":
    leave_when_orphaned()
    ensure_demo(settings(), lambda done, total: print(done, total, flush=True), exam="--exam" in sys.argv[1:])
