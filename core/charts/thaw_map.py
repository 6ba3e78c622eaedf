"""The thaw map: a backbone from input to output as blocks, frozen ones blue and hatched, thawing ones orange."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from core.charts.colours import mix, palette
from core.charts.layout import SMALL, dress, literal, shorten

HATCH = "/"


class Segment(NamedTuple):
    """A block, or the frozen or thawing half of one that the cut divides."""

    block: str
    frozen: bool
    first: int  # number of its first layer, from 1
    last: int
    block_layers: int  # layers of the whole block
    parameters: int  # weights of the whole block

    @property
    def layers(self) -> int:
        return self.last - self.first + 1

    @property
    def divided(self) -> bool:
        return self.layers < self.block_layers


class ThawMapInfo(NamedTuple):
    segments: tuple[Segment, ...]  # from input to output
    layers: int
    frozen: int  # the first so many layers, input layer included
    head: bool  # a head that always trains follows

    @property
    def sentence(self) -> str:
        """What the map shows, in LOOK's words."""
        if self.frozen >= self.layers:
            return f"all {self.layers} layers stay frozen" + (", only the head trains" if self.head else "")
        if self.frozen <= 1:  # the input layer alone has nothing to freeze
            return "all layers train"
        return f"first {self.frozen} of {self.layers} layers stay frozen"


def info(blocks: Iterable[tuple[str, int, int]], k: int | Literal["all"], head: bool = True) -> ThawMapInfo:
    """Divide the blocks at layer k.

    Parameters
    ----------
    blocks : (name, layers, parameters) from input to output, the input layer counted in the first
    k : first so many layers stay frozen, 0 to all of them, or "all"
    head : whether a head follows that always trains
    """
    blocks = [(str(name), int(layers), int(parameters)) for name, layers, parameters in blocks if layers]
    total = sum(layers for _, layers, _ in blocks)
    frozen = total if k == "all" else int(k)
    if not 0 <= frozen <= total:
        raise ValueError(f"k must be 0 to {total} or 'all'. Received: {k}")
    segments, before = [], 0
    for name, layers, parameters in blocks:
        inside = min(max(frozen - before, 0), layers)
        if inside:
            segments.append(Segment(name, True, before + 1, before + inside, layers, parameters))
        if inside < layers:
            segments.append(Segment(name, False, before + inside + 1, before + layers, layers, parameters))
        before += layers
    return ThawMapInfo(tuple(segments), total, frozen, head)


def plot(info: ThawMapInfo, dark: bool = False, height: int = 150) -> go.Figure:
    """One band; a block is as wide as it has layers. Data goes from left to right."""
    colours = palette(dark)
    figure = go.Figure()
    for frozen in (True, False):
        some = [segment for segment in info.segments if segment.frozen == frozen]
        if not some:
            continue
        colour = colours.frozen if frozen else colours.thawing
        word = "frozen" if frozen else "thawing"
        figure.add_bar(
            x=[segment.layers for segment in some],
            base=[segment.first - 1 for segment in some],
            y=[0] * len(some),
            orientation="h",
            name=word,
            marker={
                # A hatch on the colour itself: the ground lighter, the lines in the colour.
                "color": mix(colour, colours.background, 0.35) if frozen else colour,
                "pattern": {"shape": HATCH if frozen else "", "fgcolor": colour, "size": 7, "solidity": 0.45},
                "line": {"width": 1.5, "color": colours.background},
            },
            customdata=[_hover(segment) for segment in some],
            hovertemplate=f"%{{customdata}}<br><b>{word}</b><extra></extra>",
        )
    right = info.layers
    if info.head:
        width = max(info.layers * 0.06, 0.8)
        right += width
        figure.add_bar(
            x=[width],
            base=[info.layers],
            y=[0],
            orientation="h",
            name="thawing",
            showlegend=info.frozen >= info.layers,
            marker={"color": colours.thawing, "line": {"width": 1.5, "color": colours.background}},
            hovertemplate="head: your classes<br><b>thawing</b>, always<extra></extra>",
        )
    dress(figure, dark, height, legend=True)
    for middle, name, width in _names(info, right):
        if width < 0.01 * right:  # an input layer among 154: its slanted name would hang over the edge
            continue
        figure.add_annotation(
            x=middle,
            y=-0.45,
            yanchor="top",
            text=literal(shorten(name, 12)),
            textangle=0 if width > 0.085 * right else -35,
            xanchor="center" if width > 0.085 * right else "right",
            showarrow=False,
            font={"size": SMALL - 1, "color": colours.quiet},
        )
    if 0 < info.frozen < info.layers:
        figure.add_shape(
            type="line", x0=info.frozen, x1=info.frozen, y0=-0.5, y1=0.5, line={"color": colours.text, "width": 3}
        )
    for x, text, anchor in ((0, "photo →", "left"), (right, "→ class", "right")):
        figure.add_annotation(
            x=x,
            y=0.5,
            yanchor="bottom",
            xanchor=anchor,
            text=text,
            showarrow=False,
            font={"size": SMALL, "color": colours.quiet},
        )
    figure.update_xaxes(visible=False, range=[-0.015 * right, 1.01 * right])
    figure.update_yaxes(visible=False, range=[-1.3, 0.5])
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        hovermode="closest",
        margin={"t": 30, "b": 4},
        legend={"itemclick": False, "x": 0.5, "xanchor": "center"},
    )
    return figure


def _names(info: ThawMapInfo, right: float):
    """(middle, name, width) of every block, and of the head."""
    placed = {}
    for segment in info.segments:
        start, name, _ = placed.get((segment.block, segment.block_layers), (segment.first - 1, segment.block, 0))
        placed[(segment.block, segment.block_layers)] = (start, name, segment.last)
    names = [((start + end) / 2, name, end - start) for start, name, end in placed.values()]
    return [*names, ((info.layers + right) / 2, "head", right - info.layers)] if info.head else names


def _hover(segment: Segment) -> str:
    layers = f"layer {segment.first}" if segment.layers == 1 else f"layers {segment.first} to {segment.last}"
    part = f" of the block's {segment.block_layers}" if segment.divided else ""
    return f"<b>{literal(segment.block)}</b>: {layers}{part}<br>{segment.parameters:,} weights in the block"
