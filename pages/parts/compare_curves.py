"""The Curves view: how all chosen runs learned, on one plot."""

import streamlit as st

from core.charts import learning_curves
from core.evaluation import Comparison
from core.records import Run
from pages.parts import compare_out, comparisons, selection, words


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    """Validation curves of all runs that were trained here."""
    trained = [run for run in runs if run.spec]
    if trained:
        info = learning_curves.info(
            {run.id: comparisons.history(run) for run in trained},
            names=[run.name for run in trained],
            letters=[found.letters[run.id] for run in trained],
        )
        figure = learning_curves.plot(info, selection.dark(), height=420)
        st.plotly_chart(
            figure,
            key="compare_curves",
            config=compare_out.config("curves"),
            alt="Validation loss and accuracy by epoch, a line a run",
        )
        out.picture("learning curves", figure)
    if len(trained) < len(runs):
        others = [found.letters[run.id] for run in runs if not run.spec]
        was = "was" if len(others) == 1 else "were"
        st.caption(words.plain(f"{', '.join(others)} {was} not trained here, so there is no curve."))
