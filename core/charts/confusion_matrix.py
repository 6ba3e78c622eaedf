"""Confusion matrix: which class was taken for which. Rows are true classes, columns predicted ones."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ink_on, mix, palette
from core.charts.layout import SMALL, dress, labels, literal, percent, percent_axis, text_width

NUMBERED = 20  # classes: up to here every cell holds its number, and is large enough to be clicked
TITLE = 40  # px for an axis's title and what lies between it, the labels and the cells
SLOPE = 0.65  # height of a label that leans by 40 degrees, to its length
ALL_LABELS = 40  # classes: beyond, only some columns are labelled; every row is, and the hover names both

By = Literal[
    "row", "column"
]  # what a cell is a share of: the photos of the true class, or those that were taken for one


class ConfusionInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]  # short, all different
    counts: np.ndarray  # (c, c) int64, or float64 where it is the mean of several matrices
    shares: np.ndarray  # (c, c) float64 in 0..1, rows (or columns) sum to 1; 0 where a class has no photos
    by: By
    index: tuple[int, ...]  # a class's number in the dataset, in the order shown


def info(confusion, classes: Sequence[str], by: By = "row", order: Sequence[int] | None = None) -> ConfusionInfo:
    """Counts and shares.

    Parameters
    ----------
    confusion : array-like of shape (n_classes, n_classes), photo counts or means of them, rows true
    classes : n_classes names
    by : what a cell's share is of
    order : numbers of the classes in the order to show them; as they come where not given
    """
    counts, classes = square(confusion, classes)
    index = tuple(range(len(classes))) if order is None else tuple(map(int, order))
    texts = short(classes)  # numbered as in the dataset, whatever the order is
    classes, counts = tuple(classes[label] for label in index), counts[np.ix_(index, index)]
    whole = counts.sum(axis=1 if by == "row" else 0, keepdims=True)
    shares = np.divide(counts, whole, out=np.zeros(counts.shape), where=whole > 0)
    return ConfusionInfo(classes, tuple(texts[label] for label in index), counts, shares, by, index)


def square(confusion, classes: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The matrix as int64, or float64 where its cells are no whole numbers. Raises ValueError for another shape."""
    counts = np.asarray(confusion, dtype=np.float64)
    if counts.shape != (len(classes), len(classes)):
        raise ValueError(f"confusion must be square, one row a class. Received: {counts.shape}, {len(classes)} classes")
    return (counts.astype(np.int64) if (counts == np.rint(counts)).all() else counts), tuple(classes)


def short(classes: Sequence[str]) -> tuple[str, ...]:
    """Labels that leave room for the cells."""
    return labels(classes, 18 if len(classes) <= 10 else 14)


def default_height(n_classes: int) -> int:
    """Height in px at which the matrix is legible; 100 classes scroll."""
    if n_classes <= 10:
        return 150 + 40 * max(n_classes, 4)
    if n_classes <= NUMBERED:
        return 160 + 32 * n_classes
    return 180 + 14 * n_classes if n_classes > 45 else 820


def plot(
    info: ConfusionInfo, dark: bool = False, show: str = "counts", height: int | None = None, scale: bool = True
) -> go.Figure:
    """Heatmap of shares on the one 0 to 100 % scale; the numbers are "counts", "shares" or "none".

    Up to 20 classes the numbers stand in the cells; where one can be clicked, it is no picture but a table of
    `matrix_cells`, since a heatmap sends no selection to the page.
    """
    c = len(info.classes)
    height = height or default_height(c)
    traces = [_heatmap(info, dark, scale, height, hover=show != "none")]
    if c <= NUMBERED and show != "none":
        traces.append(_numbers(info, dark, show))
    return square_figure(traces, info.labels, dark, height)


def square_figure(traces: Sequence[dict], texts: Sequence[str], dark: bool, height: int) -> go.Figure:
    """A square picture of classes, rows running downwards, of traces as Plotly writes them in JSON.

    They are taken as they are: Plotly's look at each value took nine tenths of the time of a grid of matrices.
    """
    return go.Figure({"data": list(traces), "layout": _layout(tuple(texts), dark, height)}, _validate=False)


@lru_cache(maxsize=64)
def _layout(texts: tuple[str, ...], dark: bool, height: int) -> dict:
    figure, c = go.Figure(), len(texts)
    dress(figure, dark, height)
    every = 1 if c <= ALL_LABELS else -(-c // 25)
    ticks = {"showgrid": False, "zeroline": False, "tickfont": {"size": SMALL if c <= NUMBERED else 11}}
    written = [literal(label) for label in texts]
    figure.update_xaxes(
        title_text="Predicted class",
        tickvals=list(range(0, c, every)),
        ticktext=written[::every],
        tickangle=-40 if c > 2 else 0,
        range=[-0.5, c - 0.5],
        constrain="domain",
        **ticks,
    )
    figure.update_yaxes(
        title_text="True class",
        tickvals=list(range(c)),
        ticktext=written,
        range=[c - 0.5, -0.5],
        constrain="domain",
        **ticks,
    )
    if c <= NUMBERED:
        figure.update_yaxes(scaleanchor="x", scaleratio=1, constraintoward="top")
        # Told, not found out by drawing: that would take two thirds of the time until a matrix is there.
        longest = max(text_width(text, SMALL) for text in texts)
        figure.update_xaxes(automargin=False)
        figure.update_yaxes(automargin=False)
        figure.update_layout(margin={"l": TITLE + longest, "b": TITLE + round(SLOPE * longest) + SMALL})
    figure.update_layout(hovermode="closest", hoverdistance=-1, plot_bgcolor=palette(dark).line)
    return figure.to_plotly_json()["layout"]


def colour_bar(title: str, height: int, dark: bool) -> dict:
    """Where the scale of a matrix stands and what it is called, for Plotly's colorbar."""
    font = {"size": SMALL, "color": palette(dark).quiet}
    return {
        "len": min(260, 0.55 * height),
        "lenmode": "pixels",
        "y": 1,
        "yanchor": "top",
        "thickness": 10,
        "outlinewidth": 0,
        "tickfont": font,
        "title": {"text": title, "side": "right", "font": font},
    }


def _heatmap(info: ConfusionInfo, dark: bool, scale: bool, height: int, hover: bool) -> dict:
    colours = palette(dark)
    small = len(info.classes) <= NUMBERED
    names, form = [literal(name) for name in info.classes], form_of(info.counts)
    whole = np.broadcast_to(info.counts.sum(axis=1 if info.by == "row" else 0, keepdims=True), info.counts.shape)
    return {
        "type": "heatmap",
        # Beyond that size the names are the axis: 10,000 sentences would make 2 MB of every picture.
        "x": None if small else names,
        "y": None if small else names,
        "z": 100 * info.shares,
        "zmin": 0,
        "zmax": 100,
        "colorscale": [[0, colours.shares[0]], [1, colours.shares[1]]],
        "xgap": 1,
        "ygap": 1,
        "showscale": scale,
        "colorbar": {
            **percent_axis(),
            **colour_bar(f"of the {info.by}", height, dark),
        },
        "customdata": None if small else np.stack([info.counts, whole], axis=2),
        "hoverinfo": ("text" if hover else "skip") if small else None,
        "hovertext": _hovers(info) if small and hover else None,
        "hovertemplate": None
        if small
        else "True: <b>%{y}</b><br>Predicted: <b>%{x}</b><br>"
        f"%{{customdata[0]:{form}}} of %{{customdata[1]:{form}}} {_of(info)} (%{{z:.1f}} %)<extra></extra>",
        "name": "shares",
    }


def _hovers(info: ConfusionInfo) -> list[list[str]]:
    """One sentence a cell with whole class names."""
    names, told = [literal(name) for name in info.classes], iter(sentences(info))
    return [[f"True: <b>{true}</b><br>Predicted: <b>{said}</b><br>{next(told)}" for said in names] for true in names]


def sentences(info: ConfusionInfo) -> list[str]:
    """What a cell holds, row by row: "3 of 40 photos (7.5 %)"."""
    form, axis = form_of(info.counts), 1 if info.by == "row" else 0
    whole = np.broadcast_to(info.counts.sum(axis=axis, keepdims=True), info.counts.shape).ravel().tolist()
    values = zip(info.counts.ravel().tolist(), whole, info.shares.ravel().tolist(), strict=True)
    return [f"{count:{form}} of {of:{form}} {_of(info)} ({percent(share, 1)})" for count, of, share in values]


def _of(info: ConfusionInfo) -> str:
    return "photos" if info.by == "row" else "photos taken for it"


def form_of(counts: np.ndarray) -> str:
    """How photos are written: whole, or with one decimal where they are means."""
    return "," if counts.dtype.kind == "i" else ",.1f"


def texts(info: ConfusionInfo, show: str = "counts") -> list[str]:
    """The number in each cell, row by row: "counts" or "shares" in percent."""
    form, c = form_of(info.counts), len(info.classes)
    values = zip(info.counts.ravel().tolist(), info.shares.ravel().tolist(), strict=True)
    return [
        # Zeros off the diagonal are left empty: what was confused then stands out.
        "" if not count and place % (c + 1) else f"{count:{form}}" if show == "counts" else f"{100 * share:.0f}"
        for place, (count, share) in enumerate(values)
    ]


def _numbers(info: ConfusionInfo, dark: bool, show: str) -> dict:
    """The number in each cell, in the ink that reads best on it."""
    shares = palette(dark).shares
    inks = [ink_on(mix(*shares, share)) for share in info.shares.ravel().tolist()]
    return numbers(texts(info, show), inks)


def numbers(texts: Sequence[str], inks: Sequence[str]) -> dict:
    """A trace of a text a cell, row by row."""
    c = round(len(texts) ** 0.5)
    rows, columns = (index.ravel() for index in np.indices((c, c)))
    return {
        "type": "scatter",
        "x": columns,
        "y": rows,
        "mode": "text",
        "text": list(texts),
        "textfont": {"size": SMALL + 2 if c <= 10 else SMALL - 2, "color": list(inks)},
        "hoverinfo": "skip",
        "name": "numbers",
    }
