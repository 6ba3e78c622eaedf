"""The table of runs on the Compare screen: ticks choose what is compared and are kept in the address."""

import pandas as pd
import streamlit as st

from core.evaluation import gate, letter
from core.records import Dataset, Run, Status
from pages.parts import loaders, results, run_words, selection, words

ROWS = 7  # seen at once; more scroll inside the table
_VERSION, _REFUSED = "compare_table_version", "compare_refused"


def choose_runs(runs: list[Run]) -> None:
    """Draw the table; afterwards `selection.runs()` are the ticked runs."""
    by_id = {run.id: run for run in runs}
    ticked = [run_id for run_id in selection.runs() if run_id in by_id]
    reasons = why_not(by_id, ticked)
    key = _key(runs, ticked)
    st.dataframe(
        _greyed(rows(runs, ticked, reasons, loaders.dataset_list()), runs, reasons),
        hide_index=True,
        height=38 + 35 * min(len(runs), ROWS),
        key=key,
        on_select=lambda: _ticked(key, runs),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [n for n, run in enumerate(runs) if run.id in ticked]}},
        column_config=_columns(reasons, bool(ticked)),
        alt="Table of runs; tick rows to compare them",
    )
    for sentence in st.session_state.pop(_REFUSED, ()):
        st.warning(sentence, icon=":material/block:")
    if reasons:
        st.caption(gate_sentence(reasons))


def rows(runs: list[Run], ticked: list[str], reasons: dict[str, str], datasets: list[Dataset]) -> pd.DataFrame:
    """One row a run, in the order given."""
    compared = [run_id for run_id in ticked if run_id not in reasons]
    names = {dataset.id: dataset.name for dataset in datasets}
    accuracy = [run.metrics.get("validation_accuracy") if run.status == Status.FINISHED else None for run in runs]
    return pd.DataFrame(
        {
            "letter": [letter(compared.index(run.id)) if run.id in compared else "" for run in runs],
            "name": [run.name for run in runs],
            "validation": pd.Series(accuracy, dtype=float).mul(100),
            "reason": [reasons.get(run.id, "") for run in runs],
            "network": [run_words.network(run) for run in runs],
            "training": [run_words.training(run) for run in runs],
            "dataset": [names.get(run.spec.dataset, run.spec.dataset[:8]) if run.spec else "" for run in runs],
            "status": [str(run.status) for run in runs],
            "created": [run.created for run in runs],
        }
    )


def why_not(by_id: dict[str, Run], ticked: list[str]) -> dict[str, str]:
    """Run id -> why it can't be added to what is ticked; empty while nothing is ticked."""
    if not ticked:
        return {}
    _, reasons = gate(by_id[ticked[0]].evaluation_id, list(by_id.values()))
    return {run_id: reason for run_id, reason in reasons.items() if run_id != ticked[0]}


def admitted(before: list[str], now: list[str], by_id: dict[str, Run]) -> tuple[list[str], list[str]]:
    """Ticks that stand after a click, in the order they were made, and a sentence for each that was refused.

    What was ticked first decides which photos are spoken of. A run without figures stands alone: whatever is ticked
    next takes its place.
    """
    order = [run_id for run_id in before if run_id in now] + [run_id for run_id in now if run_id not in before]
    if len(order) > 1 and by_id[order[0]].status != Status.FINISHED:
        order = order[1:]
    if not order:
        return [], []
    reasons = why_not(by_id, order)
    first = by_id[order[0]].name
    refused = [
        f"“{words.plain(by_id[run_id].name)}” can't be added to “{words.plain(first)}”: {reasons[run_id]}."
        for run_id in order
        if run_id in reasons
    ]
    return [run_id for run_id in order if run_id not in reasons], refused


def gate_sentence(reasons: dict[str, str]) -> str:
    """How many runs can't be added, and why."""
    each = pd.Series(list(reasons.values())).value_counts()
    why = ", ".join(f"{reason} ({count})" for reason, count in each.items())
    return f"Greyed runs can't be added to the ticked ones: {why}. Figures are compared on the same photos only."


def _ticked(key: str, runs: list[Run]) -> None:
    now = [runs[row].id for row in st.session_state[key].selection.rows if row < len(runs)]
    kept, refused = admitted(selection.runs(), now, {run.id: run for run in runs})
    st.session_state[_REFUSED] = refused
    selection.set_runs(kept)


def _key(runs: list[Run], ticked: list[str]) -> str:
    """Key of the table: a new one, and so a fresh widget, where its own ticks don't say what the address says."""
    identity = hash(tuple(run.id for run in runs))
    version = st.session_state.setdefault(_VERSION, 0)
    held = st.session_state.get(f"compare_runs_{identity}_{version}")
    if held is not None and {runs[row].id for row in held.selection.rows if row < len(runs)} != set(ticked):
        st.session_state[_VERSION] = version + 1
    return f"compare_runs_{identity}_{st.session_state[_VERSION]}"


def _greyed(frame: pd.DataFrame, runs: list[Run], reasons: dict[str, str]):
    grey = ["color: #8A8F98" if run.id in reasons else "" for run in runs]
    return frame.style.apply(lambda column: grey if column.name != "validation" else [""] * len(column), axis=0)


def _columns(reasons: dict[str, str], ticked: bool) -> dict:
    text = st.column_config.TextColumn
    return {
        "letter": text("", width=40, pinned=True, help="What the run is called below.") if ticked else None,
        "name": text("Run", width=220),
        "validation": results.rate_column("Validation", "Share of validation photos that are right.", 1, width=130),
        "reason": text("Can't be added", width=170) if reasons else None,
        "network": text("Network", width=115),
        "training": text("Training", width="large", help="Which layers stay frozen in each phase."),
        "dataset": text("Photos", width=100),
        "status": text("Status", width=85),
        "created": st.column_config.DatetimeColumn("When", format="distance", width=130),
    }
