"""The Figures view: what every run gets right, how sure that is, and what an engineer ships by."""

import streamlit as st

from core.evaluation import Comparison
from core.evaluation.leaders import LOWER_IS_BETTER
from core.records import Run
from pages.parts import (
    compare_against,
    compare_out,
    compare_shipping,
    comparisons,
    plain_table,
    selection,
    words,
)
from pages.parts.plain_table import Cell

COLUMNS = 6  # runs side by side; more stand one under the other
AT_ONCE = 100_000  # photos times runs: up to here nobody notices the intervals' second
# Figure -> what it is called, and in the class's words what it counts
FIGURES = {
    "accuracy": ("Accuracy", "photos that are right"),
    "balanced_accuracy": ("Balanced accuracy", "a small class counts as much"),
    "precision_macro": ("Precision", "taken for a class and of it"),
    "recall_macro": ("Recall", "of a class and found"),
    "f1_macro": ("F1", "low when either of them is"),
    "precision_weighted": ("Precision, weighted", "a class counts by its photos"),
    "recall_weighted": ("Recall, weighted", "always equal to accuracy"),
    "f1_weighted": ("F1, weighted", "a class counts by its photos"),
    "top2_accuracy": ("Top-2 accuracy", "right with a second guess"),
    "loss": ("Log loss", "unsure of the truth; low is good"),
    "calibration_error": ("Calibration error", "surer than right; low is good"),
}
_DRAWN = "compare_intervals_drawn"


def show(quick: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    """The tables. Of many photos the intervals come a moment later, so that the first look need not wait for them."""
    run_ids = tuple(quick.letters)  # with those left out: letters stay
    photos = next(iter(quick.figures.values())).photos
    asked = (run_ids, quick.part)
    if len(runs) * photos > AT_ONCE and st.session_state.get(_DRAWN) != asked:
        _tables(quick, runs, out, waiting=True)
        st.fragment(_draw_intervals, run_every=0.5, key="compare_figures_wait")(asked, quick.baseline)
        return
    found = comparisons.comparison(run_ids, quick.part, quick.baseline, intervals=True)
    _tables(found, runs, out)


def _draw_intervals(asked: tuple, baseline: str) -> None:
    """Nothing when it is drawn with the page; the work when its timer comes, and then the page anew."""
    if st.session_state.get("compare_intervals_asked") != asked:
        st.session_state["compare_intervals_asked"] = asked
        return
    comparisons.comparison(*asked, baseline, intervals=True)
    st.session_state[_DRAWN] = asked
    st.session_state.pop("compare_intervals_asked", None)
    st.rerun()


def _tables(found: Comparison, runs: list[Run], out: compare_out.Basket, waiting: bool = False) -> None:
    of = {run.id: run for run in runs}
    plain_table.draw(*tables(found, of, selection.dark()), dark=selection.dark())
    st.caption(basis(found, waiting))
    for sentence in compare_against.notes(found):
        st.caption(words.plain(sentence))
    out.table("figures", comparisons.figure_table(found, runs))
    if found.differences:
        out.table("differences", comparisons.difference_frame(found, runs))


def tables(found: Comparison, of: dict[str, Run], dark: bool) -> list[str]:
    """The figures, what is shipped by and the differences, as HTML; `of` is each run by its id."""
    names = [Cell(f"{found.letters[run]} {of[run].name}") for run in found.figures]
    by_figure = figure_rows(found)
    by_cost = compare_shipping.rows([of[run] for run in found.figures])
    if len(names) > COLUMNS:
        by_figure, by_cost = _turned(names, by_figure), _turned(names, by_cost)
    else:
        by_figure, by_cost = (["", *names], *by_figure), (["", *names], *by_cost)
    made = [
        plain_table.table_html(head, rows, dark, title)
        for title, (head, *rows) in (("Right answers", by_figure), ("To ship by", by_cost))
    ]
    if found.differences:
        base = f"{found.letters[found.baseline]} {of[found.baseline].name}"
        made.append(plain_table.table_html(*compare_against.difference_table(found, of), dark, f"Against {base}"))
    # Where there is room the tall one stands left, the two short ones right of it.
    return made if len(names) > COLUMNS else [made[0], f'<div class="thaw-stack">{"".join(made[1:])}</div>']


def _turned(names: list[Cell], rows: list[list[Cell]]) -> list[list[Cell | str]]:
    """The same with a row a run, its head first."""
    head = ["", *(row[0] for row in rows)]
    return [head, *([name, *(row[1 + at] for row in rows)] for at, name in enumerate(names))]


def figure_rows(found: Comparison) -> list[list[Cell]]:
    """A row a figure: its name, then each run's value over its interval, the leader marked."""
    return [
        [Cell(*FIGURES[name]), *(figure_cell(found, run, name) for run in found.figures)]
        for name in FIGURES
        if name in next(iter(found.figures.values())).summary
    ]


def figure_cell(found: Comparison, run: str, name: str) -> Cell:
    """ "82.5 %" over "79.1 to 85.6"; empty where the run has no such figure."""
    value = found.figures[run].summary[name]
    if value is None:
        return Cell(title="It needs probabilities, and only labels were brought.")
    share, decimals = (1, 2) if name == "loss" else (100, 1)
    ends = found.intervals.get(run, {}).get(name)
    interval = f"{share * ends[0]:.{decimals}f} to {share * ends[1]:.{decimals}f}" if ends else ""
    text = f"{share * value:.{decimals}f}" + ("" if name == "loss" else " %")
    leads = found.leaders.get(name) == run
    title = f"{'Lowest' if name in LOWER_IS_BETTER else 'Highest'}, beyond the noise" if leads else ""
    return Cell(text, interval, "better" if leads else "", title)


def basis(found: Comparison, waiting: bool = False) -> str:
    """What the figures speak of, and what the small numbers and the sign say."""
    photos = words.count(next(iter(found.figures.values())).photos, f"{found.part} photo")
    text = f"On {photos}, the same for all runs. Precision, recall and F1 are means over the classes. "
    if waiting:
        return text + "The intervals under the figures are being drawn …"
    return text + (
        "Small: where the figure would lie in 95 of 100 draws of such photos. The sign marks the best only where "
        "the photos tell it from every other run."
    )
