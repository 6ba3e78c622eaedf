"""Accuracy against the number of views of each photo, and what they took: validation purple solid, test ink thick."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import palette
from core.charts.layout import dress

MARKS = (0, 1, 2, 4, 8, 16, 32, 64)  # numbers of views that get a tick
STEPS = (0.2, 0.5, 1, 2, 5, 10, 20)  # points between two ticks of the accuracy axis


class PartCurve(NamedTuple):
    part: str  # "validation" or "test"
    accuracies: tuple[float, ...]  # 0 to 1, after the photo as it is and 1, 2 ... views
    photos: int


class ViewsCurveInfo(NamedTuple):
    curves: tuple[PartCurve, ...]
    seconds: tuple[float, ...]  # spent after each, both parts together
    ticks: tuple[int, ...]  # numbers of views
    labels: tuple[str, ...]  # of the ticks, with the seconds in a second line
    low: float  # range of the accuracy axis, 0 to 1
    high: float


def info(
    accuracies: Mapping[str, Sequence[float]], photos: Mapping[str, int], seconds: Sequence[float]
) -> ViewsCurveInfo:
    """Curves of one run of views.

    Parameters
    ----------
    accuracies : part -> accuracy, 0 to 1, of the photo as it is and after 1, 2 ... views, as many as `seconds`
    photos : part -> number of photos
    seconds : spent so far after each
    """
    curves = tuple(PartCurve(str(part), tuple(map(float, values)), photos[part]) for part, values in accuracies.items())
    if any(len(curve.accuracies) != len(seconds) for curve in curves) or not curves or not len(seconds):
        received = ", ".join(f"{len(curve.accuracies)} of {curve.part}" for curve in curves) or "no part"
        raise ValueError(f"Each part needs an accuracy a view, {len(seconds)} in all. Received: {received}")
    last = len(seconds) - 1
    # The last one always has a tick, and none stands so near before it that they would touch.
    ticks = (*(mark for mark in MARKS if mark < 0.8 * last), last) if last else (0,)
    every = [value for curve in curves for value in curve.accuracies]
    margin = max(0.01, 0.15 * (max(every) - min(every)))
    return ViewsCurveInfo(
        curves,
        tuple(map(float, seconds)),
        ticks,
        tuple(f"{tick}<br>{_seconds(seconds[tick])}" for tick in ticks),
        max(0.0, min(every) - margin),
        min(1.0, max(every) + margin),
    )


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s" if value < 599.5 else f"{value / 60:.0f} min"


def plot(info: ViewsCurveInfo, dark: bool = False, height: int = 300) -> go.Figure:
    """A line a part; a thin dotted one where the photos as they are stand."""
    colours = palette(dark)
    look = {"validation": (colours.validation, 2.5), "test": (colours.test, 3.5)}
    figure = go.Figure()
    views = list(range(len(info.seconds)))
    for curve in info.curves:
        colour, width = look[curve.part]
        figure.add_scatter(
            x=views,
            y=[100 * value for value in curve.accuracies],
            mode="lines+markers",
            name=curve.part,
            line={"color": colour, "width": width},
            marker={"size": 7, "color": colour},
            customdata=[_seconds(value) for value in info.seconds],
            hovertemplate=f"%{{x}} views: %{{y:.1f}} % of {curve.photos:,} {curve.part} photos, "
            "after %{customdata}<extra></extra>",
        )
        figure.add_hline(y=100 * curve.accuracies[0], line={"color": colour, "width": 1, "dash": "dot"})
    dress(figure, dark, height, legend=True)
    figure.update_xaxes(
        title_text="Views beside the photo as it is, and seconds until there",
        tickvals=list(info.ticks),
        ticktext=list(info.labels),
        range=[-0.03 * views[-1] - 0.1, 1.03 * views[-1] + 0.1],
        showgrid=False,
    )
    span = 100 * (info.high - info.low)
    figure.update_yaxes(
        title_text="Accuracy",
        range=[100 * info.low, 100 * info.high],
        ticksuffix=" %",
        tick0=0,
        dtick=next((step for step in STEPS if span / step <= 6), 25),
    )
    figure.update_layout(margin={"t": 28})
    return figure
