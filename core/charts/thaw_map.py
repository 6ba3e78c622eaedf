"""The thaw map: a backbone from input to output as blocks, frozen ones blue and hatched, thawing ones orange.

Above the band a mark stands for each cut that is a choice of its own, and a thin line says what an epoch costs there.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from core.charts.band_names import write_names
from core.charts.colours import Palette, ink_on, mix, palette
from core.charts.layout import SMALL, dress, literal
from core.charts.thaw_words import Cut, said, sentence, short

HATCH = "/"
MOST_MARKS = 80  # in a row: on a narrow screen closer ones would lie over each other
MARKS_AT, LINE_FROM, LINE_TO = 0.8, 1.15, 1.75  # heights over the band, which reaches from -0.5 to 0.5
UNIT = 64  # px a unit of height


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

    @property
    def block_last(self) -> int:
        """Number of the block's last layer: the k that freezes up to its end."""
        return self.first - 1 + self.block_layers if self.frozen else self.last


class ThawMapInfo(NamedTuple):
    segments: tuple[Segment, ...]  # from input to output
    layers: int
    frozen: int  # the first so many layers, input layer included
    head: bool  # a head that always trains follows
    cuts: tuple[Cut, ...] = ()  # by k

    @property
    def sentence(self) -> str:
        """What the map shows, in LOOK's words."""
        return sentence(self.frozen, self.layers, self.head)

    @property
    def current(self) -> Cut | None:
        """The choice that the frozen layers are, whichever of its twins was typed."""
        return next((cut for cut in self.cuts if self.frozen in (cut.k, *cut.twins)), None)

    @property
    def marks(self) -> tuple[Cut, ...]:
        """The cuts that are marked: none stands too close to another to be clicked, but for the current one.

        Both ends come first, then those whose prefix can be kept, from the output on.
        """
        ranked = sorted(self.cuts, key=lambda cut: (cut not in (self.cuts[0], self.cuts[-1]), not cut.keeps, -cut.k))
        taken: list[Cut] = []
        for cut in ranked:
            if all(abs(cut.k - other.k) >= self.layers / MOST_MARKS for other in taken):
                taken.append(cut)
        current = self.current
        return tuple(sorted(taken if current is None or current in taken else [*taken, current]))


def info(
    blocks: Iterable[tuple[str, int, int]], k: int | Literal["all"], head: bool = True, cuts: Iterable[Cut] = ()
) -> ThawMapInfo:
    """Divide the blocks at layer k.

    Parameters
    ----------
    blocks : (name, layers, parameters) from input to output, the input layer counted in the first
    k : first so many layers stay frozen, 0 to all of them, or "all"
    head : whether a head follows that always trains
    cuts : the choices that are marked, each k at most the number of layers
    """
    blocks = [(str(name), int(layers), int(parameters)) for name, layers, parameters in blocks if layers]
    total = sum(layers for _, layers, _ in blocks)
    frozen = total if k == "all" else int(k)
    cuts = tuple(sorted(cuts))
    for each in (frozen, *(cut.k for cut in cuts)):
        if not 0 <= each <= total:
            raise ValueError(f"k must be 0 to {total} or 'all'. Received: {each}")
    segments, before = [], 0
    for name, layers, parameters in blocks:
        inside = min(max(frozen - before, 0), layers)
        if inside:
            segments.append(Segment(name, True, before + 1, before + inside, layers, parameters))
        if inside < layers:
            segments.append(Segment(name, False, before + inside + 1, before + layers, layers, parameters))
        before += layers
    return ThawMapInfo(tuple(segments), total, frozen, head, cuts)


def plot(info: ThawMapInfo, dark: bool = False) -> go.Figure:
    """One band; a block is as wide as it has layers. Data goes from left to right.

    The first of each point's `customdata` is the k that a click on it means: of a mark its cut, of a block its end, of
    the head all layers.
    """
    colours = palette(dark)
    figure = go.Figure()
    right = info.layers + (max(info.layers * 0.06, 0.8) if info.head else 0)
    timed = [cut for cut in info.cuts if cut.seconds is not None] if info.cuts else []
    _band(figure, info, right, colours)
    top = 0.5
    if info.cuts:
        top = MARKS_AT + 0.25
        _marks(figure, info, colours)
    if len(timed) > 1:
        top = LINE_TO + 0.35
        _line(figure, info, timed, colours)
    bottom = -0.45 - write_names(figure, _names(info), right, -0.45, colours.quiet) / UNIT
    dress(figure, dark, round(34 + UNIT * (top - bottom)), legend=True)
    if 0 < info.frozen < info.layers:
        figure.add_shape(
            type="line", x0=info.frozen, x1=info.frozen, y0=-0.5, y1=0.5, line={"color": colours.text, "width": 3}
        )
    for x, text, anchor in ((0, "photo →", "left"), (right, "→ class", "right")):
        figure.add_annotation(
            x=x,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=6,
            xanchor=anchor,
            text=text,
            showarrow=False,
            font={"size": SMALL, "color": colours.quiet},
        )
    figure.update_xaxes(visible=False, range=[-0.015 * right, 1.01 * right])
    figure.update_yaxes(visible=False, range=[bottom, top])
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        hovermode="closest",
        clickmode="event+select",
        dragmode=False,
        margin={"t": 30, "b": 4},
        legend={"itemclick": False, "itemdoubleclick": False, "x": 0.5, "xanchor": "center"},
    )
    return figure


def _band(figure: go.Figure, info: ThawMapInfo, right: float, colours: Palette) -> None:
    asked = "<br>click: freeze up to its end" if info.cuts else ""
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
            customdata=[[segment.block_last, _hover(segment)] for segment in some],
            hovertemplate=f"%{{customdata[1]}}<br><b>{word}</b>{asked}<extra></extra>",
            unselected={"marker": {"opacity": 1}},
        )
    if info.head:
        asked = "<br>click: freeze all before it" if info.cuts else ""
        figure.add_bar(
            x=[right - info.layers],
            base=[info.layers],
            y=[0],
            orientation="h",
            name="thawing",
            showlegend=info.frozen >= info.layers,
            marker={"color": colours.thawing, "line": {"width": 1.5, "color": colours.background}},
            customdata=[[info.layers]],
            text=["head"],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": SMALL, "color": ink_on(colours.thawing)},
            hovertemplate=f"head: your classes<br><b>thawing</b>, always{asked}<extra></extra>",
            unselected={"marker": {"opacity": 1}},
        )


def _marks(figure: go.Figure, info: ThawMapInfo, colours: Palette) -> None:
    """A row of marks, filled where the prefix can be kept; the current one is larger."""
    current = info.current
    keeping = [cut for cut in info.marks if cut.keeps and cut != current]
    others = [cut for cut in info.marks if not cut.keeps and cut != current]
    other = "other cut" if keeping else "cut"
    for some, name in ((keeping, "cut where the frozen part can run once"), (others, other), ([current], None)):
        if not some or some == [None]:
            continue
        ink = colours.quiet if name else colours.text
        figure.add_scatter(
            x=[cut.k for cut in some],
            y=[MARKS_AT] * len(some),
            mode="markers",
            name=name or "chosen cut",
            showlegend=name is not None,
            marker={
                "size": 8 if name else 14,
                "color": ink if some[0].keeps else colours.background,
                "line": {"width": 1.5 if name else 3, "color": ink},
                "opacity": 1,
            },
            customdata=[[cut.k, said(cut, info.layers, info.head)] for cut in some],
            hovertemplate="%{customdata[1]}<extra></extra>",
            unselected={"marker": {"opacity": 1}},
        )


def _line(figure: go.Figure, info: ThawMapInfo, timed: list[Cut], colours: Palette) -> None:
    """Seconds an epoch over the cuts, from 0 up; the first and the last are written beside it."""
    most = max(max(cut.seconds for cut in timed), 1e-9)

    def height(cut: Cut) -> float:
        return LINE_FROM + (LINE_TO - LINE_FROM) * cut.seconds / most

    figure.add_scatter(
        x=[timed[0].k, *(cut.k for cut in timed), timed[-1].k],
        y=[LINE_FROM, *map(height, timed), LINE_FROM],
        mode="lines",
        line={"color": colours.quiet, "width": 1.5},
        fill="toself",
        fillcolor=colours.panel,
        hoverinfo="skip",
        showlegend=False,
        name="seconds an epoch",
    )
    if (current := info.current) in timed:
        figure.add_scatter(
            x=[current.k],
            y=[height(current)],
            mode="markers",
            marker={"color": colours.text, "size": 7},
            hoverinfo="skip",
            showlegend=False,
            name="seconds an epoch",
        )
    first, last = timed[0], timed[-1]
    for cut, text, place in (
        (first, f"{short(first.seconds)} an epoch", {"xanchor": "left", "yanchor": "bottom"}),
        (last, short(last.seconds), {"xanchor": "left", "yanchor": "middle", "xshift": 4}),
    ):
        figure.add_annotation(
            x=cut.k,
            y=height(cut),
            text=text,
            showarrow=False,
            font={"size": SMALL - 1, "color": colours.quiet},
            **place,
        )


def _names(info: ThawMapInfo):
    """(name, middle, width) of every block."""
    placed = {}
    for segment in info.segments:
        start, name, _ = placed.get((segment.block, segment.block_layers), (segment.first - 1, segment.block, 0))
        placed[(segment.block, segment.block_layers)] = (start, name, segment.last)
    return [(name, (start + end) / 2, end - start) for start, name, end in placed.values()]


def _hover(segment: Segment) -> str:
    layers = f"layer {segment.first}" if segment.layers == 1 else f"layers {segment.first} to {segment.last}"
    part = f" of the block's {segment.block_layers}" if segment.divided else ""
    return f"<b>{literal(segment.block)}</b>: {layers}{part}<br>{segment.parameters:,} weights in the block"
