"""Compare: which run is better, on which classes, and is it real."""

import numpy as np
import streamlit as st

from core.charts import confusion_matrix
from core.evaluation import gate
from core.records import Run
from pages.parts import (
    compare_deleted,
    compare_several,
    compare_single,
    compare_table,
    compare_upload,
    comparisons,
    loaders,
    results,
    selection,
    words,
)


def empty() -> None:
    """No run yet: a greyed picture of what will be here, why it is not, one button."""
    st.markdown("#### Nothing has been trained yet, so there is nothing to compare")
    if st.button("Train a first model", type="primary", icon=":material/play_arrow:"):
        selection.go("start.py")
    st.html("<style>.st-key-compare_empty { opacity: .25; filter: grayscale(1); pointer-events: none; }</style>")
    with st.container(key="compare_empty"):
        sample = confusion_matrix.info(3 * np.eye(5) + 1, [f"Class {number}" for number in range(1, 6)])
        left, right = results.pair("empty")
        for column, key in ((left, "compare_empty_a"), (right, "compare_empty_b")):
            with column:
                st.plotly_chart(
                    confusion_matrix.plot(sample, selection.dark(), "none", height=380, scale=False),
                    key=key,
                    config={"staticPlot": True},
                    alt="A greyed confusion matrix: two of these will stand here side by side",
                )


def chosen(runs: list[Run]) -> None:
    """What the ticks ask for: the latest run, one run's page, or the comparison."""
    by_id = {run.id: run for run in runs}
    ticked = [by_id[run_id] for run_id in selection.runs() if run_id in by_id]
    if not ticked:
        latest = comparisons.latest_finished(runs)
        if latest is None:
            st.info("No run is finished yet. Tick one to see how far it is.")
            return
        st.caption("Nothing is ticked: this is the latest finished run. Tick two or more to compare them.")
        compare_single.show_run(latest)
    elif len(ticked) == 1:
        compare_single.show_run(ticked[0])
    else:
        fitting, reasons = gate(ticked[0].evaluation_id, ticked)
        # A link can hold runs that a click would have refused.
        for run_id, reason in reasons.items():
            st.warning(f"“{words.plain(by_id[run_id].name)}” is left out: {reason}.", icon=":material/block:")
        if len(fitting) > 1:
            compare_several.show_runs(fitting)
        else:
            compare_single.show_run(fitting[0] if fitting else ticked[0])


def more() -> None:
    with st.expander("More: predictions made elsewhere", icon=":material/upload_file:"):
        compare_upload.bring_in()


runs = loaders.runs()
compare_deleted.notices()
if not runs:
    empty()
    more()
else:
    compare_table.choose_runs(runs)
    chosen(runs)
    more()
    several = len(selection.runs()) > 1
    if st.button(
        "Combine these runs in an ensemble" if several else "Go on: combine runs in an ensemble",
        type="primary",
        icon=":material/how_to_vote:",
        help="Several models that err on different photos vote better than the best of them.",
    ):
        selection.go("ensemble.py")
