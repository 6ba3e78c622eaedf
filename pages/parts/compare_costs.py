"""The Costs view: what it costs to take one class for another, and what each run costs a photo then."""

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import ThawError
from core.evaluation import Comparison
from core.evaluation.costs import cheapest_cost, cost_interval, expected_cost, plain_costs
from core.records import Part, Run
from core.runs.costs_store import LONGEST_NAME, PLAIN, delete_costs, list_costs, save_costs
from core.settings import settings
from pages.parts import compare_out, loaders, plain_table, selection, visitors, words
from pages.parts.compare_calibration import calibrated
from pages.parts.plain_table import Cell

_NAME, _PENDING, _TOLD, _VERSION = "compare_costs_name", "compare_costs_next", "compare_costs_told", "compare_costs_v"


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    """The matrix to edit above, what follows from it below."""
    matrix = edited(found.classes)
    if matrix is None:
        return
    table = cost_frame(found, runs, matrix)
    rows = [_row(one) for one in table.to_dict(orient="records")]
    head = ["", Cell("Costs a photo", "expected, with its interval"), Cell("With the cheapest answer", "instead")]
    plain_table.draw(plain_table.table_html(head, rows, selection.dark()), dark=selection.dark())
    st.caption(
        f"On {words.count(next(iter(found.figures.values())).photos, f'{found.part} photo')}. The cheapest answer is "
        "the class that costs least by the run's own probabilities, made honest by the temperature fitted on "
        "validation; it may not be the most probable one. A run of labels only has none."
    )
    out.table("expected costs", table)
    named = pd.DataFrame(matrix, columns=list(found.classes))
    named.insert(0, "true class", list(found.classes), allow_duplicates=True)
    out.table("costs", named)


def edited(classes: tuple[str, ...]) -> np.ndarray | None:
    """The costs as they stand in the editor; None, with a sentence, while a cell is empty."""
    if (name := st.session_state.pop(_PENDING, None)) is not None:
        st.session_state[_NAME] = name
    if told := st.session_state.pop(_TOLD, None):
        st.toast(words.plain(told), icon=":material/check:")
    saved = {one.name: one.matrix for one in list_costs(settings(), classes)}
    if st.session_state.get(_NAME) not in (None, PLAIN, *saved):
        del st.session_state[_NAME]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.selectbox(
            "Costs",
            [PLAIN, *saved],
            key=_NAME,
            width=300,
            help="What a mistake costs, in whatever unit: minutes, money, harm. They are saved for these classes.",
        )
        saving = st.container(horizontal=True, vertical_alignment="bottom", width="content")
    matrix = saved.get(chosen, plain_costs(len(classes)))
    st.caption("Rows are true classes, columns what the run says. Right answers may cost too; a gain is below 0.")
    table = st.data_editor(
        pd.DataFrame(matrix, index=pd.Index(list(classes), name="true class"), columns=list(classes)),
        key=f"compare_costs_{hash((classes, chosen, st.session_state.get(_VERSION, 0)))}",
        height=38 + 35 * min(len(classes), 12),
        column_config={name: st.column_config.NumberColumn(name, required=True, width=96) for name in classes}
        | {"_index": st.column_config.TextColumn("True class", disabled=True)},
        num_rows="fixed",
    )
    now = table.to_numpy(dtype=float, na_value=np.nan)
    with saving:
        keep(classes, now, "" if chosen == PLAIN else chosen)
    if not np.isfinite(now).all():
        st.warning("Each pair of classes needs a number; some cells are empty.", icon=":material/edit:")
        return None
    return now


def keep(classes: tuple[str, ...], matrix: np.ndarray, name: str) -> None:
    """Save what is in the editor under a name, or forget what is saved."""
    with st.popover("Save", icon=":material/save:", help="Keeps these costs under a name, for these classes."):
        wanted = st.text_input("Name", name, max_chars=LONGEST_NAME, key=f"compare_costs_as_{name}")
        if st.button("Save under this name", key="compare_costs_save", disabled=not wanted.strip()):
            try:
                kept = save_costs(settings(), wanted, classes, matrix)
            except ThawError as error:
                st.error(words.plain(str(error)), icon=":material/error:")
                return
            _go_on(kept.name, f"Saved as {kept.name}.")
        mine = visitors.current().teacher  # saved costs belong to nobody, so in a class the teacher deletes them
        if name and mine and st.button("Delete", key="compare_costs_delete", icon=":material/delete:", type="tertiary"):
            delete_costs(settings(), name, classes)
            _go_on(PLAIN, f"{name} is deleted.")


def _go_on(name: str, told: str) -> None:
    """Draw the page anew with these costs and a fresh editor: what was typed is in the file now."""
    st.session_state[_PENDING], st.session_state[_TOLD] = name, told
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    st.rerun()


def cost_frame(found: Comparison, runs: list[Run], matrix: np.ndarray) -> pd.DataFrame:
    """One row a run: expected cost of a photo with its interval, and that of the cheapest answer (None for labels)."""
    key, rows = matrix.tobytes(), []
    for run in runs:
        counts = found.figures[run.id].confusion
        low, high = _interval(run.id, found.part, key) or (None, None)
        row = {"run": found.letters[run.id], "name": run.name, "cost": expected_cost(counts, matrix)}
        rows.append(row | {"low": low, "high": high, "cheapest": _cheapest(run.id, found.part, key)})
    return pd.DataFrame(rows, dtype=object)  # else None would become NaN


@st.cache_data(max_entries=256, show_spinner=False)
def _interval(run_id: str, part: Part, matrix: bytes) -> tuple[float, float] | None:
    counts = loaders.figures(run_id, part).confusion
    return cost_interval(counts, np.frombuffer(matrix).reshape(counts.shape))


@st.cache_data(max_entries=256, show_spinner=False)
def _cheapest(run_id: str, part: Part, matrix: bytes) -> float | None:
    of, n_classes = calibrated(run_id, part), len(loaders.predictions(run_id).classes)
    return None if of is None else cheapest_cost(of.after, np.frombuffer(matrix).reshape(n_classes, n_classes))


def _row(one: dict) -> list[Cell]:
    interval = "" if one["low"] is None else f"{amount(one['low'])} to {amount(one['high'])}"
    cheapest = one["cheapest"]
    change = "" if cheapest is None else amount(cheapest - one["cost"], signed=True)
    change = "the same" if cheapest == one["cost"] else change
    return [
        Cell(f"{one['run']} {one['name']}"),
        Cell(amount(one["cost"]), interval),
        Cell("" if cheapest is None else amount(cheapest), change),
    ]


def amount(value: float, signed: bool = False) -> str:
    """A cost to three digits, never as a power: "0.382", "12.4", "1,240"."""
    size = abs(value)
    decimals = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{value + 0.0:{'+' if signed else ''},.{decimals}f}"
