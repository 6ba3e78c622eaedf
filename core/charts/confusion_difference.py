"""Difference of two confusion matrices of the same photos: where the second puts more photos, and where fewer."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ink_on, mix, palette
from core.charts.confusion_matrix import (
    NUMBERED,
    colour_bar,
    default_height,
    form_of,
    info,
    numbers,
    short,
    square,
    square_figure,
)
from core.charts.layout import literal

MINUS = "\N{MINUS SIGN}"


class DifferenceInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]  # short, all different
    values: np.ndarray  # (c, c): the second minus the first, in photos (int64; means float64) or points (-100..100)
    limit: float  # the scale runs from -limit to limit; at least 1
    unit: Literal["photos", "points"]
    index: tuple[int, ...]  # a class's number in the dataset, in the order shown


def difference(
    first, second, classes: Sequence[str], by: str = "counts", order: Sequence[int] | None = None
) -> DifferenceInfo:
    """`second` minus `first`, cell by cell.

    Parameters
    ----------
    first, second : array-like of shape (n_classes, n_classes), photo counts or means of them, rows true
    by : "counts" for photos, "row" or "column" for points of that share
    order : numbers of the classes in the order to show them; as they come where not given

    Raises ValueError for another shape.
    """
    if by == "counts":
        values = square(second, classes)[0] - square(first, classes)[0]
    else:
        values = 100 * (info(second, classes, by).shares - info(first, classes, by).shares)
    index = tuple(range(len(classes))) if order is None else tuple(map(int, order))
    texts = short(classes)
    largest = float(np.abs(values).max(initial=0))
    step = 1 if largest <= 10 else 5
    limit = max(1.0, step * float(np.ceil(largest / step)))
    return DifferenceInfo(
        tuple(classes[label] for label in index),
        tuple(texts[label] for label in index),
        values[np.ix_(index, index)],
        limit,
        "photos" if by == "counts" else "points",
        index,
    )


def plot(
    info: DifferenceInfo, dark: bool = False, height: int | None = None, names: tuple[str, str] = ("A", "B")
) -> go.Figure:
    """Heatmap symmetric about 0, its limits printed."""
    c = len(info.classes)
    height = height or default_height(c)
    colours = palette(dark)
    scale = [[0, colours.worse], [0.5, colours.panel], [1, colours.better]]  # the theme's, with its middle
    first, second = map(literal, names)
    small = c <= NUMBERED
    whole = [literal(name) for name in info.classes]
    traces = [
        {
            "type": "heatmap",
            "x": None if small else whole,
            "y": None if small else whole,
            "z": info.values,
            "zmin": -info.limit,
            "zmax": info.limit,
            "colorscale": scale,
            "xgap": 1,
            "ygap": 1,
            "colorbar": {
                "tickvals": [-info.limit, 0, info.limit],
                "ticktext": [f"{MINUS}{info.limit:,.0f}", "0", f"+{info.limit:,.0f}"],
                **colour_bar(info.unit, height, dark),
            },
            "hoverinfo": "text" if small else None,
            "hovertext": _hovers(info, whole, first, second) if small else None,
            "hovertemplate": None
            if small
            else f"True: <b>%{{y}}</b><br>Predicted: <b>%{{x}}</b><br>%{{z:+.1f}} {info.unit} from {first} to {second}"
            "<extra></extra>",
            "name": "difference",
        }
    ]
    if small:
        inks = [ink_on(shade(value / info.limit, dark)) for value in info.values.ravel().tolist()]
        traces.append(numbers(texts(info), inks))
    return square_figure(traces, info.labels, dark, height)


def signed(value: float, form: str = ",.0f") -> str:
    """ "+3", "−2", "0"."""
    text = f"{abs(value):{form}}"
    return text if not float(text.replace(",", "")) else f"{'+' if value > 0 else MINUS}{text}"


def _form(info: DifferenceInfo) -> str:
    return ",.0f" if info.unit == "points" else form_of(info.values)


def _hovers(info: DifferenceInfo, names: list[str], first: str, second: str) -> list[list[str]]:
    told = iter(sentences(info, first, second))
    return [[f"True: <b>{true}</b><br>Predicted: <b>{said}</b><br>{next(told)}" for said in names] for true in names]


def sentences(info: DifferenceInfo, first: str, second: str) -> list[str]:
    """What a cell holds, row by row: "+3 photos from A to B"."""
    form = ",.1f" if info.unit == "points" else _form(info)
    told = [signed(value, form) for value in info.values.ravel().tolist()]
    return [f"{one} {'photo' if one in ('+1', f'{MINUS}1') else info.unit} from {first} to {second}" for one in told]


def texts(info: DifferenceInfo) -> list[str]:
    """The difference in each cell with its sign, row by row; empty where there is none."""
    form = _form(info)
    found = ["" if not value else signed(value, form) for value in info.values.ravel().tolist()]
    return ["" if text == "0" else text for text in found]


def shade(share: float, dark: bool = False) -> str:
    """The colour of the scale at -1..1."""
    colours = palette(dark)
    return mix(colours.panel, colours.better if share > 0 else colours.worse, abs(share))
