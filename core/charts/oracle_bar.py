"""Between floor and ceiling: the photos that all members get right, those that someone does, and the ensemble."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import ink_on, mix, palette, part_colour
from core.charts.layout import SMALL, dress, percent, percent_axis

HEIGHT = 128  # px
ROOM = 0.12  # of the bar: a shorter piece has no words in it


class OracleBarInfo(NamedTuple):
    everyone: float  # 0..1, the floor
    ensemble: float
    someone: float  # the ceiling
    part: str


def info(everyone: float, ensemble: float, someone: float, part: str = "validation") -> OracleBarInfo:
    """Three shares of the photos, 0..1."""
    return OracleBarInfo(float(everyone), float(ensemble), float(someone), str(part))


def plot(info: OracleBarInfo, dark: bool = False) -> go.Figure:
    """One bar: what all know, what someone knows, what nobody knows; the ensemble as a tick through it."""
    colours, own = palette(dark), part_colour(info.part, dark)
    figure = go.Figure()
    pieces = (
        (info.everyone, own, "all"),
        (info.someone - info.everyone, mix(colours.background, own, 0.4), "some"),
        (1 - info.someone, colours.panel, "nobody"),
    )
    for share, colour, words in pieces:
        figure.add_bar(
            x=[100 * share],
            y=[0],
            orientation="h",
            width=0.8,
            marker={"color": colour, "line": {"width": 1, "color": colours.line}},
            text=[words] if share > ROOM else [""],
            textposition="inside",
            insidetextanchor="start",
            constraintext="none",
            textangle=0,
            insidetextfont={"size": SMALL, "color": ink_on(colour)},
            hovertemplate=f"{words} {'is' if words == 'nobody' else 'are'} right: {percent(share, 1)}<extra></extra>",
        )
    for width, colour in ((8, colours.background), (4, colours.text)):  # a rim, so that it shows on the bar as well
        figure.add_scatter(
            x=[100 * info.ensemble],
            y=[0],
            mode="markers",
            marker={"symbol": "line-ns", "size": 44, "line": {"width": width, "color": colour}},
            hovertemplate="the ensemble: %{x:.1f} %<extra></extra>",
        )
    dress(figure, dark, HEIGHT)
    below = {"showarrow": False, "yref": "paper", "font": {"size": SMALL, "color": colours.text}}
    figure.add_annotation(
        x=100 * info.ensemble,
        y=1,
        yanchor="bottom",
        xanchor="right" if info.ensemble > 0.85 else "left" if info.ensemble < 0.15 else "center",
        text=f"<b>the ensemble {percent(info.ensemble, 1)}</b>",
        **below,
    )
    figure.update_layout(barmode="stack", barcornerradius=0, margin={"t": 28, "r": 24, "b": 28})
    figure.update_xaxes(range=[0, 100], showgrid=False, ticklabeloverflow="allow", **percent_axis())
    figure.update_yaxes(visible=False, range=[-0.5, 0.5], fixedrange=True)
    return figure
