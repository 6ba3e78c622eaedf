"""A soft label as one stacked bar: what MixUp and CutMix make of a photo's class."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ink_on, palette
from core.charts.layout import SMALL, dress, literal, percent, shorten

SEEN = 0.005  # shares below half a percent are not drawn
WIDE = 0.45  # larger shares have room for the class name under a thumbnail; the hover names all


class Share(NamedTuple):
    name: str
    label: str
    share: float  # 0..1
    colour: int  # position in the palette's class colours


class LabelBarInfo(NamedTuple):
    shares: tuple[Share, ...]  # the largest first

    @property
    def mixed(self) -> bool:
        return len(self.shares) > 1

    @property
    def sentence(self) -> str:
        """ "70 % Oak, 30 % Elm"."""
        return ", ".join(f"{percent(one.share)} {one.name}" for one in self.shares)


def info(label, classes) -> LabelBarInfo:
    """Shares of one label.

    Parameters
    ----------
    label : array-like of shape (n_classes,), weights that sum to 1
    classes : sequence of n_classes names
    """
    label = np.asarray(label, dtype=float)
    if label.shape != (len(classes),):
        raise ValueError(f"A label must have one weight a class. Received: {label.shape}, {len(classes)} classes")
    order = [int(index) for index in np.argsort(-label, kind="stable") if label[index] >= SEEN]
    few = len(classes) <= len(palette().classes)
    return LabelBarInfo(
        tuple(
            # With more classes than colours a class has no colour of its own: the bar's pieces differ, that is all.
            Share(classes[index], shorten(classes[index], 16), float(label[index]), (index if few else place) % 8)
            for place, index in enumerate(order)
        )
    )


def plot(info: LabelBarInfo, dark: bool = False, height: int = 28) -> go.Figure:
    """One bar of the full width."""
    colours = palette(dark)
    figure = go.Figure()
    for one in info.shares:
        colour = colours.classes[one.colour]
        figure.add_bar(
            x=[one.share],
            y=[0],
            orientation="h",
            name=literal(one.name),
            marker={"color": colour, "line": {"width": 1, "color": colours.background}},
            text=[f"{literal(one.label)} {percent(one.share)}" if one.share > WIDE else percent(one.share)],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            textfont={"size": SMALL - 1, "color": ink_on(colour)},
            hovertemplate=f"{literal(one.name)}: {percent(one.share)}<extra></extra>",
        )
    dress(figure, dark, height)
    figure.update_xaxes(range=[0, 1], visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(barmode="stack", bargap=0, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure
