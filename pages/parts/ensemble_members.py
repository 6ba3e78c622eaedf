"""The members of an ensemble: who can take part, who can't and why."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.errors import ThawError
from core.evaluation import Figures, gate
from core.records import Part, Predictions, Run, RunKind, Status
from core.records.ensemble import MOST_MEMBERS
from pages.parts import loaders, selection, words

TEST_KEY = "ensemble_test"
SHOWN_OUT = 20  # runs that don't fit are named, up to this many


@dataclass(frozen=True)
class Candidates:
    """Runs that can vote together, best on validation first, and the others with the reason."""

    runs: list[Run]
    predictions: dict[str, Predictions]  # by run id
    figures: dict[str, Figures]  # on validation, by run id
    out: list[tuple[Run, str]]

    @property
    def ids(self) -> list[str]:
        return [run.id for run in self.runs]

    @property
    def on(self) -> list[str]:
        """Ids of the members that are switched on, in the order of the list; at most `MOST_MEMBERS`."""
        ticked = set(selection.runs())
        return [run.id for run in self.runs if run.id in ticked][:MOST_MEMBERS]

    def name(self, run_id: str) -> str:
        return next(run.name for run in self.runs if run.id == run_id)

    def switch(self, on: list[str]) -> None:
        """Switch on exactly these; ticked runs that can't take part here stay ticked. For callbacks."""
        here = set(self.ids)
        selection.set_runs([*(run for run in selection.runs() if run not in here), *on])


def candidates() -> Candidates:
    """All runs, sorted by whether they can answer together on the chosen photos; one whose files are gone is out."""
    every = loaders.runs()
    fitting, reasons = gate(_reference(every), every)
    predictions, figures = {}, {}
    for run in fitting:
        if run.kind == RunKind.ENSEMBLE:
            reasons[run.id] = "a saved ensemble, which is no member of another: switch its members on"
            continue
        try:
            if why := _unfit(run):
                reasons[run.id] = why
                continue
            predictions[run.id] = loaders.predictions(run.id)
            figures[run.id] = loaders.figures(run.id, Part.VALIDATION)
        except ThawError as error:
            reasons[run.id] = str(error)
    runs = [run for run in fitting if run.id not in reasons]
    runs.sort(key=lambda run: (-figures[run.id].accuracy, run.name))
    return Candidates(runs, predictions, figures, [(run, reasons[run.id]) for run in every if run.id in reasons])


def _unfit(run: Run) -> str | None:
    """Why a run that was tested on these photos still can't be a member."""
    if run.kind == RunKind.ENSEMBLE:
        return "an ensemble can't be a member of another; switch its members on instead"
    if not _all_numbers(run.id):
        return "some of its probabilities are not numbers"
    return None


@st.cache_resource(max_entries=256, show_spinner=False)
def _all_numbers(run_id: str) -> bool:
    return all(np.isfinite(part.probabilities).all() for part in loaders.predictions(run_id).parts.values())


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


def show_out(out: list[tuple[Run, str]]) -> None:
    if not out:
        return
    ticked = set(selection.runs())
    with st.expander(
        f"{words.count(len(out), 'run')} can't take part", expanded=any(run.id in ticked for run, _ in out)
    ):
        # Those that were ticked first: somebody waits for the reason.
        for run, reason in sorted(out, key=lambda one: one[0].id not in ticked)[:SHOWN_OUT]:
            st.toggle(words.plain(run.name), value=False, key=f"ensemble_out_{run.id}", disabled=True)
            st.caption(words.plain(reason))
        if len(out) > SHOWN_OUT:
            st.caption(f"and {len(out) - SHOWN_OUT:,} more")
