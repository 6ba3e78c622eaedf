"""The Figures view: what every run gets right, how sure that is, and what an engineer ships by."""

import streamlit as st

from core.errors import UnknownBackbone
from core.evaluation import Comparison, Difference, settling
from core.evaluation.leaders import LOWER_IS_BETTER
from core.models import speed
from core.models.backbones import backbone_of
from core.records import Run
from core.settings import settings
from pages.parts import compare_out, comparisons, plain_table, selection, words
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
SHIPPED = {
    "speed": ("Photos a second", "answered on this machine"),
    "size": ("Model size", "weights of 32 bits"),
    "parameters": ("Parameters", "weights of the network"),
    "memory": ("Peak memory", "of its training"),
    "seconds": ("Training time", "minutes and seconds"),
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
    for sentence in notes(found):
        st.caption(words.plain(sentence))
    out.table("figures", comparisons.figure_table(found, runs))
    if found.differences:
        out.table("differences", comparisons.difference_frame(found, runs))


def tables(found: Comparison, of: dict[str, Run], dark: bool) -> list[str]:
    """The figures, what is shipped by and the differences, as HTML; `of` is each run by its id."""
    names = [Cell(f"{found.letters[run]} {of[run].name}") for run in found.figures]
    by_figure = figure_rows(found)
    shipped = [shipping(of[run]) for run in found.figures]
    called = dict(SHIPPED)
    if not any(one["speed"].text for one in shipped):
        called["speed"] = (SHIPPED["speed"][0], "not measured yet: on Train")
    by_cost = [[Cell(*called[name]), *(one[name] for one in shipped)] for name in SHIPPED]
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
        made.append(plain_table.table_html(*difference_table(found, of), dark, f"Against {base}"))
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


def shipping(run: Run) -> dict[str, Cell]:
    """What an engineer ships by, as far as it was measured; empty cells for a run that was brought in."""
    found, size = run.metrics, run.metrics.get("parameters")
    measured = _speed(run)
    return {
        "speed": Cell(f"{measured.infer:,.0f}", f"at {measured.size} px") if measured else Cell(),
        "size": Cell(words.memory(4 * size / 1e6)) if size else Cell(),
        "parameters": Cell(f"{size / 1e6:,.1f} M") if size else Cell(),
        "memory": Cell(words.memory(found["peak_memory_mb"])) if "peak_memory_mb" in found else Cell(),
        "seconds": Cell(words.duration(found["seconds"])) if "seconds" in found else Cell(),
    }


def _speed(run: Run) -> speed.Speed | None:
    """How fast this machine is with the run's network, where somebody measured it on Train."""
    if run.spec is None:
        return None
    try:
        return speed.known(settings(), backbone_of(run.spec), run.spec.input_size)
    except UnknownBackbone:
        return None


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


def difference_table(found: Comparison, of: dict[str, Run]) -> tuple[list, list]:
    """Head and rows: every other run against the baseline."""
    baseline = found.letters[found.baseline]
    head = [
        "",
        Cell("Accuracy", "points"),
        Cell("F1", "points"),
        Cell(f"Only {baseline} right", "photos"),
        Cell("Only it right", "photos"),
        Cell("To settle it"),
    ]
    rows = []
    for one in found.differences:
        rows.append(
            [
                Cell(f"{found.letters[one.run]} {of[one.run].name}"),
                _points(one.accuracy, one.low, one.high, mark(one), "" if one.beyond_noise else "~ "),
                _points(one.f1_macro, one.f1_low, one.f1_high) if one.f1_macro is not None else Cell(),
                Cell(f"{one.only_baseline:,}"),
                Cell(f"{one.only_run:,}"),
                Cell(_settled(one)),
            ]
        )
    return head, rows


def mark(one: Difference) -> str:
    """ "better", "worse", or nothing inside the noise."""
    return ("better" if one.accuracy > 0 else "worse") if one.beyond_noise else ""


def _points(change: float, low: float, high: float, marked: str = "", before: str = "") -> Cell:
    low, change, high = (round(100 * value, 1) + 0.0 for value in (low, change, high))
    return Cell(f"{before}{change:+.1f}", f"{low:.1f} to {high:.1f}", marked)


def _settled(one: Difference) -> str:
    if one.beyond_noise:
        return "settled"
    return settling(one).replace(" would settle it", "") if settling(one) else "level on these photos"


def notes(found: Comparison) -> list[str]:
    """How many differences were looked at, and what picking the best of several brings."""
    number = len(found.differences)
    if not number:
        return []
    told = [
        "A difference counts where both its 95 % interval and McNemar's exact test on the photos that only one of the "
        "two gets right say so"
        + (f", held against {number} differences looked at together (Holm)." if number > 1 else ".")
    ]
    if found.picked and number > 1:
        told.append(found.picked)
    return told
