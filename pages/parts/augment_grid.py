"""Originals beside their draws as one piece of HTML: sixty pictures that change together, without a flicker."""

import base64
from html import escape

import numpy as np
import streamlit as st

from core.charts import label_bar
from core.charts.colours import palette
from pages.parts import loaders

_STYLE = """
<style>
.thaw-draws { display: grid; gap: .75rem 2rem; padding: 4px; }
.thaw-draws figure { margin: 0; min-width: 0; display: grid; gap: .5rem; align-items: start; }
.thaw-draws img, .thaw-draws i { width: 100%; aspect-ratio: 1; display: block; border-radius: 3px; }
.thaw-draws i { background: rgba(128, 128, 128, .22); }
.thaw-draws .original img { outline: 2px solid currentColor; outline-offset: 2px; }
.thaw-draws div { min-width: 0; }
.thaw-draws p { margin: .25rem 0 0; font-size: .8125rem; line-height: 1.25; overflow: hidden; display: -webkit-box;
  -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow-wrap: anywhere; }
.thaw-draws b { display: flex; height: 7px; margin-top: .25rem; border-radius: 2px; overflow: hidden; gap: 1px; }
.thaw-draws b span { height: 100%; }
.thaw-draws p span { display: inline-block; width: .625rem; height: .625rem; border-radius: 2px; margin-right: .25rem; }
</style>
"""
_GREY = "<div><i></i></div>"  # where a picture will be


def show(*grid) -> None:
    """Draw the grid; arguments as in `markup`."""
    st.html(markup(*grid))


def markup(
    originals: np.ndarray, names: list[str], draws: np.ndarray | None, labels, classes, dark: bool, count: int
) -> str:
    """The grid as HTML.

    originals: uint8 (n, h, w, 3); names: the class of each; draws: uint8 (draws, n, h, w, 3), or None while they are
    not there yet (grey in their place); labels: (draws, n, n_classes), the bar under a draw whose label is mixed;
    count: number of draws.
    """
    figures = []
    for i, name in enumerate(names):
        original = f'{_image(originals[i], f"{name}, as it is")}<p title="{_safe(name)}">{_safe(name)}</p>'
        cells = [f'<div class="original">{original}</div>']
        for draw in range(count):
            if draws is None:
                cells.append(_GREY)
            else:
                cells.append(_draw(draws[draw, i], labels[draw, i], classes, dark, f"{name}, draw {draw + 1}"))
        figures.append(_figure(cells))
    return _grid(figures, count)


def placeholder(photos: int = 6, draws: int = 3) -> None:
    """The grid in grey, where there are no photos."""
    st.html(_grid([_figure([_GREY] * (draws + 1))] * photos, draws))


def _figure(cells: list[str]) -> str:
    return f'<figure style="grid-template-columns: repeat({len(cells)}, minmax(0, 1fr))">{"".join(cells)}</figure>'


def _grid(figures: list[str], draws: int) -> str:
    """As many photos beside each other as there is room for at 80 px a picture."""
    columns = f"grid-template-columns: repeat(auto-fill, minmax(min(100%, {80 * (draws + 1)}px), 1fr))"
    return f'{_STYLE}<div class="thaw-draws" style="{columns}">{"".join(figures)}</div>'


def _draw(pixels: np.ndarray, label: np.ndarray, classes, dark: bool, text: str) -> str:
    info = label_bar.info(label, classes)
    if not info.mixed:
        return f"<div>{_image(pixels, text)}</div>"
    colours = [palette(dark).classes[share.colour] for share in info.shares]
    parts = list(zip(info.shares, colours, strict=True))
    bar = "".join(f'<span style="background:{colour};flex:{share.share:.4f}"></span>' for share, colour in parts)
    lines = "".join(
        f'<p title="{_safe(share.name)}"><span style="background:{colour}"></span>{100 * share.share:.0f} % '
        f"{_safe(share.name)}</p>"
        for share, colour in parts[:3]
    )
    return f'<div>{_image(pixels, f"{text}: {info.sentence}")}<b aria-hidden="true">{bar}</b>{lines}</div>'


def _image(pixels: np.ndarray, text: str) -> str:
    return f'<img alt="{_safe(text)}" src="data:image/jpeg;base64,{base64.b64encode(loaders.jpeg(pixels)).decode()}">'


def _safe(text: str) -> str:
    return escape(text, quote=True)
