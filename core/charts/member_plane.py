"""Pairs of members: how right the two are on average against how differently they err."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import dress, literal


class Pair(NamedTuple):
    first: str  # names
    second: str
    value: float
    accuracy: float  # mean of the two, 0..1


class MemberPlaneInfo(NamedTuple):
    pairs: tuple[Pair, ...]
    measure: str  # its title
    percent: bool  # whether values are shares
    part: str


def info(
    pairs: pd.DataFrame,
    names: Mapping[str, str],
    measure: str,
    title: str,
    percent: bool = False,
    part: str = "validation",
) -> MemberPlaneInfo:
    """pairs: first, second (run ids), accuracy and a column `measure`, a row a pair."""
    columns = (pairs[column] for column in ("first", "second", measure, "accuracy"))
    rows = zip(*columns, strict=True)
    found = tuple(Pair(names[first], names[second], float(value), float(right)) for first, second, value, right in rows)
    return MemberPlaneInfo(found, title, percent, str(part))


def plot(info: MemberPlaneInfo, dark: bool = False, height: int = 380) -> go.Figure:
    """A dot a pair; hovering names the two."""
    colours, own = palette(dark), part_colour(info.part, dark)
    scale, form = (100, ".1f") if info.percent else (1, ".2f")
    many = len(info.pairs) > 60
    figure = go.Figure(
        go.Scatter(
            x=[scale * pair.value for pair in info.pairs],
            y=[100 * pair.accuracy for pair in info.pairs],
            mode="markers",
            marker={
                "size": 8 if many else 12,
                "color": own,
                "opacity": 0.55 if many else 0.8,
                "line": {"width": 1, "color": colours.background},
            },
            customdata=[[literal(pair.first), literal(pair.second)] for pair in info.pairs],
            hovertemplate="<b>%{customdata[0]}</b><br><b>%{customdata[1]}</b><br>"
            f"{info.measure.lower()} %{{x:{form}}}{' %' if info.percent else ''}, %{{y:.1f}} % right on average"
            "<extra></extra>",
        )
    )
    dress(figure, dark, height)
    figure.update_xaxes(title_text=info.measure, ticksuffix=" %" if info.percent else "", nticks=6, zeroline=False)
    figure.update_yaxes(title_text="Accuracy, mean of the two", ticksuffix=" %", nticks=6, zeroline=False)
    figure.update_layout(margin={"r": 16})
    return figure
