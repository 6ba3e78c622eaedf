"""Pictures and label bars as HTML: sixty of them change together, without a flicker."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from core.charts import label_bar
from core.charts.colours import palette
from pages.parts import loaders

NARROWEST = 80  # px of a picture before a grid takes fewer columns
_STYLE = """
<style>
.thaw-draws { display: grid; gap: .75rem 2rem; padding: 4px; }
.thaw-draws figure { margin: 0; min-width: 0; display: grid; gap: .5rem; align-content: start; align-items: start; }
.thaw-draws img, .thaw-draws i { width: 100%; aspect-ratio: 1; display: block; border-radius: 3px; }
.thaw-draws i { background: rgba(128, 128, 128, .22); }
.thaw-draws .original > img { outline: 2px solid currentColor; outline-offset: 2px; }
.thaw-draws div { min-width: 0; }
.thaw-draws p { margin: .25rem 0 0; font-size: .8125rem; line-height: 1.25; overflow: hidden; display: -webkit-box;
  -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow-wrap: anywhere; }
.thaw-draws p.quiet { opacity: .7; }
.thaw-draws .name { grid-column: 2 / -1; margin: 0; opacity: .7; -webkit-line-clamp: 1; }
.thaw-draws b { display: flex; height: 7px; margin-top: .25rem; border-radius: 2px; overflow: hidden; gap: 1px; }
.thaw-draws b span { height: 100%; }
.thaw-draws p span { display: inline-block; width: .625rem; height: .625rem; border-radius: 2px; margin-right: .25rem; }
.thaw-draws.batch { gap: .75rem; }
.thaw-draws .mixed { display: flex; align-items: center; gap: .375rem; margin-top: .25rem; }
.thaw-draws .mixed img { width: 1.75rem; flex: none; transition: transform .15s; transform-origin: left bottom; }
.thaw-draws .mixed:is(:hover, :focus) img { transform: scale(3.5); position: relative; z-index: 2;
  box-shadow: 0 0 0 1px #fff, 0 2px 8px rgba(0, 0, 0, .5); }
.thaw-draws .mixed p { margin: 0; }
</style>
"""
GREY = "<div><i></i></div>"  # where a picture will be


def grid(figures: Sequence[str], columns: int | None = None, kind: str = "") -> str:
    """Figures of so many pictures, as many beside each other as there is room for; below each other where None.

    kind: a class more, for a tab's own rules.
    """
    width = "minmax(0, 1fr)"
    if columns:
        width = f"repeat(auto-fill, minmax(min(100%, {NARROWEST * columns}px), 1fr))"
    classes = f"thaw-draws {kind}".strip()
    return f'{_STYLE}<div class="{classes}" style="grid-template-columns: {width}">{"".join(figures)}</div>'


def figure(cells: Sequence[str], columns: int | None = None, first: str = "1fr") -> str:
    """Cells in rows of `columns`, all in one where None."""
    others = f"repeat({(columns or len(cells)) - 1}, minmax(0, 1fr))"
    first = f"minmax(0, {first})" if first.endswith("fr") else first
    return f'<figure style="grid-template-columns: {first} {others}">{"".join(cells)}</figure>'


def placeholder(photos: int = 6, draws: int = 3) -> None:
    """The grid in grey, where there are no photos."""
    st.html(grid([figure([GREY] * (draws + 1))] * photos, draws + 1))


def original(src: str, name: str, rows: int = 1) -> str:
    """The cell of a training photo, as it is, with its class."""
    span = f' style="grid-row: span {rows}"' if rows > 1 else ""
    text = f'{image(src, f"{name}, as it is")}<p title="{safe(name)}">{safe(name)}</p>'
    return f'<div class="original"{span}>{text}</div>'


def changed(pixels: np.ndarray, label: np.ndarray, classes, dark: bool, text: str, below: str = "") -> str:
    """The cell of an augmented photo: its label as a bar where it is mixed, then what is known of it."""
    info = label_bar.info(label, classes)
    if info.mixed:
        text = f"{text}: {info.sentence}"
    return f"<div>{image(source(pixels), text)}{shares(info, dark) if info.mixed else ''}{below}</div>"


def shares(info: label_bar.LabelBarInfo, dark: bool) -> str:
    """A mixed label: the bar, and its three largest shares in words."""
    parts = [(share, palette(dark).classes[share.colour]) for share in info.shares]
    bar = "".join(f'<span style="background:{colour};flex:{share.share:.4f}"></span>' for share, colour in parts)
    lines = "".join(
        f'<p title="{safe(share.name)}"><span style="background:{colour}"></span>{100 * share.share:.0f} % '
        f"{safe(share.name)}</p>"
        for share, colour in parts[:3]
    )
    return f'<b aria-hidden="true">{bar}</b>{lines}'


def partners(mixings, photo: int, pictures: Sequence[str], names: Sequence[str]) -> str:
    """Which photos it was mixed with, and how much of each was taken; larger under the pointer or the focus."""
    lines = []
    for mixing in mixings:
        if found := mixing.of(photo):
            partner, own = found
            said = (
                f"{mixing.title}: {100 * own:.0f} % of the photo, {100 * (1 - own):.0f} % of this one, {names[partner]}"
            )
            picture = image(pictures[partner], said)
            lines.append(
                f'<div class="mixed" tabindex="0" title="{safe(said)}">{picture}<p>+ {100 * (1 - own):.0f} %</p></div>'
            )
    return "".join(lines)


def image(src: str, text: str) -> str:
    return f'<img alt="{safe(text)}" src="{src}">'


def source(pixels: np.ndarray) -> str:
    """uint8 (h, w, 3) for the `src` of a picture."""
    return f"data:image/jpeg;base64,{base64.b64encode(loaders.jpeg(pixels)).decode()}"


def safe(text: str) -> str:
    return escape(text, quote=True)
