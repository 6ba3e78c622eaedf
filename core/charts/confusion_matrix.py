"""Confusion matrix: which class was taken for which. Rows are true classes, columns predicted ones."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ink_on, mix, palette
from core.charts.layout import SMALL, dress, labels, literal, percent, percent_axis

CLICKABLE = 20  # classes: up to here every cell holds its number and a point that can be clicked
ALL_LABELS = 40  # classes: beyond, only some columns are labelled; every row is, and the hover names both


class ConfusionInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]  # short, all different
    counts: np.ndarray  # (c, c) int64
    shares: np.ndarray  # (c, c) float64 in 0..1, rows sum to 1; 0 where a class has no photos


def info(confusion, classes) -> ConfusionInfo:
    """Counts and row shares.

    Parameters
    ----------
    confusion : array-like of shape (n_classes, n_classes), photo counts, rows true
    classes : sequence of n_classes names
    """
    counts = np.asarray(confusion, dtype=np.int64)
    classes = tuple(classes)
    if counts.shape != (len(classes), len(classes)):
        raise ValueError(f"confusion must be square, one row a class. Received: {counts.shape}, {len(classes)} classes")
    support = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    limit = 18 if len(classes) <= 10 else 14
    return ConfusionInfo(classes, labels(classes, limit), counts, shares)


def default_height(n_classes: int) -> int:
    """Height in px at which the matrix is legible; 100 classes scroll."""
    if n_classes <= 10:
        return 150 + 40 * max(n_classes, 4)
    if n_classes <= CLICKABLE:
        return 160 + 32 * n_classes
    return 180 + 14 * n_classes if n_classes > 45 else 820


def plot(
    info: ConfusionInfo, dark: bool = False, show: str = "counts", height: int | None = None, scale: bool = True
) -> go.Figure:
    """Heatmap of row shares on the one 0 to 100 % scale; the numbers are "counts", row "shares" or "none".

    Up to 20 classes square points lie over the cells (trace "cells", customdata true and predicted index), because a
    heatmap sends no selection to the page.
    """
    c = len(info.classes)
    height = height or default_height(c)
    colours = palette(dark)
    figure = go.Figure(_heatmap(info, dark, scale, height))
    if c <= CLICKABLE and show != "none":
        figure.add_traces([_numbers(info, dark, show), _cells(info, dark, height)])
    dress(figure, dark, height)
    every = 1 if c <= ALL_LABELS else -(-c // 25)
    ticks = {"showgrid": False, "zeroline": False, "tickfont": {"size": SMALL if c <= CLICKABLE else 11}}
    texts = [literal(label) for label in info.labels]
    figure.update_xaxes(
        title_text="Predicted class",
        tickvals=list(range(0, c, every)),
        ticktext=texts[::every],
        tickangle=-40 if c > 2 else 0,
        range=[-0.5, c - 0.5],
        constrain="domain",
        **ticks,
    )
    figure.update_yaxes(
        title_text="True class",
        tickvals=list(range(c)),
        ticktext=texts,
        range=[c - 0.5, -0.5],
        constrain="domain",
        **ticks,
    )
    if c <= CLICKABLE:
        # Square cells, so that the square points fill them at every width.
        figure.update_yaxes(scaleanchor="x", scaleratio=1, constraintoward="top")
    figure.update_layout(hovermode="closest", hoverdistance=-1, plot_bgcolor=colours.line)
    return figure


def _heatmap(info: ConfusionInfo, dark: bool, scale: bool, height: int) -> go.Heatmap:
    colours = palette(dark)
    small = len(info.classes) <= CLICKABLE
    names = [literal(name) for name in info.classes]
    support = np.broadcast_to(info.counts.sum(axis=1, keepdims=True), info.counts.shape)
    return go.Heatmap(
        # Beyond the clickable size the names are the axis: 10,000 sentences would make 2 MB of every picture.
        x=None if small else names,
        y=None if small else names,
        z=100 * info.shares,
        zmin=0,
        zmax=100,
        colorscale=[[0, colours.shares[0]], [1, colours.shares[1]]],
        xgap=1,
        ygap=1,
        showscale=scale,
        colorbar={
            **percent_axis(),
            "len": min(260, 0.55 * height),
            "lenmode": "pixels",
            "y": 1,
            "yanchor": "top",
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"size": SMALL, "color": colours.quiet},
            "title": {"text": "of the row", "side": "right", "font": {"size": SMALL, "color": colours.quiet}},
        },
        customdata=None if small else np.stack([info.counts, support], axis=2),
        hoverinfo="skip" if small else None,
        hovertemplate=None
        if small
        else "True: <b>%{y}</b><br>Predicted: <b>%{x}</b><br>"
        "%{customdata[0]:,} of %{customdata[1]:,} photos (%{z:.1f} %)<extra></extra>",
        name="shares",
    )


def _hovers(info: ConfusionInfo) -> list[str]:
    """One sentence a cell, row by row, with whole class names."""
    names = [literal(name) for name in info.classes]
    support = info.counts.sum(axis=1)
    return [
        f"True: <b>{true}</b><br>Predicted: <b>{predicted}</b><br>"
        f"{info.counts[i, j]:,} of {support[i]:,} photos ({percent(info.shares[i, j], 1)})"
        for i, true in enumerate(names)
        for j, predicted in enumerate(names)
    ]


def _numbers(info: ConfusionInfo, dark: bool, show: str) -> go.Scatter:
    """The number in each cell, in the ink that reads best on it."""
    shares = palette(dark).shares
    rows, columns = (index.ravel() for index in np.indices(info.counts.shape))
    values = zip(info.counts.ravel().tolist(), info.shares.ravel().tolist(), strict=True)
    texts = [
        # Zeros off the diagonal are left empty: what was confused then stands out.
        "" if not count and i != j else f"{count:,}" if show == "counts" else f"{100 * share:.0f}"
        for i, j, (count, share) in zip(rows.tolist(), columns.tolist(), values, strict=True)
    ]
    return go.Scatter(
        x=columns,
        y=rows,
        mode="text",
        text=texts,
        textfont={
            "size": SMALL + 2 if len(info.classes) <= 10 else SMALL - 2,
            "color": [ink_on(mix(*shares, share)) for share in info.shares.ravel().tolist()],
        },
        hoverinfo="skip",
        name="numbers",
    )


def _cells(info: ConfusionInfo, dark: bool, height: int) -> go.Scatter:
    """One unseen square point a cell, row by row; customdata is (true, predicted)."""
    rows, columns = (index.ravel() for index in np.indices(info.counts.shape))
    # Smaller than the cells: Plotly can't tell points apart whose markers both lie under the pointer. With no limit on
    # the hover's distance every place in a cell still belongs to its point.
    side = max(6, round(0.3 * height / len(info.classes)))
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": side, "color": palette(dark).text, "opacity": 0},
        selected={"marker": {"opacity": 0.25}},
        unselected={"marker": {"opacity": 0}},
        customdata=np.stack([rows, columns], axis=1),
        text=_hovers(info),
        hovertemplate="%{text}<extra></extra>",
        name="cells",
    )
