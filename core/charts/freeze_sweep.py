"""A freeze sweep: validation accuracy against the frozen layers, every seed a dot, and the weights that trained."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import palette
from core.charts.layout import dress

STEPS = (1, 2, 5, 10, 20)  # points between two ticks of the accuracy axis


class CutPoint(NamedTuple):
    k: int
    label: str  # "10", or with its twins "10 = 11", "134 (132–134)"
    accuracies: tuple[float, ...]  # validation, 0 to 1, a seed each
    mean: float
    parameters: float  # weights that trained
    chosen: bool


class FreezeSweepInfo(NamedTuple):
    cuts: tuple[CutPoint, ...]  # ascending k
    low: float  # left end of the accuracy axis's range, 0 to 1
    high: float


def info(
    ks: Sequence[int],
    accuracies: Sequence[Sequence[float]],
    parameters: Sequence[float],
    chosen: int,
    twins: Sequence[Sequence[int]] = (),
) -> FreezeSweepInfo:
    """Points of a sweep.

    Parameters
    ----------
    ks : frozen layers of each cut, ascending
    accuracies : of each cut the validation accuracies of its seeds, 0 to 1
    parameters : of each cut the weights that trained
    chosen : the k that validation chose
    twins : of each cut the k that train the same weights, itself included; empty where that is unknown
    """
    points = []
    for number, (k, values, weights) in enumerate(zip(ks, accuracies, parameters, strict=True)):
        same = sorted({k, *(twins[number] if twins else ())})
        label = (
            str(k) if len(same) == 1 else f"{same[0]} = {same[1]}" if len(same) == 2 else f"{k} ({same[0]}–{same[-1]})"
        )
        mean = sum(values) / len(values)
        points.append(CutPoint(k, label, tuple(map(float, values)), mean, float(weights), k == chosen))
    every = [value for point in points for value in point.accuracies]
    margin = max(0.01, 0.15 * (max(every) - min(every)))
    return FreezeSweepInfo(tuple(points), max(0.0, min(every) - margin), min(1.0, max(every) + margin))


def plot(info: FreezeSweepInfo, dark: bool = False, height: int = 340) -> go.Figure:
    """Dots and their mean in front, the weights that trained as bars behind. Cuts stand at equal distances."""
    colours = palette(dark)
    figure = go.Figure()
    places = list(range(len(info.cuts)))
    figure.add_bar(
        x=places,
        y=[point.parameters / 1e6 for point in info.cuts],
        yaxis="y2",
        width=0.5,
        marker={"color": colours.thawing},
        opacity=0.28,
        name="weights that trained",
        hovertemplate="%{y:.2f} million weights trained<extra></extra>",
    )
    figure.add_scatter(
        x=places,
        y=[100 * point.mean for point in info.cuts],
        mode="lines+markers",
        name="mean of the seeds",
        line={"color": colours.validation, "width": 2.5},
        marker={"size": [15 if point.chosen else 8 for point in info.cuts], "color": colours.validation},
        customdata=[[point.label, len(point.accuracies)] for point in info.cuts],
        hovertemplate="k = %{customdata[0]}: mean %{y:.1f} % of %{customdata[1]} seed(s)<extra></extra>",
    )
    seeds = [(place, value) for place, point in zip(places, info.cuts, strict=True) for value in point.accuracies]
    figure.add_scatter(
        x=[place for place, _ in seeds],
        y=[100 * value for _, value in seeds],
        mode="markers",
        name="each seed",
        marker={"size": 9, "symbol": "line-ew-open", "color": colours.text, "line": {"width": 2}},
        hovertemplate="%{y:.1f} %<extra></extra>",
    )
    dress(figure, dark, height, legend=True)
    figure.update_xaxes(
        title_text="Frozen layers (k)",
        tickvals=places,
        ticktext=[f"<b>{point.label}</b>" if point.chosen else point.label for point in info.cuts],
        range=[-0.6, len(places) - 0.4],
        showgrid=False,
    )
    figure.update_layout(
        yaxis={
            "title_text": "Validation accuracy",
            "range": [100 * info.low, 100 * info.high],
            "ticksuffix": " %",
            "tick0": 0,
            "dtick": next((step for step in STEPS if 100 * (info.high - info.low) / step <= 6), 25),
            "overlaying": "y2",
            "side": "left",
        },
        yaxis2={"title_text": "Million weights trained", "side": "right", "showgrid": False, "rangemode": "tozero"},
    )
    figure.update_layout(margin={"t": 28})
    return figure
