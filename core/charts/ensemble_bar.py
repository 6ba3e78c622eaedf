"""Accuracy of an ensemble as one bar, its members as triangles under it, the best one as a tick through it."""

from functools import lru_cache
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
    figure = go.Figure(_empty(info.part, dark))  # a switch waits for this picture, and dressing one takes long
    bar, members, rim, best = figure.data
    bar.x = [100 * info.ensemble]
    bar.hovertemplate = f"ensemble: %{{x:.1f}} % of {info.photos:,} {info.part} photos<extra></extra>"
    for marks, shown in ((members, info.members), (rim, (info.best,)), (best, (info.best,))):
        marks.x = [100 * accuracy for _, accuracy in shown]
        marks.y = [-0.55 if marks is members else 0] * len(shown)
        marks.text = [literal(name) for name, _ in shown]
    name, accuracy = info.best
    label = figure.layout.annotations[0]
    label.x = 100 * accuracy
    label.xanchor = "right" if accuracy > 0.5 else "left"  # the label leaves the tick on the side with more room
    label.text = f"best member {literal(shorten(name, 24))}: {percent(accuracy, 1)}"
    return figure


@lru_cache(maxsize=8)
def _empty(part: str, dark: bool) -> go.Figure:
    """The picture without its figures: traces ensemble, members, and the best member's tick with its rim."""
    colours = palette(dark)
    figure = go.Figure(
        go.Bar(
            y=[0],
            orientation="h",
            width=0.7,
            marker={"color": part_colour(part, dark), "line": {"width": 0}},
            name="ensemble",
        )
    )
    figure.add_trace(_marks({"symbol": "triangle-up", "size": 10, "color": colours.quiet}, "members"))
    for width, colour in ((8, colours.background), (4, colours.text)):  # a rim, so that it shows on the bar as well
        figure.add_trace(
            _marks(
                {"symbol": "line-ns", "size": 46, "line": {"width": width, "color": colour}},
                "best single member",
            )
        )
    dress(figure, dark, HEIGHT)
    figure.add_annotation(
        y=1,
        yref="paper",
        yanchor="bottom",
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


def _marks(marker: dict, name: str) -> go.Scatter:
    return go.Scatter(
        mode="markers",
        marker=marker,
        hovertemplate="%{text}: %{x:.1f} %<extra></extra>",
        name=name,
        cliponaxis=False,
    )
