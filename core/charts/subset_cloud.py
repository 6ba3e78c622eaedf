"""All sets of members: accuracy against how many there are in a set, the best of each size as a line."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import mix, palette, part_colour
from core.charts.layout import SMALL, dress, percent

LEVELS = 90  # accuracies that are told apart in the picture; one row of sets each
FULL = 0.84  # of a size's room that the most frequent accuracy takes


class Spot(NamedTuple):
    """Sets of one size whose accuracies fall together in the picture."""

    size: int
    accuracy: float  # 0..1, their mean
    sets: int


class Mark(NamedTuple):
    size: int
    accuracy: float  # 0..1


class SubsetCloudInfo(NamedTuple):
    spots: tuple[Spot, ...]
    best: tuple[Mark, ...]  # the best of each size on validation, by size
    test: tuple[Mark, ...]  # the same sets on test; empty where test is not shown
    on: Mark | None  # the members that are on; None where they can't all be in a set
    photos: int


def info(sizes, right, photos: int, best_by_size: dict[int, int], on=None, test=None) -> SubsetCloudInfo:
    """What the picture shows.

    Parameters
    ----------
    sizes : int array of shape (n_sets,), members of each set
    right : int array of shape (n_sets,), validation photos it gets right
    photos : validation photos
    best_by_size : number of members -> row of the best set
    on : (size, accuracy 0..1) of the set that is switched on, or None
    test : float array of shape (n_sets,), accuracies on test 0..1, or None
    """
    sizes, right, of = np.asarray(sizes), np.asarray(right), max(photos, 1)
    step = max(1, -(-(int(right.max()) - int(right.min()) + 1) // LEVELS))
    places, place, counts = np.unique(np.stack([sizes, right // step]), axis=1, return_inverse=True, return_counts=True)
    means = np.bincount(place.ravel(), weights=right) / counts / of
    spots = tuple(
        Spot(int(size), float(mean), int(sets)) for size, mean, sets in zip(places[0], means, counts, strict=True)
    )
    rows = sorted(best_by_size.items())
    return SubsetCloudInfo(
        spots,
        tuple(Mark(size, float(right[row] / of)) for size, row in rows),
        () if test is None else tuple(Mark(size, float(test[row])) for size, row in rows),
        None if on is None else Mark(int(on[0]), float(on[1])),
        photos,
    )


def plot(info: SubsetCloudInfo, dark: bool = False, height: int = 400) -> go.Figure:
    """A dash for the sets of one size and accuracy, the longer the more there are."""
    colours, own = palette(dark), part_colour("validation", dark)
    most = max(spot.sets for spot in info.spots)
    x, y, texts = [], [], []
    for spot in info.spots:
        half = max(0.03, FULL / 2 * (spot.sets / most) ** 0.5)
        x += [spot.size - half, spot.size, spot.size + half, None]
        y += [100 * spot.accuracy] * 3 + [None]
        members = f"{spot.size} member" + ("s" if spot.size > 1 else "")
        texts += [f"{spot.sets:,} {'set' if spot.sets == 1 else 'sets'} of {members}: {percent(spot.accuracy, 1)}"] * 4
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": mix(colours.background, own, 0.42), "width": 3},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        name="sets (the longer, the more)",
    )
    _line(figure, info.best, "best of each size", {"color": own, "width": 2.2}, 8)
    if info.test:
        test = {"color": part_colour("test", dark), "width": 3.5}
        _line(figure, info.test, "the same sets on test", test, 6)
    if info.on:
        figure.add_scatter(
            x=[info.on.size],
            y=[100 * info.on.accuracy],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 16,
                "color": colours.background,
                "line": {"width": 3, "color": colours.text},
            },
            hovertemplate="switched on now: %{y:.1f} %<extra></extra>",
            name="switched on now",
        )
    dress(figure, dark, height, legend=True)
    single = next((mark for mark in info.best if mark.size == 1), None)
    if single:
        figure.add_hline(
            y=100 * single.accuracy,
            line={"color": colours.quiet, "width": 1, "dash": "dash"},
            annotation={
                "text": f"best single member {percent(single.accuracy, 1)}",
                "font": {"size": SMALL, "color": colours.quiet},
                "xanchor": "right",
                "yanchor": "top",
                "bgcolor": colours.background,
            },
        )
    largest = info.best[-1].size
    every = max(1, -(-largest // 20))
    figure.update_xaxes(
        title_text="Members in the set",
        range=[0.4, largest + 0.6],
        tickvals=list(range(1, largest + 1, every)),
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title_text="Accuracy", ticksuffix=" %", nticks=7, zeroline=False)
    figure.update_layout(hovermode="closest", margin={"t": 30, "r": 16})
    return figure


def _line(figure: go.Figure, marks: tuple[Mark, ...], name: str, line: dict, size: int) -> None:
    figure.add_scatter(
        x=[mark.size for mark in marks],
        y=[100 * mark.accuracy for mark in marks],
        mode="lines+markers",
        line=line,
        marker={"size": size, "color": line["color"]},
        hovertemplate=f"{name}: %{{y:.1f}} %<extra></extra>",
        name=name,
    )
