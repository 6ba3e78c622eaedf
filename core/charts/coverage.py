"""Coverage: how many of its answers are right when a run may say "not sure", a line a run."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import palette, part_colour, run_dash
from core.charts.layout import dress, literal, percent_axis


class Line(NamedTuple):
    letter: str
    name: str
    coverage: tuple[float, ...]  # share of the photos answered, 0 to 1, rising
    accuracy: tuple[float, ...]  # of the answers
    threshold: tuple[float, ...]  # the least probability that is answered
    chosen: tuple[float, float] | None  # (coverage, accuracy) at the threshold chosen; None where there is none


class CoverageInfo(NamedTuple):
    lines: tuple[Line, ...]
    wanted: float  # accuracy, 0 to 1
    part: str
    low: float  # lower end of the accuracy axis, 0 to 1


def info(
    curves: Sequence[pd.DataFrame],
    chosen: Sequence[tuple[float, float] | None],
    letters: Sequence[str],
    names: Sequence[str],
    wanted: float,
    part: str = "validation",
) -> CoverageInfo:
    """Lines of all runs; curves are frames with columns threshold, coverage, accuracy (0 to 1), empty without any."""
    lines = tuple(
        Line(
            letter, name, *(tuple(frame[column].astype(float)) for column in ("coverage", "accuracy", "threshold")), at
        )
        for frame, at, letter, name in zip(curves, chosen, letters, names, strict=True)
    )
    # The first few answers are right or wrong by luck and would squeeze all else: they may leave the picture.
    seen = [wanted] + [
        accuracy
        for line in lines
        for share, accuracy in zip(line.coverage, line.accuracy, strict=True)
        if share >= 0.05
    ]
    return CoverageInfo(lines, wanted, part, max(0.0, min(seen) - 0.03))


def plot(info: CoverageInfo, dark: bool = False, height: int = 380) -> go.Figure:
    """Accuracy of the answers against the share of photos answered; a big dot marks the threshold chosen."""
    colours, own = palette(dark), part_colour(info.part, dark)
    figure = go.Figure()
    for position, line in enumerate(info.lines):
        if not line.coverage:
            continue
        figure.add_scatter(
            x=[100 * value for value in line.coverage],
            y=[100 * value for value in line.accuracy],
            customdata=[100 * value for value in line.threshold],
            mode="lines+text",
            text=[*[""] * (len(line.coverage) - 1), f"<b>{line.letter}</b>"],  # dashes repeat, letters don't
            textposition="middle right",
            textfont={"color": own},
            cliponaxis=False,
            name=f"{line.letter} {literal(line.name)}",
            legendgroup=line.letter,
            line={"color": own, "dash": run_dash(position), "width": 2.2},
            hovertemplate="answers %{x:.0f} %, %{y:.1f} % of them right, from %{customdata:.0f} % sure",
        )
        if line.chosen is not None:
            figure.add_scatter(
                x=[100 * line.chosen[0]],
                y=[100 * line.chosen[1]],
                mode="markers+text",
                text=[f"<b>{line.letter}</b>"],
                textposition="top right",
                textfont={"color": own},
                marker={"size": 11, "color": own},
                legendgroup=line.letter,
                showlegend=False,
                hoverinfo="skip",
            )
    dress(figure, dark, height, legend=True)
    figure.add_hline(y=100 * info.wanted, line={"color": colours.quiet, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="Photos that are answered", range=[0, 101], **percent_axis())
    figure.update_yaxes(title_text="Answers that are right", range=[100 * info.low, 101], ticksuffix=" %", nticks=6)
    figure.update_layout(margin={"t": 30, "r": 24})
    return figure
