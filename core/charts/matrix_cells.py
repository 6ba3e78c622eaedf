"""Confusion matrices as tables of cells: what stands in each, its colour and the sentence about it. No figure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.charts import confusion_difference, confusion_matrix
from core.charts.colours import ink_on, mix, palette
from core.charts.confusion_difference import MINUS, DifferenceInfo
from core.charts.confusion_matrix import ConfusionInfo
from core.charts.layout import SMALL, text_width

STEPS = 100  # tones of a scale less one: nobody sees a hundredth of it
_DIGIT, _POINT = 0.52, 0.27  # em, of a digit or sign and of a comma or point
_PADDING, _AROUND = 0.5, 0.15  # rem around a label, around a number


class Cells(NamedTuple):
    """Row by row, as the table reads."""

    texts: tuple[str, ...]
    tones: tuple[int, ...]  # numbers of tones in the scale
    tips: tuple[str, ...]  # "3 of 40 photos (7.5 %)": the names of the classes are the table's


class Scale(NamedTuple):
    tones: tuple[tuple[str, str], ...]  # (colour, ink that reads best on it), from the lowest value to the highest
    ends: tuple[str, ...]  # what is written under it, evenly, from left to right
    title: str


def of_shares(info: ConfusionInfo, show: str = "counts") -> Cells:
    """The cells of one matrix; the numbers are "counts" or "shares"."""
    tones = np.rint(STEPS * info.shares).astype(int).ravel().tolist()
    return Cells(tuple(confusion_matrix.texts(info, show)), tuple(tones), tuple(confusion_matrix.sentences(info)))


def of_difference(info: DifferenceInfo, names: tuple[str, str]) -> Cells:
    """The cells of a difference of two runs of these names; the tone in the middle is no difference."""
    tones = STEPS + np.rint(STEPS * info.values / info.limit).astype(int)
    texts, tips = confusion_difference.texts(info), confusion_difference.sentences(info, *names)
    return Cells(tuple(texts), tuple(tones.ravel().tolist()), tuple(tips))


@lru_cache(maxsize=4)
def shares_scale(by: str = "row", dark: bool = False) -> Scale:
    """The one scale of all matrices, 0 to 100 % of the "row" or "column"."""
    low, high = palette(dark).shares
    tones = _inked(mix(low, high, step / STEPS) for step in range(STEPS + 1))
    return Scale(tones, ("0 %", "100 %"), f"Colour: share of the {by}")


def difference_scale(info: DifferenceInfo, dark: bool = False) -> Scale:
    """Symmetric about 0, its limits written."""
    limit = f"{info.limit:,.0f}"
    return Scale(_diverging(dark), (f"{MINUS}{limit}", "0", f"+{limit}"), f"Colour: {info.unit}")


@lru_cache(maxsize=2)
def _diverging(dark: bool) -> tuple[tuple[str, str], ...]:
    places = range(-STEPS, STEPS + 1)
    return _inked(confusion_difference.shade(place / STEPS, dark) for place in places)


def _inked(colours) -> tuple[tuple[str, str], ...]:
    return tuple((colour, ink_on(colour)) for colour in colours)


def label_width(labels: Sequence[str]) -> float:
    """Rem that the longest label takes."""
    return round(max(text_width(label, SMALL) for label in labels) / 16 + _PADDING, 2)


def number_width(numbers: Iterable[str], size: float) -> float:
    """Rem that a cell needs for the longest number, "100" at least, at a font of `size` rem with tabular numerals."""
    ems = max(sum(_POINT if letter in ",." else _DIGIT for letter in number) for number in (*numbers, "100"))
    return round(ems * size + _AROUND, 2)
