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
from pages.parts import loaders, results, selection, words

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
    """Means over the seeds as in the report's table; test figures where they may be seen."""
    shown = selection.show_test(looking_at=f"sweep {found.chosen.runs[0]}")
    rows = []
    for cut in found.cuts:
        row = {"k": cut.k, "Seeds": len(cut.seeds), "Weights trained": int(cut.parameters)}
        row |= {f"{NAMES[name]}": 100 * cut.validation[name].mean() for name in FIGURES}
        if shown:
            row |= {"Test accuracy": 100 * cut.test["accuracy"].mean(), "Test F1": 100 * cut.test["f1_macro"].mean()}
        rows.append(row)
    rates = [*NAMES.values(), "Test accuracy", "Test F1"]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={name: results.rate_column(name, "Mean of the seeds.") for name in rates}
        | {"Weights trained": st.column_config.NumberColumn(format="localized")},
        alt="Figures of each cut, means over its seeds",
    )
