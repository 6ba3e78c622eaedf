"""What each member brings: its fair share as a bar, what leaving it out costs as a diamond."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import palette, part_colour
from core.charts.layout import SMALL, dress, labels, literal

ROW = 34  # px


class ContributionBar(NamedTuple):
    name: str
    label: str
    shapley: float  # accuracy, -1..1
    error: float  # standard error of it; 0 where it is exact
    left_out: float  # accuracy that all lose without this one, -1..1
    alone: float  # accuracy by itself, 0..1


class ContributionBarsInfo(NamedTuple):
    bars: tuple[ContributionBar, ...]  # who brings most first
    part: str


def info(table: pd.DataFrame, names: Mapping[str, str], part: str = "validation") -> ContributionBarsInfo:
    """table: run, alone, left_out, shapley, error, as `core.ensembles.contributions` has it; names by run id."""
    table = table.sort_values("shapley", ascending=False, kind="stable")
    called = [names[run] for run in table["run"]]
    columns = (table[column].astype(float) for column in ("shapley", "error", "left_out", "alone"))
    rows = zip(called, labels(called, 40), *columns, strict=True)
    return ContributionBarsInfo(tuple(ContributionBar(*row) for row in rows), str(part))


def plot(info: ContributionBarsInfo, dark: bool = False) -> go.Figure:
    """Bars in points of accuracy, the largest on top."""
    colours, own = palette(dark), part_colour(info.part, dark)
    places = list(range(len(info.bars)))
    drawn = any(bar.error for bar in info.bars)
    figure = go.Figure()
    figure.add_bar(
        x=[100 * bar.shapley for bar in info.bars],
        y=places,
        orientation="h",
        width=0.56,
        marker={"color": own, "line": {"width": 0}},
        error_x={
            "array": [196 * bar.error for bar in info.bars],
            "visible": drawn,
            "color": colours.text,
            "thickness": 1.5,
            "width": 4,
        },
        text=[f"{100 * bar.shapley:+.1f}" for bar in info.bars],
        textposition="none" if drawn else "outside",
        textfont={"size": SMALL, "color": colours.text},
        cliponaxis=False,
        customdata=[[literal(bar.name), 100 * bar.alone, 196 * bar.error] for bar in info.bars],
        hovertemplate="<b>%{customdata[0]}</b><br>fair share %{x:+.1f} points"
        + (" (give or take %{customdata[2]:.1f})" if drawn else "")
        + "<br>alone %{customdata[1]:.1f} % right<extra></extra>",
        name="fair share (Shapley)",
    )
    figure.add_scatter(
        x=[100 * bar.left_out for bar in info.bars],
        y=places,
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": colours.background,
            "line": {"width": 2.5, "color": colours.text},
        },
        customdata=[literal(bar.name) for bar in info.bars],
        hovertemplate="without <b>%{customdata}</b> the others have %{x:.1f} points less<extra></extra>",
        name="lost when it is left out",
    )
    dress(figure, dark, 90 + ROW * max(len(info.bars), 2), legend=True)
    figure.update_xaxes(title_text="Points of accuracy", nticks=8, showgrid=True, zeroline=True, zerolinewidth=2)
    figure.update_yaxes(
        tickvals=places,
        ticktext=[literal(bar.label) for bar in info.bars],
        range=[len(info.bars) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(zerolinecolor=colours.quiet)
    figure.update_layout(margin={"t": 30, "r": 44})
    return figure
