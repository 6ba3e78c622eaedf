"""Reliability diagram: how many answers are right, by how sure the run was; before and after its temperature."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, percent_axis


class Bins(NamedTuple):
    confidence: tuple[float, ...]  # 0 to 1, rising, as all others
    accuracy: tuple[float, ...]
    low: tuple[float, ...]  # 95 % interval of the accuracy
    high: tuple[float, ...]
    photos: tuple[int, ...]


class ReliabilityInfo(NamedTuple):
    before: Bins
    after: Bins | None  # None where no temperature could be fitted
    part: str


def info(before: pd.DataFrame, after: pd.DataFrame | None = None, part: str = "validation") -> ReliabilityInfo:
    """Bins of a run, as `core.evaluation.calibration.reliability` gives them: columns confidence, accuracy,
    accuracy_low, accuracy_high (0 to 1) and photos."""
    return ReliabilityInfo(_bins(before), None if after is None else _bins(after), part)


def _bins(frame: pd.DataFrame) -> Bins:
    names = ("confidence", "accuracy", "accuracy_low", "accuracy_high")
    values = [tuple(float(value) for value in frame[name]) for name in names]
    return Bins(*values, tuple(int(value) for value in frame["photos"]))


def plot(info: ReliabilityInfo, dark: bool = False, height: int = 320) -> go.Figure:
    """On the quiet diagonal "90 % sure" is right nine times in ten; the bars are 95 % intervals."""
    colours, own = palette(dark), part_colour(info.part, dark)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": colours.quiet, "width": 1}, hoverinfo="skip", name="honest"
    )
    figure.data[0].showlegend = False
    figure.add_trace(_line(info.before, "as it is", colours.quiet, "dash", "circle-open"))
    if info.after is not None:
        figure.add_trace(_line(info.after, "with its temperature", own, "solid", "circle"))
    dress(figure, dark, height, legend=True)
    figure.update_xaxes(title_text="Sure, on average", range=[-2, 102], **percent_axis())
    figure.update_yaxes(title_text="Right", range=[-2, 104], **percent_axis())
    figure.add_annotation(x=20, y=88, text="not sure enough", showarrow=False, font=_quiet(colours))
    figure.add_annotation(x=80, y=8, text="too sure", showarrow=False, font=_quiet(colours))
    figure.update_layout(margin={"t": 30})
    return figure


def _quiet(colours) -> dict:
    return {"size": SMALL, "color": colours.quiet}


def _line(bins: Bins, name: str, colour: str, dash: str, symbol: str) -> go.Scatter:
    share, low, high = ([100 * value for value in of] for of in (bins.accuracy, bins.low, bins.high))
    return go.Scatter(
        x=[100 * value for value in bins.confidence],
        y=share,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [top - value for top, value in zip(high, share, strict=True)],
            "arrayminus": [value - bottom for bottom, value in zip(low, share, strict=True)],
            "thickness": 1,
            "width": 3,
            "color": colour,
        },
        mode="lines+markers",
        name=name,
        line={"color": colour, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8, "color": colour},
        customdata=bins.photos,
        hovertemplate="%{x:.0f} % sure, %{y:.0f} % right, %{customdata:,} photos",
    )
