"""The Confusions view: which matrices, in what numbers and order; beside them the photos of the cell that is chosen."""

import streamlit as st

from core.charts.confusion_matrix import NUMBERED
from core.evaluation import Comparison
from core.evaluation.pairs import order as look_alikes
from core.records import Run
from pages.parts import compare_confused, compare_matrices, results
from pages.parts.compare_cells import Source

EACH, DIFFERENCE, REPEATS = "Each run", "Difference of two", "Mean of repeats"
SORTED_FROM = 10  # classes: beyond, look-alikes can be put side by side
_STYLE = """
<style>
.st-key-compare_confusions [data-testid="stHorizontalBlock"]:has(.st-key-compare_cell_panel) { flex-wrap: wrap; }
.st-key-compare_confusions [data-testid="stColumn"]:has(.st-key-compare_matrices) { min-width: min(100%, 560px); }
.st-key-compare_confusions [data-testid="stColumn"]:has(.st-key-compare_cell_panel) { min-width: min(100%, 400px); }
@media (min-width: 1100px) {
  .st-key-compare_cell_panel { position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto; }
}
</style>
"""


def show(found: Comparison, runs: list[Run]) -> None:
    """The whole view; a click in it draws nothing but the view anew."""
    st.fragment(_view, key="compare_confusions_view")(found, runs)


def _view(found: Comparison, runs: list[Run]) -> None:
    st.html(_STYLE)
    repeats = compare_matrices.repeated(found, runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        numbers = results.numbers_switch("compare")
        what = _what_switch(bool(repeats))
        first, second = _two(found, runs) if what == DIFFERENCE else (None, None)
        order = _order(found)
        pictures = len(found.classes) <= NUMBERED and st.toggle(
            "As pictures",
            key="compare_matrices_pictures",
            help="To be saved: a pointer on one brings its camera (PNG, or SVG under “Take with you”). Tables can be "
            "clicked, pictures can't.",
        )
    if what == DIFFERENCE:
        sources = [Source(f"{first}+{second}", f"{first} or {second}", (first, second))]
    else:
        sources = repeats if what == REPEATS else compare_matrices.singles(found, runs)
    with st.container(key="compare_confusions"):
        left, right = st.columns([2, 1], gap="medium")
        with right, st.container(key="compare_cell_panel"):
            compare_confused.panel(found, runs, sources)
        with left, st.container(key="compare_matrices"):
            if what == DIFFERENCE:
                compare_matrices.difference(found, sources[0], numbers, order, pictures)
            else:
                names = {found.letters[run.id]: run.name for run in runs}
                compare_matrices.grid(found, names, sources, numbers, order, pictures)


def _what_switch(repeats: bool) -> str:
    """Each run, the difference of two, or the mean over repeats where there are some."""
    return st.segmented_control(
        "Matrices",
        [EACH, DIFFERENCE, *([REPEATS] if repeats else [])],
        default=EACH,
        required=True,
        key=f"compare_matrices_{'repeats' if repeats else 'runs'}",
        help="The difference shows where one run puts more photos than the other. Repeats are runs of the same plan "
        "with other seeds; their mean leaves the luck of one training out.",
    )


def _two(found: Comparison, runs: list[Run]) -> tuple[str, str]:
    """Letters of the two runs whose difference is drawn; the same twice is not offered."""
    letters = {found.letters[run.id]: f"{found.letters[run.id]} {run.name}" for run in runs}
    if len(letters) == 2:
        first, second = letters
        return first, second
    options = list(letters)
    first = st.selectbox("From", options, format_func=letters.get, key="compare_difference_from", width=180)
    rest = [one for one in options if one != first]
    second = st.selectbox("To", rest, format_func=letters.get, key="compare_difference_to", width=180)
    return first, second


def _order(found: Comparison) -> tuple[int, ...] | None:
    """Order of the classes in every matrix; None as in the dataset."""
    if len(found.classes) <= SORTED_FROM:
        return None
    chosen = st.segmented_control(
        "Order",
        ["As in the dataset", "Look-alikes together"],
        default="As in the dataset" if len(found.classes) <= NUMBERED else "Look-alikes together",
        required=True,
        key="compare_confusion_order",
        help="Look-alikes are classes that are taken for each other: side by side they make blocks on the diagonal.",
    )
    mean = compare_matrices.mean(found)
    return tuple(look_alikes(mean).tolist()) if chosen == "Look-alikes together" else None
