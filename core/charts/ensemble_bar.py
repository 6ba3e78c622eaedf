"""Accuracy of an ensemble as one bar, its members as triangles under it, the best one as a tick through it."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, literal, percent, shorten

HEIGHT = 120  # px
SCALE = (0, 25, 50, 75, 100)  # %


class EnsembleBarInfo(NamedTuple):
    ensemble: float  # 0..1
    members: tuple[tuple[str, float], ...]  # name and accuracy 0..1, the best one left out
    best: tuple[str, float]
    photos: int
    part: str


def info(members, ensemble: float, best: str, photos: int, part: str = "validation") -> EnsembleBarInfo:
    """The bar and its marks.

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
    """One bar from 0 to 100 %; hovering a mark names its member."""
    colours = palette(dark)
    figure = go.Figure(
        go.Bar(
            x=[100 * info.ensemble],
            y=[0],
            orientation="h",
            width=0.7,
            marker={"color": part_colour(info.part, dark), "line": {"width": 0}},
            hovertemplate=f"ensemble: %{{x:.1f}} % of {info.photos:,} {info.part} photos<extra></extra>",
            name="ensemble",
        )
    )
    figure.add_trace(
        _marks(info.members, -0.55, {"symbol": "triangle-up", "size": 10, "color": colours.quiet}, "members")
    )
    for width, colour in ((8, colours.background), (4, colours.text)):  # a rim, so that it shows on the bar as well
        tick = {"symbol": "line-ns", "size": 46, "line": {"width": width, "color": colour}}
        figure.add_trace(_marks((info.best,), 0, tick, "best single member"))
    dress(figure, dark, HEIGHT)
    name, accuracy = info.best
    figure.add_annotation(
        x=100 * accuracy,
        y=1,
        yref="paper",
        yanchor="bottom",
        # The label leaves the tick on the side with more room.
        xanchor="right" if accuracy > 0.5 else "left",
        text=f"best member {literal(shorten(name, 24))}: {percent(accuracy, 1)}",
        showarrow=False,
        font={"size": SMALL, "color": colours.text},
    )
    figure.update_xaxes(
        range=[0, 100],
        tickvals=SCALE,
        ticktext=[f"{share} %" for share in SCALE],
        showgrid=True,
        ticklabeloverflow="allow",
    )
    figure.update_yaxes(visible=False, range=[-0.75, 0.5], fixedrange=True)
    figure.update_layout(margin={"t": 28, "r": 24, "b": 28})
    return figure


def _marks(members, y: float, marker: dict, name: str) -> go.Scatter:
    return go.Scatter(
        x=[100 * accuracy for _, accuracy in members],
        y=[y] * len(members),
        mode="markers",
        marker=marker,
        text=[literal(name) for name, _ in members],
        hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
        name=name,
        cliponaxis=False,
    )
