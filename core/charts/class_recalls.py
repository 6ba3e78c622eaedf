"""Validation recall of every class by epoch: which classes are learnt when, and which never."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import palette
from core.charts.layout import dress, labels, literal

_ROW = 24  # px


class ClassRecallsInfo(NamedTuple):
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    epochs: tuple[int, ...]
    values: np.ndarray  # (n_classes, n_epochs) 0 to 1; NaN where not told


def info(recalls: pd.DataFrame) -> ClassRecallsInfo:
    """recalls: a row an epoch (index, from 1), a column a class in the dataset's order, 0 to 1."""
    classes = tuple(map(str, recalls.columns))
    return ClassRecallsInfo(
        classes, labels(classes, 22), tuple(map(int, recalls.index)), recalls.to_numpy(float).T.copy()
    )


def plot(info: ClassRecallsInfo, dark: bool = False) -> go.Figure:
    """A row a class on the one scale of shares, as the confusion matrices have it."""
    colours = palette(dark)
    figure = go.Figure(
        go.Heatmap(
            z=100 * info.values,
            x=list(info.epochs),
            y=list(range(len(info.classes))),
            zmin=0,
            zmax=100,
            colorscale=[[0, colours.shares[0]], [1, colours.shares[1]]],
            xgap=1,
            ygap=2,
            customdata=[[literal(name)] * len(info.epochs) for name in info.classes],
            hovertemplate="%{customdata}, epoch %{x}: %{z:.0f} %<extra></extra>",
            colorbar={
                "title": {"text": "Recall", "font": {"color": colours.quiet}},
                "ticksuffix": " %",
                "tickfont": {"color": colours.quiet},
                "thickness": 12,
                "outlinewidth": 0,
            },
        )
    )
    dress(figure, dark, 90 + _ROW * len(info.classes))
    figure.update_xaxes(title_text="Epoch", showgrid=False, tickformat="d", nticks=8)
    figure.update_yaxes(
        tickvals=list(range(len(info.classes))),
        ticktext=[literal(label) for label in info.labels],
        autorange="reversed",
        showgrid=False,
    )
    return figure
