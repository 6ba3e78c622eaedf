"""What a freeze sweep says, on the page of any of its runs."""

import pandas as pd
import streamlit as st

from core.charts import freeze_sweep as chart
from core.datasets import find_split
from core.errors import UnknownSplit
from core.evaluation.freeze_sweep import ENOUGH_SEEDS, FIGURES, Sweep, verdict
from core.jobs import sweep as sweeps
from core.records import Part, Run
from core.settings import settings
from core.table_csv import csv_text
from pages.parts import loaders, selection, words

NAMES = {"accuracy": "Accuracy", "precision_macro": "Precision", "recall_macro": "Recall", "f1_macro": "F1"}


def found_for(run: Run) -> Sweep | None:
    """The sweep the run is part of; None where no other cut of its plan is finished."""
    if run.spec is None:
        return None
    try:
        photos = find_split(settings(), run.spec.split, run.spec.dataset).counts[Part.VALIDATION]
    except UnknownSplit:  # trained on another machine with the same tracker
        return None
    found = sweeps.gathered(loaders.runs(), run.spec, photos)
    return found if found is not None and len(found.cuts) > 1 else None


def show(run: Run, found: Sweep) -> None:
    """The verdict, the chart, the table, and the way to more seeds."""
    for sentence in verdict(found):
        st.markdown(sentence)
    waiting = sum(not one.status.over for one in sweeps.members(loaders.runs(), run.spec))
    if waiting:
        st.caption(f"{words.count(waiting, 'training')} of this sweep is still to come.")
    elif found.seeds < ENOUGH_SEEDS and st.button(
        "Add a seed",
        key="compare_sweep_seed",
        icon=":material/add:",
        help="Queues one more training of each cut that has fewest seeds.",
    ):
        add_seed(run, found)
    info = chart.info(
        [cut.k for cut in found.cuts],
        [tuple(cut.validation["accuracy"]) for cut in found.cuts],
        [cut.parameters for cut in found.cuts],
        found.chosen.k,
        [sweeps.twins_of(run.spec, cut.k) for cut in found.cuts],
    )
    st.plotly_chart(
        chart.plot(info, selection.dark()),
        key="compare_sweep",
        config={"displayModeBar": False},
        alt=f"Validation accuracy by frozen layers; k = {found.chosen.k} has the highest mean",
    )
    table(found)


def add_seed(run: Run, found: Sweep) -> None:
    """One more seed, the same for every cut."""
    seed = max(seed for cut in found.cuts for seed in cut.seeds) + 1
    sweeps.submit(settings(), run.spec, [cut.k for cut in found.cuts], [seed])
    loaders.runs.clear()
    st.toast("Queued. You see it in the list of jobs on Train.", icon=":material/check:")
    st.rerun()


def table(found: Sweep) -> None:
    """The report's own table, four decimals; means over the seeds, and test figures where they may be seen."""
    frame = report_table(found, selection.show_test(looking_at=f"sweep {found.chosen.runs[0]}"))
    figures = [name for name in frame.columns if name not in ("Frozen layers", "Seeds", "Weights trained")]
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.4f", help="Mean of the seeds.") for name in figures
        }
        | {"Weights trained": st.column_config.NumberColumn(format="localized")},
        alt="Figures of each cut, means over its seeds",
    )
    st.download_button(
        "Table as CSV",
        lambda: csv_text(frame.round(4)).encode(),
        file_name="thaw freeze sweep.csv",
        mime="text/csv",
        key="compare_sweep_csv",
        on_click="ignore",
        icon=":material/table:",
        type="tertiary",
    )


def report_table(found: Sweep, test: bool = False) -> pd.DataFrame:
    """One row a cut: frozen layers, accuracy, precision, recall and F1, each 0 to 1 and the mean of its seeds."""
    rows = []
    for cut in found.cuts:
        row = {"Frozen layers": cut.k} | {NAMES[name]: float(cut.validation[name].mean()) for name in FIGURES}
        if test:
            row |= {f"Test {NAMES[name].lower()}": float(cut.test[name].mean()) for name in FIGURES}
        rows.append(row | {"Seeds": len(cut.seeds), "Weights trained": int(cut.parameters)})
    return pd.DataFrame(rows)
