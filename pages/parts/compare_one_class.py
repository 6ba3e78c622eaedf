"""One class against the rest, in the Classes view: the curves of every run, and their areas."""

import streamlit as st

from core.charts import one_vs_rest
from core.evaluation import Comparison
from core.evaluation.curves import Curve, precision_recall, roc
from core.records import Part, Run
from pages.parts import compare_out, loaders, plain_table, selection, words
from pages.parts.plain_table import Cell

LINES = 8  # of a picture: more can't be followed


def show(found: Comparison, runs: list[Run], first: str, out: compare_out.Basket) -> None:
    """`first` is the class that is chosen at the start."""
    st.fragment(_view, key="compare_one_class_view")(found, runs, first, out)


def _view(found: Comparison, runs: list[Run], first: str, out: compare_out.Basket) -> None:
    chosen = st.selectbox(
        "One class against the rest",
        list(found.classes),
        index=list(found.classes).index(first),
        key=f"compare_one_class_{hash(found.classes)}",
        width=300,
        help="What the run would find, and what it would wrongly take along, were it to call a photo this class from "
        "another probability on.",
    )
    at = list(found.classes).index(chosen)
    with_them = [run for run in runs if loaders.predictions(run.id).has_probabilities]
    curves = {run.id: _curves(run.id, found.part, at) for run in with_them}
    drawn = [run for run in with_them if curves[run.id][0].area is not None]
    if not drawn:
        st.caption(words.plain(f"There is no curve of {chosen}: it needs probabilities, and photos on either side."))
        return
    some = drawn[:LINES]
    named = tuple((run.id, found.letters[run.id], run.name) for run in some)
    figure = _picture(named, found.part, at, selection.dark())
    st.plotly_chart(
        figure,
        key="compare_one_class_curves",
        config=compare_out.config("one class"),
        alt=f"Precision-recall and ROC curves of {chosen}, a line a run",
    )
    out.picture("one class against the rest", figure)
    rows = []
    for run in runs:
        areas = [f"{curve.area:.3f}" if curve.area is not None else "" for curve in curves.get(run.id, ())]
        rows.append([Cell(f"{found.letters[run.id]} {run.name}"), *(areas or ["", ""])])
    head = ["", Cell("Average precision", "area, left"), Cell("ROC area", "area, right")]
    plain_table.draw(plain_table.table_html(head, rows, selection.dark()), dark=selection.dark())
    if len(drawn) > LINES:
        st.caption(f"Lines of the first {LINES} runs; the areas are of all.")


@st.cache_resource(max_entries=512, show_spinner=False)
def _curves(run_id: str, part: Part, index: int) -> tuple[Curve, Curve]:
    """Both curves of one class of one run; none where it has no probabilities."""
    found = loaders.predictions(run_id)
    answers = found.parts[part]
    return tuple(curve(answers, index, found.has_probabilities) for curve in (precision_recall, roc))


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(runs: tuple[tuple[str, str, str], ...], part: Part, index: int, dark: bool):
    """The curves of (run id, letter, name) each."""
    ids, letters, names = zip(*runs, strict=True)
    of_precision, of_hits = zip(*(_curves(run, part, index) for run in ids), strict=True)
    base = of_hits[0].photos / len(loaders.predictions(ids[0]).parts[part].true)
    points = [[curve.points for curve in curves] for curves in (of_precision, of_hits)]
    return one_vs_rest.plot(one_vs_rest.info(*points, letters, names, str(part), base), dark)
