"""How much a chosen set flatters itself: its accuracy over many draws of photos, where it was chosen and elsewhere."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import mix, palette, part_colour
from core.charts.layout import SMALL, dress, percent

ROW = 58  # px
BINS = 60


class Strip(NamedTuple):
    label: str
    part: str
    mean: float  # 0..1
    low: float  # 95 % of the draws lie between the two
    high: float
    draws: tuple[float, ...]


class OptimismInfo(NamedTuple):
    strips: tuple[Strip, ...]


def info(chosen, unseen, test=None) -> OptimismInfo:
    """Strips of float arrays of shape (n_draws,), 0..1; `test` is None where test is not shown."""
    rows = [
        ("photos it was chosen by", "validation", chosen),
        ("photos it was not chosen by", "validation", unseen),
    ]
    if test is not None:
        rows.append(("test photos", "test", test))
    return OptimismInfo(tuple(_strip(*row) for row in rows))


def _strip(label: str, part: str, draws) -> Strip:
    draws = np.asarray(draws, float)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Strip(label, part, float(draws.mean()), float(low), float(high), tuple(draws.tolist()))


def plot(info: OptimismInfo, dark: bool = False) -> go.Figure:
    """A hill of draws each, from above, with its middle 95 % as a line and its mean as a tick with its figure."""
    colours = palette(dark)
    every = np.concatenate([strip.draws for strip in info.strips])
    edges = np.linspace(every.min() - 0.005, every.max() + 0.005, BINS + 1)
    middles = 100 * (edges[:-1] + edges[1:]) / 2
    figure = go.Figure()
    for row, strip in enumerate(info.strips):
        own = part_colour(strip.part, dark)
        heights = np.histogram(strip.draws, edges)[0]
        heights = 0.62 * heights / max(heights.max(), 1)
        shade = mix(colours.background, own, 0.45)
        for y, fill in ((np.full(BINS, row, float), None), (row - heights, "tonexty")):
            figure.add_scatter(
                x=middles,
                y=y,
                mode="lines",
                line={"width": 0, "shape": "hvh"},
                fill=fill,
                fillcolor=shade,
                hoverinfo="skip",
            )
        figure.add_scatter(
            x=[100 * strip.low, 100 * strip.high],
            y=[row, row],
            mode="lines",
            line={"color": own, "width": 3},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[100 * strip.mean],
            y=[row],
            mode="markers+text",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": colours.text}},
            text=[f"<b>{percent(strip.mean, 1)}</b>"],
            textposition="bottom center",
            textfont={"size": SMALL, "color": colours.text},
            hovertemplate=f"{strip.label}: %{{x:.1f}} % ({100 * strip.low:.1f} to {100 * strip.high:.1f})"
            "<extra></extra>",
        )
    dress(figure, dark, 50 + ROW * len(info.strips))
    figure.update_xaxes(ticksuffix=" %", nticks=7, showgrid=True, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(info.strips))),
        ticktext=[strip.label for strip in info.strips],
        range=[len(info.strips) - 0.45, -0.75],
        showgrid=False,
        zeroline=False,
    )
    return figure
