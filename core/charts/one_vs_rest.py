"""One class against the rest: precision against recall, and hits against false alarms, a line a run."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.colours import part_colour, run_dash
from core.charts.layout import dress, literal, percent_axis

PANELS = (("recall", "precision"), ("false_alarms", "hits"))


class OneVsRestInfo(NamedTuple):
    letters: tuple[str, ...]
    names: tuple[str, ...]
    # a run each: the points of both panels, (x, y, threshold) each of shape (n_points,), 0 to 1
    points: tuple[tuple[tuple, tuple], ...]
    part: str
    base: float | None  # share of the photos that are of the class, 0 to 1: the precision of guessing


def info(
    precision_recall: Sequence[pd.DataFrame],
    roc: Sequence[pd.DataFrame],
    letters: Sequence[str],
    names: Sequence[str],
    part: str = "validation",
    base: float | None = None,
) -> OneVsRestInfo:
    """Points of all runs.

    Parameters
    ----------
    precision_recall : a frame a run with columns recall, precision, threshold, 0 to 1; empty where there is no curve
    roc : a frame a run with columns false_alarms, hits, threshold
    """
    points = tuple(
        tuple(
            tuple(tuple(frame[name].astype(float)) for name in (*axes, "threshold"))
            for frame, axes in zip(pair, PANELS, strict=True)
        )
        for pair in zip(precision_recall, roc, strict=True)
    )
    return OneVsRestInfo(tuple(letters), tuple(names), points, part, base)


def plot(info: OneVsRestInfo, dark: bool = False, height: int = 400) -> go.Figure:
    """Two panels on scales from 0 to 100 %; guessing is a quiet dotted line in each."""
    figure = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.09,
        subplot_titles=["Precision and recall", "Hits and false alarms (ROC)"],
    )
    guess = {"mode": "lines", "line": {"dash": "dot", "width": 1.5, "color": part_colour("", dark)}}
    if info.base is not None:
        for column, ends in ((1, (info.base, info.base)), (2, (0, 1))):
            figure.add_scatter(
                x=[0, 100],
                y=[100 * end for end in ends],
                name="guessing",
                showlegend=column == 1,
                hoverinfo="skip",
                row=1,
                col=column,
                **guess,
            )
    for position, (letter, name) in enumerate(zip(info.letters, info.names, strict=True)):
        for column, (x, y, threshold) in enumerate(info.points[position], start=1):
            if not x:
                continue
            figure.add_scatter(
                x=[100 * value for value in x],
                y=[100 * value for value in y],
                customdata=[100 * value for value in threshold],
                mode="lines+text",
                text=_letter_at(letter, len(x), (position + 1) / (len(info.letters) + 1)),
                textposition="top right" if column == 1 else "bottom right",
                textfont={"color": part_colour(info.part, dark)},
                name=f"{letter} {literal(name)}",
                legendgroup=letter,
                showlegend=column == 1,
                line={"color": part_colour(info.part, dark), "dash": run_dash(position), "width": 2.2},
                hovertemplate="%{y:.1f} at %{x:.1f} %, from %{customdata:.0f} % sure",
                row=1,
                col=column,
            )
    dress(figure, dark, height, legend=True)
    for column, (x, y) in enumerate((("Recall", "Precision"), ("False alarms", "Hits")), start=1):
        figure.update_xaxes(title_text=x, range=[-1, 101], **percent_axis(), row=1, col=column)
        figure.update_yaxes(title_text=y, range=[-1, 103], **percent_axis(), row=1, col=column)
    figure.update_layout(margin={"t": 62}, legend={"y": 1.12}, hovermode="closest")
    return figure


def _letter_at(letter: str, points: int, along: float) -> list[str]:
    """The letter at one point of a line, each run's at another: dashes repeat, letters don't."""
    at = min(int(along * points), points - 1)
    return [f"<b>{letter}</b>" if point == at else "" for point in range(points)]
