"""How the photos of each class are divided: three bars a class."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, labels, literal

PARTS = ("train", "validation", "test")


class SplitBarsInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    counts: np.ndarray  # (3, n_classes) int64: train, validation, test
    totals: tuple[int, int, int]
    points_a_photo: float  # what one test photo is worth, in points of test accuracy; 0 without test photos


def info(counts, classes) -> SplitBarsInfo:
    """Photos of each part and class.

    Parameters
    ----------
    counts : mapping "train", "validation", "test" -> n_classes photo counts
    classes : sequence of n_classes names
    """
    table = np.array([list(counts[part]) for part in PARTS], dtype=np.int64)
    if table.shape != (3, len(classes)):
        raise ValueError(f"Each part must have a count a class. Received: {table.shape}, {len(classes)} classes")
    totals = tuple(int(total) for total in table.sum(axis=1))
    worth = round(100 / totals[2], 1) if totals[2] else 0.0
    return SplitBarsInfo(tuple(classes), labels(classes, 22), table, totals, worth)


def plot(info: SplitBarsInfo, dark: bool = False, height: int | None = None) -> go.Figure:
    """Horizontal bars, so that long class names stay readable; the counts are printed."""
    colours = palette(dark)
    c = len(info.classes)
    names = [literal(name) for name in info.classes]
    figure = go.Figure()
    for part, counts, total in zip(PARTS, info.counts, info.totals, strict=True):
        figure.add_bar(
            x=counts,
            y=list(range(c)),
            orientation="h",
            name=f"{part} ({total:,})",
            marker={"color": part_colour(part, dark), "line": {"width": 0}},
            text=[f"{count:,}" for count in counts],
            textposition="outside",
            cliponaxis=False,
            textfont={"size": SMALL - 1, "color": colours.quiet},
            customdata=names,
            hovertemplate="%{customdata}: %{x:,} photos in " + part + "<extra></extra>",
        )
    dress(figure, dark, height or 70 + c * 56, legend=True)
    figure.update_xaxes(rangemode="tozero", nticks=6)
    figure.update_yaxes(
        tickvals=list(range(c)),
        ticktext=[literal(label) for label in info.labels],
        range=[c - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.05, margin={"t": 30, "r": 40})
    return figure
