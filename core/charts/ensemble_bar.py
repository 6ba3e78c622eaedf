"""Accuracy of an ensemble as one bar, its members as ticks on it, the best single one thick."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, literal, percent, shorten

HEIGHT = 92  # px


class EnsembleBarInfo(NamedTuple):
    ensemble: float  # 0..1
    members: tuple[tuple[str, float], ...]  # name and accuracy 0..1, the best one left out
    best: tuple[str, float]
    photos: int
    part: str


def info(members, ensemble: float, best: str, photos: int, part: str = "validation") -> EnsembleBarInfo:
    """The bar and its ticks.

    Parameters
    ----------
    members : dict, run id -> (name, accuracy 0..1) of the members that are on
    ensemble : accuracy of all of them together, 0..1
    best : run id of the best single member
    photos : photos in the part
    """
    others = tuple((name, float(accuracy)) for run, (name, accuracy) in members.items() if run != best)
    name, accuracy = members[best]
    return EnsembleBarInfo(float(ensemble), others, (name, float(accuracy)), int(photos), str(part))


def plot(info: EnsembleBarInfo, dark: bool = False) -> go.Figure:
    """One bar from 0 to 100 %; hovering a tick names its member."""
    colours = palette(dark)
    figure = go.Figure(
        go.Bar(
            x=[100 * info.ensemble],
            y=[0],
            orientation="h",
            width=0.8,
            marker={"color": part_colour(info.part, dark), "line": {"width": 0}},
            hovertemplate=f"ensemble: %{{x:.1f}} % of {info.photos:,} {info.part} photos<extra></extra>",
            name="ensemble",
        )
    )
    figure.add_trace(_ticks(info.members, 2, 20, colours.quiet, "members"))
    figure.add_trace(_ticks((info.best,), 4, 40, colours.text, "best single member"))
    dress(figure, dark, HEIGHT)
    name, accuracy = info.best
    figure.add_annotation(
        x=100 * accuracy,
        y=1,
        yref="paper",
        yanchor="bottom",
        # The label leaves the tick on the side with more room.
        xanchor="right" if accuracy > 0.5 else "left",
        text=f"best member: {literal(shorten(name, 24))} {percent(accuracy, 1)}",
        showarrow=False,
        font={"size": SMALL, "color": colours.text},
    )
    figure.update_xaxes(range=[0, 100], tickvals=[0, 25, 50, 75, 100], ticksuffix=" %", showgrid=True)
    figure.update_yaxes(visible=False, range=[-0.6, 0.6], fixedrange=True)
    figure.update_layout(margin={"t": 24, "r": 20})
    return figure


def _ticks(members, width: int, size: int, colour: str, name: str) -> go.Scatter:
    return go.Scatter(
        x=[100 * accuracy for _, accuracy in members],
        y=[0] * len(members),
        mode="markers",
        marker={"symbol": "line-ns", "size": size, "line": {"width": width, "color": colour}},
        text=[literal(name) for name, _ in members],
        hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
        name=name,
    )
