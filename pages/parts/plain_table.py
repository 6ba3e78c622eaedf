"""A table that is read, not sorted: a quieter line under a number, a sign beside it. Every text is escaped."""

import html
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from core.charts.colours import palette

SIGNS = {"better": "▲", "worse": "▼"}
STYLE = """
.thaw-tables { display: flex; flex-wrap: wrap; gap: 1.5rem 3.5rem; align-items: flex-start; }
.thaw-stack { display: flex; flex-direction: column; gap: 1.5rem; max-width: 100%; }
.thaw-table { overflow-x: auto; max-width: 100%; }
.thaw-table caption { text-align: left; font-weight: 600; padding: 0 0 .3rem; white-space: nowrap; }
.thaw-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.25; }
.thaw-table th, .thaw-table td { text-align: left; vertical-align: top; padding: .3rem 1.1rem .3rem 0; border: 0; }
.thaw-table td, .thaw-table thead th:not(:first-child) { min-width: 5.9rem; overflow-wrap: anywhere; }
.thaw-table thead th { vertical-align: bottom; font-weight: 600; max-width: 14rem; }
.thaw-table tbody th { font-weight: 400; min-width: 9.5rem; max-width: 15rem; overflow-wrap: anywhere; }
.thaw-table tr + tr, .thaw-table tbody tr:first-child { border-top: 1px solid rgba(128, 128, 128, .22); }
.thaw-table small { display: block; font-size: .8rem; opacity: .72; font-weight: 400; }
.thaw-table td small { white-space: nowrap; }
.thaw-table tr.section th { padding-top: .9rem; font-weight: 600; opacity: .8; }
"""
# On the page the first column stays in sight while the rest is scrolled.
_PINNED = """
.thaw-table th:first-child { position: sticky; left: 0; background: var(--thaw-ground); z-index: 1; }
"""


class Cell(NamedTuple):
    text: str = ""
    quiet: str = ""  # a smaller line under it
    mark: str = ""  # "better" or "worse": coloured, with its sign
    title: str = ""  # what a pointer on it says


class Section(NamedTuple):
    """A heading between rows."""

    title: str


Row = Sequence[Cell | str] | Section


def draw(*tables: str, dark: bool) -> None:
    """Put tables into the page, side by side where there is room; one that is too wide scrolls for itself."""
    ground = f".thaw-table {{ --thaw-ground: {palette(dark).background}; }}"
    st.html(f'<style>{STYLE}{_PINNED}{ground}</style><div class="thaw-tables">{"".join(tables)}</div>')


def table_html(head: Sequence[Cell | str], rows: Sequence[Row], dark: bool = False, title: str = "") -> str:
    """The table's HTML without its style, under its title; the first cell of each row names it."""
    columns = "".join(_cell(cell, "th", dark, ' scope="col"') for cell in head)
    lines = []
    for row in rows:
        if isinstance(row, Section):
            title = html.escape(row.title)
            lines.append(f'<tr class="section"><th scope="rowgroup" colspan="{len(head)}">{title}</th></tr>')
            continue
        name, *rest = row
        cells = _cell(name, "th", dark, ' scope="row"') + "".join(_cell(cell, "td", dark) for cell in rest)
        lines.append(f"<tr>{cells}</tr>")
    caption = f"<caption>{html.escape(title)}</caption>" if title else ""
    return (
        f'<div class="thaw-table" tabindex="0"><table>{caption}<thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(cell: Cell | str, tag: str, dark: bool, scope: str = "") -> str:
    cell = Cell(cell) if isinstance(cell, str) else cell
    text = html.escape(cell.text)
    if cell.mark:
        text = f'<b style="color: {getattr(palette(dark), cell.mark)}">{SIGNS[cell.mark]} {text}</b>'
    quiet = f"<small>{html.escape(cell.quiet)}</small>" if cell.quiet else ""
    title = f' title="{html.escape(cell.title)}"' if cell.title else ""
    # A name in right-to-left letters must not turn the number beside it around.
    return f"<{tag}{scope}{title}><bdi>{text}</bdi>{quiet}</{tag}>"
