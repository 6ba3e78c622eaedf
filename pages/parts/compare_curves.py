"""The Curves view: how all chosen runs learned, on one plot."""

import streamlit as st

from core.charts import learning_curves
from core.evaluation import Comparison
from core.records import Run
from pages.parts import compare_out, comparisons, run_words, selection, words

BY = {"epoch": "By epoch", "second": "By time"}


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    """Validation curves of all runs that were trained here."""
    trained = [run for run in runs if run.spec]
    if trained:
        by = st.segmented_control(
            "Drawn",
            list(BY),
            format_func=BY.get,
            default="epoch",
            required=True,
            key="compare_curves_by",
            label_visibility="collapsed",
            help="By time a run that learns as much in half the minutes rises twice as steeply.",
        )
        figure = picture(found, trained, selection.dark(), by)
        st.plotly_chart(
            figure,
            key="compare_curves",
            config=compare_out.config("curves"),
            alt=f"Validation loss and accuracy {BY[by].lower()}, a line a run",
        )
        out.picture("learning curves", figure)
        if any(len(run.spec.phases) > 1 for run in trained):
            st.caption("A diamond is the first epoch of a run's next phase.")
        if by == "second" and (untimed := [found.letters[run.id] for run in trained if not timed(run)]):
            st.caption(words.plain(f"No time was kept for the epochs of {', '.join(untimed)}."))
    if len(trained) < len(runs):
        others = [found.letters[run.id] for run in runs if not run.spec]
        told = "was not trained here, so it has no curve" if len(others) == 1 else "were not trained here: no curves"
        st.caption(words.plain(f"{', '.join(others)} {told}."))


def picture(found: Comparison, trained: list[Run], dark: bool, by: str = "epoch"):
    """The figure of runs that were trained here."""
    info = learning_curves.info(
        {run.id: comparisons.history(run) for run in trained},
        {run.id: run_words.phase_marks(run.spec) for run in trained},
        names=[run.name for run in trained],
        letters=[found.letters[run.id] for run in trained],
        by=by,
    )
    return learning_curves.plot(info, dark, height=420)


def timed(run: Run) -> bool:
    """Whether the seconds of its epochs are known."""
    history = comparisons.history(run)
    return "seconds" in history and len(history) > 0 and bool(history["seconds"].notna().all())
