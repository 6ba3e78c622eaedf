"""Precision, recall and F1 of every class, several runs side by side."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.colours import ink_on, mix, palette, part_colour, run_letter
from core.charts.layout import SMALL, dress, labels, literal, percent_axis

METRICS = ("precision", "recall", "f1")
TITLES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
SORTS = ("classes", "difference")
_BAR = 21  # px
NARROW = 20  # %: a shorter bar has its letter and number behind it


class ClassBarsInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    support: tuple[int, ...]
    letters: tuple[str, ...]  # a letter a run
    names: tuple[str, ...]
    values: np.ndarray  # (3, n_runs, n_classes) float64 in 0..1: precision, recall, F1
    part: str


def info(
    per_class: dict[str, pd.DataFrame], part: str = "validation", sort: str = "classes", letters=(), names=()
) -> ClassBarsInfo:
    """Values of all runs.

    Parameters
    ----------
    per_class : run name or id -> frame with columns class, precision, recall, f1, support, all of the same classes
    part : "validation" or "test"; decides the colour
    sort : "classes" keeps the order, "difference" puts the class first whose F1 differs most between the runs
        (with one run: the class with the lowest F1)
    letters, names : what runs are called; by default A, B, C in the order given, and the keys
    """
    frames = list(per_class.values())
    classes = list(frames[0]["class"])
    if any(list(frame["class"]) != classes for frame in frames):
        raise ValueError("All runs must have the same classes in the same order.")
    values = np.array([[frame[metric] for frame in frames] for metric in METRICS], dtype=float)  # (3, runs, c)
    order = np.arange(len(classes))
    if sort == "difference":
        f1 = values[2]
        order = np.argsort(f1[0] if len(frames) == 1 else f1.min(axis=0) - f1.max(axis=0), kind="stable")
    ordered = tuple(classes[index] for index in order)
    return ClassBarsInfo(
        classes=ordered,
        labels=labels(ordered, 22),
        support=tuple(int(frames[0]["support"].iloc[index]) for index in order),
        letters=tuple(letters) or tuple(run_letter(position) for position in range(len(frames))),
        names=tuple(names) or tuple(per_class),
        values=values[:, :, order],
        part=part,
    )


def plot(info: ClassBarsInfo, dark: bool = False) -> go.Figure:
    """Three panels on one scale from 0 to 100 %; in each class the runs from above, their letter in the bar."""
    figure = make_subplots(
        rows=1, cols=3, shared_yaxes=True, horizontal_spacing=0.055, subplot_titles=[TITLES[name] for name in METRICS]
    )
    colours = palette(dark)
    runs, c = len(info.names), len(info.classes)
    for column in range(3):
        for run in range(runs):
            # Runs are letters; the shade only helps the eye to follow one.
            shade = mix(part_colour(info.part, dark), colours.background, 0.55 * run / max(runs - 1, 1))
            share = 100 * info.values[column, run]
            figure.add_bar(
                x=share,
                y=list(range(c)),
                orientation="h",
                name=f"{info.letters[run]} {literal(info.names[run])}" if runs > 1 else literal(info.names[run]),
                marker={"color": shade, "line": {"width": 0}},
                text=[f"{info.letters[run]} {value:.0f}" if runs > 1 else f"{value:.0f}" for value in share],
                textposition=["outside" if value < NARROW else "inside" for value in share],
                insidetextanchor="start",
                insidetextfont={"size": SMALL - 1, "color": ink_on(shade)},
                outsidetextfont={"size": SMALL - 1, "color": colours.text},
                textangle=0,
                constraintext="none",  # else the letters of many runs shrink until nobody can read them
                customdata=[[literal(name), n] for name, n in zip(info.classes, info.support, strict=True)],
                hovertemplate="%{customdata[0]} (%{customdata[1]:,} photos): %{x:.1f} %",
                showlegend=False,
                row=1,
                col=column + 1,
            )
    dress(figure, dark, 70 + c * (max(runs * _BAR, 18) + 10))
    figure.update_xaxes(range=[0, 100], **percent_axis(0, 50, 100))
    figure.update_yaxes(
        tickvals=list(range(c)), ticktext=[literal(label) for label in info.labels], range=[c - 0.5, -0.5]
    )
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_layout(barmode="group", bargap=0.22, bargroupgap=0.06, margin={"t": 34})
    return figure
