"""Datasets, and how they are split."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.records.identity import Record, content_hash


class Part(StrEnum):
    """A part of a split. No screen shows the exam part until it is opened."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    EXAM = "exam"


class Dataset(Record):
    """Photos with one label each. The rows (id, path, label, width, height) lie beside it as Parquet."""

    id: str  # dataset_id() of the rows; the name is not part of it
    name: str
    version: int = 1  # counts up under one name
    classes: tuple[str, ...]  # string sort, as Keras's image_dataset_from_directory
    counts: tuple[int, ...]  # photos a class, in the order of classes
    parent: str | None = None  # id of the version this one was made from
    edits: tuple[str, ...] = ()  # what was done since, a sentence each
    unreadable: tuple[str, ...] = ()  # paths left out at import because they could not be read (first 1,000)
    two_labels: tuple[str, ...] = ()  # paths left out at import because the photo came under two labels
    duplicates: int = 0  # exact copies under the same label, kept once
    decisions: dict[str, Literal["leave_out", "together", "nothing"]] = {}  # what a person decided, by finding id
    created: datetime

    @property
    def photos(self) -> int:
        return sum(self.counts)


def dataset_id(classes: tuple[str, ...], rows: list[tuple[str, str]]) -> str:
    """Identity of a dataset: its classes and its (photo id, class name) pairs in any order."""
    return content_hash([list(classes), sorted(map(list, rows))])


class Split(Record):
    """Which photos train, validate and test. The rows (id, label, part) lie beside it as Parquet."""

    id: str  # split_id() of the id sets
    evaluation_id: str  # evaluation_id() of validation and test: the gate of compare and ensemble
    dataset: str  # Dataset.id
    fractions: tuple[float, float, float]  # train, validation, test
    seed: int
    counts: dict[Part, int]
    given: bool = False  # the parts came with the photos (train, validation and test folders); fractions are theirs
    together: int = 0  # groups of near copies that were kept on one side
    created: datetime


def split_id(parts: dict[Part, list[str]]) -> str:
    """Identity of a split: the sorted photo ids of each part."""
    return content_hash({str(part): sorted(ids) for part, ids in parts.items()})


def evaluation_id(classes: tuple[str, ...], labelled: dict[Part, list[tuple[str, str]]]) -> str:
    """Identity of a test: the classes and the sorted (photo id, class name) of validation and test."""
    return content_hash([list(classes), *[sorted(map(list, labelled[part])) for part in (Part.VALIDATION, Part.TEST)]])
