"""A lesson's picture: what a member and the ensemble really know, and what a leak would have made of it."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, literal, percent, percent_axis, shorten


class LeakRow(NamedTuple):
    name: str
    honest: float  # 0..1
    leaked: float


class LeakBarsInfo(NamedTuple):
    rows: tuple[LeakRow, ...]
    part: str


def info(rows, part: str = "validation") -> LeakBarsInfo:
    """rows: (name, honest, leaked) each, shares 0..1."""
    found = tuple(LeakRow(name, float(honest), float(leaked)) for name, honest, leaked in rows)
    return LeakBarsInfo(found, str(part))


def plot(info: LeakBarsInfo, dark: bool = False) -> go.Figure:
    """The honest figure as a full bar; the lie around it as an outline, since nothing of it is there."""
    colours, own = palette(dark), part_colour(info.part, dark)
    places = list(range(len(info.rows)))
    figure = go.Figure()
    figure.add_bar(
        x=[100 * row.leaked for row in info.rows],
        y=places,
        orientation="h",
        width=0.74,
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 2, "color": colours.text}},
        hovertemplate="with the leak: %{x:.1f} %<extra></extra>",
        name="with the leak (simulated)",
    )
    figure.add_bar(
        x=[100 * row.honest for row in info.rows],
        y=places,
        orientation="h",
        width=0.46,
        marker={"color": own, "line": {"width": 0}},
        hovertemplate="honest: %{x:.1f} %<extra></extra>",
        name="honest",
    )
    dress(figure, dark, 60 + 62 * len(info.rows), legend=True)
    for place, row in zip(places, info.rows, strict=True):
        figure.add_annotation(
            x=100 * max(row.leaked, row.honest),
            y=place,
            xanchor="left",
            xshift=6,
            showarrow=False,
            text=f"<b>{100 * (row.leaked - row.honest):+.1f}</b>",
            font={"size": SMALL, "color": colours.text},
            hovertext=f"{percent(row.honest, 1)} would have been shown as {percent(row.leaked, 1)}",
        )
    figure.update_xaxes(range=[0, 100], ticklabeloverflow="allow", tickangle=0, **percent_axis(0, 50, 100))
    figure.update_yaxes(
        tickvals=places,
        ticktext=[literal(shorten(row.name, 30)) for row in info.rows],
        range=[len(info.rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(barmode="overlay", margin={"t": 30, "r": 56})
    return figure
