"""The list of members: a row with switch, weight, accuracy, small confusion matrix and recall strip each."""

import base64
import html
import io

import numpy as np
import streamlit as st
from PIL import Image

from core.charts.colours import ink_on, mix, palette
from core.evaluation import Figures
from core.records import Part, Run
from pages.parts import ensemble_weights, loaders, selection, words
from pages.parts.ensemble_members import Candidates

NUMBERED = 10  # classes: up to here each cell of a strip holds its number
MATRIX = 20  # classes: beyond, cells of a small matrix would be smaller than a pixel or two
LIST, ROWS = 640, 6  # px of the list where there are more members than these
CELL = "flex:1 1 0;min-width:0;margin-left:-1px;text-align:center;font-size:.8125rem;line-height:1.25rem"


def show(found: Candidates, weights: dict[str, float], by_hand: dict[str, float] | None) -> None:
    """A row for each candidate; a switch changes the ticked runs, so the choice is in the address.

    weights : run id -> weight of sum 1, to read. by_hand : run id -> weight to set, None where they are not.
    """
    on, names = set(found.on), {run.id: run.name for run in found.runs}
    with st.container(height=LIST if len(found.runs) > ROWS else "content", border=False, key="ensemble_list"):
        for run in found.runs:
            _row(run, found.figures[run.id], run.id in on, weights.get(run.id), by_hand)
            if run.views:  # whoever counts both gives one network two votes
                source = words.plain(names[run.views.run]) if run.views.run in names else "a run that is gone"
                st.caption(f"The same network as {source}, over {words.count(run.views.views, 'view')} of each photo.")
    st.caption(
        "The small square is the member's confusion matrix, the cells are how many photos of each class it finds, both "
        "on validation and from 0 to 100 %. Members that miss different classes help each other most."
    )


def _row(run: Run, figures: Figures, on: bool, weight: float | None, by_hand: dict[str, float] | None) -> None:
    key = f"ensemble_member_{run.id}"
    st.session_state[key] = on  # the ticked runs decide, also when they were changed in the bar above
    with st.container(key=f"ensemble_row_{run.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.toggle(words.plain(run.name), key=key, on_change=_switched, args=(run.id,), width="stretch")
            if by_hand is not None and on:
                _weight(run, by_hand.get(run.id, 1.0))
        st.html(picture(run, figures, selection.dark(), on, weight))


def _weight(run: Run, value: float) -> None:
    key = f"ensemble_weight_{run.id}"
    st.session_state[key] = value
    st.number_input(
        f"Weight of {words.plain(run.name)}",
        min_value=0.0,
        max_value=ensemble_weights.MOST,
        step=0.5,
        format="%g",
        key=key,
        on_change=lambda: ensemble_weights.put({run.id: st.session_state[key]}),
        label_visibility="collapsed",
        width=110,
    )


def _switched(run_id: str) -> None:
    kept = [other for other in selection.runs() if other != run_id]
    selection.set_runs([*kept, run_id] if st.session_state[f"ensemble_member_{run_id}"] else kept)


def picture(run: Run, figures: Figures, dark: bool, on: bool, weight: float | None) -> str:
    """Matrix, accuracy, weight and recall strip as one piece of HTML; paler while the member is off."""
    said = f"<b>{words.percent(figures.accuracy)}</b>"
    said += "" if weight is None else f' <span style="opacity:.75">weight {weight:.2f}</span>'
    faded = "" if on else "opacity:.5;"
    return (
        f'<div style="{faded}display:flex;gap:10px;align-items:center">{_matrix(run.id, run.name, dark)}'
        f'<div style="flex:1;min-width:0"><div style="font-size:.9375rem">{said}</div>'
        f"{strip(figures, run.name, dark)}</div></div>"
    )


@st.cache_data(max_entries=512, show_spinner=False)
def _matrix(run_id: str, name: str, dark: bool) -> str:
    """The confusion matrix as a picture of a pixel a cell, on the one 0 to 100 % scale; empty for many classes."""
    counts = loaders.figures(run_id, Part.VALIDATION).confusion
    if len(counts) > MATRIX:
        return ""
    colours = palette(dark)
    whole = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, whole, out=np.zeros(counts.shape), where=whole > 0)
    ends = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours.shares])
    pixels = np.rint(ends[0] + shares[..., None] * (ends[1] - ends[0])).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    content = base64.b64encode(buffer.getvalue()).decode()
    alt = html.escape(f"Confusion matrix of {name}", quote=True)
    style = f"width:48px;height:48px;image-rendering:pixelated;border:1px solid {colours.line};flex:none"
    return f'<img class="thaw-small-matrix" src="data:image/png;base64,{content}" alt="{alt}" style="{style}">'


def strip(figures: Figures, name: str, dark: bool) -> str:
    """One cell a class from 0 to 100 % recall, on the colours of the confusion matrix."""
    colours = palette(dark)
    cells = []
    for row in figures.per_class.itertuples(index=False):
        said = f"{row[0]}: {words.percent(row.recall, row.support)}"
        shade = mix(*colours.shares, row.recall)
        number = f"{100 * row.recall:.0f}" if len(figures.per_class) <= NUMBERED else "&nbsp;"
        style = f"background:{shade};color:{ink_on(shade)};border:1px solid {colours.line};{CELL}"
        cells.append(f'<span title="{html.escape(said, quote=True)}" style="{style}">{number}</span>')
    label = html.escape(f"Recall of each class, {name}", quote=True)
    return f'<div role="img" aria-label="{label}" style="display:flex;padding-left:1px">{"".join(cells)}</div>'
