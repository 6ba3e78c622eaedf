"""Predictions made elsewhere, read from a CSV: `id,split,true`, then a probability column a class, or `predicted`."""

import csv
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import BadPredictions
from core.records import Part, PartPredictions, Predictions, evaluation_id

FIXED = ("id", "split", "true")
LABEL = "predicted"
PARTS = (Part.VALIDATION, Part.TEST)
MOST_BYTES = 200 * 2**20
MOST_CLASSES = 1_000
MOST_ROWS = 1_000_000
LONGEST = 300  # letters of an id or a class name
TOLERANCE = 1e-3  # how far a row's probabilities may be from 1: six printed digits and a hundred classes stay within


def read_csv(path: Path) -> tuple[tuple[str, ...], Predictions]:
    """
    Read predictions brought from elsewhere.

    Returns the classes in string order and the predictions, whose evaluation id follows from the ids, labels and
    classes as given. `predicted` counts as probability 1. Raises BadPredictions with what is wrong and in which line.
    """
    path = Path(path)

    def refuse(reason: str):
        raise BadPredictions(name=path.name, reason=reason)

    frame = _read(path, refuse)
    names = [name for name in frame.columns if name not in FIXED]
    if frame.empty:
        refuse("it has no rows")
    _check_rows(frame, refuse)
    if names == [LABEL]:
        classes = tuple(sorted(frame["true"].unique()))
        _check_known(frame, LABEL, classes, refuse)
        probabilities = np.eye(len(classes), dtype=np.float32)[_codes(frame[LABEL], classes)]
    else:
        classes = tuple(sorted(names))
        _check_known(frame, "true", classes, refuse)
        probabilities = _probabilities(frame, classes, refuse)
    if len(classes) < 2:
        refuse(f"it knows only the class {classes[0]}; at least two are needed")

    true = _codes(frame["true"], classes)
    order = frame["id"].argsort(kind="stable").to_numpy()
    parts, labelled = {}, {}
    for part in PARTS:
        rows = order[frame["split"].to_numpy()[order] == part]
        ids = tuple(frame["id"].to_numpy()[rows])
        parts[part] = PartPredictions(ids=ids, true=true[rows], probabilities=probabilities[rows])
        labelled[part] = list(zip(ids, frame["true"].to_numpy()[rows], strict=True))
    return classes, Predictions(
        evaluation_id=evaluation_id(classes, labelled),
        classes=classes,
        parts=parts,
        has_probabilities=names != [LABEL],
    )


def _read(path: Path, refuse) -> pd.DataFrame:
    """The file as strings; refuses what is no CSV with the right columns."""
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            refuse(f"it has {size / 2**20:,.0f} MB, at most {MOST_BYTES // 2**20} are read")
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        names = [name.strip() for name in header]
        if len(names) > MOST_CLASSES + len(FIXED):
            refuse(f"it has {len(names):,} columns, at most {MOST_CLASSES:,} classes are possible")
        for name in names:
            _check_text(name, "the name of a column", refuse)
        missing = [name for name in FIXED if name not in names]
        if not names:
            refuse("it is empty")
        if missing:
            refuse(f"the column {missing[0]} is missing; expected id, split, true, then one column a class or {LABEL}")
        if twice := [name for name in names if names.count(name) > 1]:
            refuse(f"the column {twice[0]} comes twice")
        if len(names) == len(FIXED):
            refuse(f"there is neither a probability column a class nor the column {LABEL}")
        if LABEL in names and len(names) > len(FIXED) + 1:
            refuse(f"it has both {LABEL} and probability columns; leave one of them out")
        frame = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig", names=names, skiprows=1, nrows=MOST_ROWS + 1
        )
    except FileNotFoundError:
        refuse("there is no such file")
    except (OSError, ValueError, csv.Error, pd.errors.ParserError) as error:  # ValueError: no UTF-8, a zero byte
        refuse(f"it can't be read as CSV ({(str(error) or type(error).__name__).splitlines()[0][:200]})")
    if len(frame) > MOST_ROWS:
        refuse(f"it has more than {MOST_ROWS:,} rows")
    if not isinstance(frame.index, pd.RangeIndex):  # pandas would take the first cells for names of the rows
        refuse(f"its rows have more cells than the {len(names)} columns of the first line")
    return frame


def _check_text(text: str, what: str, refuse) -> None:
    """Names are shown on screens and in terminals, and some control characters are commands to those."""
    if len(text) > LONGEST:
        refuse(f"{what} has {len(text):,} letters, at most {LONGEST} are possible")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        refuse(f"{what} holds control characters: {text[:40]!a}")


def _check_rows(frame: pd.DataFrame, refuse) -> None:
    for name in FIXED:
        frame[name] = frame[name].str.strip()
        for text in frame[name].unique():
            _check_text(text, f"a cell of the column {name}", refuse)
        if len(empty := np.flatnonzero(frame[name] == "")):
            refuse(f"line {empty[0] + 2} has no {name}")
    if len(other := np.flatnonzero(~frame["split"].isin(PARTS))):
        refuse(f'line {other[0] + 2}: split must be validation or test. Received: "{frame["split"][other[0]]}"')
    if len(again := np.flatnonzero(frame["id"].duplicated())):
        refuse(f"line {again[0] + 2}: the id {frame['id'][again[0]]} comes twice")
    for part in PARTS:
        if not (frame["split"] == part).any():
            refuse(f"it has no rows of the {part} part")


def _check_known(frame: pd.DataFrame, column: str, classes: tuple[str, ...], refuse) -> None:
    frame[column] = frame[column].str.strip()
    if len(unknown := np.flatnonzero(~frame[column].isin(classes))):
        refuse(
            f'line {unknown[0] + 2}: the class "{frame[column][unknown[0]]}" is not known. '
            f"Known are: {', '.join(classes[:10])}{', …' if len(classes) > 10 else ''}"
        )


def _codes(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    return pd.Categorical(labels, categories=list(classes)).codes.astype(np.int64)


def _probabilities(frame: pd.DataFrame, classes: tuple[str, ...], refuse) -> np.ndarray:
    """ndarray of shape (n_rows, n_classes), float32, rows sum to 1."""
    numbers = frame[list(classes)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    bad = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= 1 + TOLERANCE))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        refuse(
            f"line {row + 2}: the probability of {classes[column]} must be a number from 0 to 1. "
            f'Received: "{frame[classes[column]][row][:60]}"'
        )
    sums = numbers.sum(axis=1)
    if len(off := np.flatnonzero(np.abs(sums - 1) > TOLERANCE)):
        refuse(f"line {off[0] + 2}: the probabilities sum to {sums[off[0]]:.4g}, not 1")
    return (numbers / sums[:, None]).astype(np.float32)
