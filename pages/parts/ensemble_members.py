"""The members of an ensemble: who can take part, and a row with switch, accuracy and recall strip each."""

import html
from dataclasses import dataclass

import streamlit as st

from core.charts.colours import ink_on, mix, palette
from core.errors import ThawError
from core.evaluation import Figures, gate
from core.records import Part, Predictions, Run, RunKind, Status
from pages.parts import loaders, selection, words

TEST_KEY = "ensemble_test"
NUMBERED = 10  # classes: up to here each cell of a strip holds its number
CELL = "flex:1 1 0;margin-left:-1px;text-align:center;font-size:.8125rem;line-height:1.375rem"
SHOWN_OUT = 20  # runs that don't fit are named, up to this many


@dataclass(frozen=True)
class Candidates:
    """Runs that can vote together, best on validation first, and the others with the reason."""

    runs: list[Run]
    predictions: dict[str, Predictions]  # by run id
    figures: dict[str, Figures]  # on validation, by run id
    out: list[tuple[Run, str]]

    @property
    def on(self) -> list[str]:
        """Ids of the members that are switched on, in the order of the list."""
        ticked = set(selection.runs())
        return [run.id for run in self.runs if run.id in ticked]

    def name(self, run_id: str) -> str:
        return next(run.name for run in self.runs if run.id == run_id)


def candidates() -> Candidates:
    """All runs, sorted by whether they were tested on the chosen photos; a run whose files are gone is out as well."""
    every = loaders.runs()
    fitting, reasons = gate(_reference(every), every)
    predictions, figures = {}, {}
    for run in fitting:
        try:
            predictions[run.id] = loaders.predictions(run.id)
            figures[run.id] = loaders.figures(run.id, Part.VALIDATION)
        except ThawError as error:
            reasons[run.id] = str(error)
    runs = [run for run in fitting if run.id not in reasons]
    runs.sort(key=lambda run: (-figures[run.id].accuracy, run.name))
    return Candidates(runs, predictions, figures, [(run, reasons[run.id]) for run in every if run.id in reasons])


def _reference(every: list[Run]) -> str | None:
    """Evaluation id all members must have: the split's, or that of predictions brought from elsewhere."""
    split = selection.split()
    labels = {split.evaluation_id: f"split {split.id[:8]}"} if split else {}
    for run in every:
        if run.kind == RunKind.BROUGHT and run.status == Status.FINISHED and run.evaluation_id:
            labels.setdefault(run.evaluation_id, f"photos of {run.name} ({run.evaluation_id[:8]})")
    if st.session_state.get(TEST_KEY) not in labels:
        st.session_state.pop(TEST_KEY, None)
    if len(labels) < 2:
        return next(iter(labels), None)
    return st.selectbox(
        "Tested on",
        list(labels),
        format_func=labels.get,
        key=TEST_KEY,
        bind="query-params",
        help="Members must have answered the same photos. Predictions brought from elsewhere can be of other photos "
        "than the split in the bar above.",
    )


def switches(found: Candidates) -> None:
    """A row for each candidate; a switch changes the ticked runs, so the choice is in the address."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"**{len(found.on)} of {words.count(len(found.runs), 'member')} on**", width="stretch")
        ids = [run.id for run in found.runs]
        st.button("All", key="ensemble_all", on_click=_switch, args=(ids, True), help="Switch every member on.")
        st.button("None", key="ensemble_none", on_click=_switch, args=(ids, False), help="Switch every member off.")
    for run in found.runs:
        _row(run, found.figures[run.id], run.id in found.on)
    st.caption(
        "Coloured cells: how many photos of each class the member finds, in the order of the classes. "
        "Members that miss different classes help each other most."
    )
    show_out(found.out)


def _row(run: Run, figures: Figures, on: bool) -> None:
    key = f"ensemble_member_{run.id}"
    st.session_state[key] = on  # the ticked runs decide, also when they were changed in the bar above
    with st.container(key=f"ensemble_row_{run.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.toggle(words.plain(run.name), key=key, on_change=_switched, args=(run.id,), width="stretch")
            st.markdown(words.percent(figures.accuracy), width="content")
        st.html(_strip(figures, run.name))


def _switched(run_id: str) -> None:
    _switch([run_id], st.session_state[f"ensemble_member_{run_id}"])


def _switch(run_ids: list[str], on: bool) -> None:
    kept = [run_id for run_id in selection.runs() if run_id not in run_ids]
    selection.set_runs(kept + run_ids if on else kept)


def _strip(figures: Figures, name: str) -> str:
    """One cell a class from 0 to 100 % recall, on the colours of the confusion matrix."""
    colours = palette(selection.dark())
    cells = []
    for row in figures.per_class.itertuples(index=False):
        said = f"{row[0]}: {words.percent(row.recall, row.support)}"
        shade = mix(*colours.shares, row.recall)
        number = f"{100 * row.recall:.0f}" if len(figures.per_class) <= NUMBERED else "&nbsp;"
        style = f"background:{shade};color:{ink_on(shade)};border:1px solid {colours.line};{CELL}"
        cells.append(f'<span title="{html.escape(said)}" style="{style}">{number}</span>')
    label = html.escape(f"Recall of each class, {name}")
    return f'<div role="img" aria-label="{label}" style="display:flex;padding-left:1px">{"".join(cells)}</div>'


def show_out(out: list[tuple[Run, str]]) -> None:
    if not out:
        return
    ticked = set(selection.runs())
    with st.expander(
        f"{words.count(len(out), 'run')} can't take part", expanded=any(run.id in ticked for run, _ in out)
    ):
        for run, reason in out[:SHOWN_OUT]:
            st.toggle(words.plain(run.name), value=False, key=f"ensemble_out_{run.id}", disabled=True)
            st.caption(words.plain(reason))
        if len(out) > SHOWN_OUT:
            st.caption(f"and {len(out) - SHOWN_OUT:,} more")
