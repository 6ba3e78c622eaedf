"""Deleted runs on Compare: the undo of the last deleting, and the list from which they come back or go for good."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import ThawError
from core.jobs.quotas import check_rights
from core.records import Run
from pages.parts import loaders, selection, visitors, words

_UNDO, _VERSION, _FAILED = "compare_manage_undo", "compare_manage_version", "compare_manage_failed"
_CHOSEN = "compare_bring_back"
SHORT = 70  # characters of a name that are shown
NAMED = 6  # runs that are named; more are counted


def version() -> int:
    """Counts what was done: a popover whose key has it closes then."""
    return st.session_state.get(_VERSION, 0)


def short(name: str) -> str:
    return name if len(name) <= SHORT else name[: SHORT - 1] + "…"


def failed(sentence: str) -> None:
    """Something could not be done; said when the page is drawn anew."""
    st.session_state[_FAILED] = sentence


def done(what: str) -> None:
    """Something else was done: there is no undo any more."""
    forget_undo()
    st.session_state[_VERSION] = version() + 1
    st.toast(what, icon=":material/check:")


def delete(runs: list[Run]) -> None:
    """Delete runs, with undo; called from a callback."""
    # In another window it may have been deleted, or queued again.
    gone, ticked = _each(loaders.store().delete, runs), selection.runs()
    if gone:
        ids = {run.id for run in gone}
        selection.set_runs([run_id for run_id in ticked if run_id not in ids])
        done(f"{words.count(len(gone), 'run')} deleted.")
        st.session_state[_UNDO] = (gone, ticked)


def notices() -> None:
    """What could not be done; and the last deleting with its undo, until something else is done."""
    if failed := st.session_state.pop(_FAILED, None):
        st.error(words.plain(failed), icon=":material/error:")
    gone, ticked = st.session_state.get(_UNDO, ((), ()))
    if not gone:
        return
    what = f"“{words.plain(short(gone[0].name))}” is" if len(gone) == 1 else f"{len(gone):,} runs are"
    with st.container(horizontal=True, vertical_alignment="center", key="compare_undo_row"):
        st.markdown(f"{what} deleted.", width="content")
        st.button("Undo", key="compare_undo", icon=":material/undo:", on_click=_undo, args=(gone, ticked))


def _undo(gone: list[Run], ticked: list[str]) -> None:
    if _restore(gone):
        selection.set_runs(ticked)


def forget_undo() -> None:
    """Something else was done."""
    st.session_state.pop(_UNDO, None)


def show() -> None:
    """Deleted runs, the newest first; the way to bring them back, and the way to delete them for good."""
    with st.expander("Deleted runs", key="compare_deleted", on_change="rerun") as opened:
        if not opened.open:  # MLflow is slow to list them
            return
        gone = {run.id: run for run in loaders.store().deleted() if visitors.may_change(run)}
        if not gone:
            st.caption("None. Runs that are deleted under “Manage” can be brought back from here.")
            return
        chosen = st.multiselect(
            "Deleted runs",
            list(gone),
            format_func=lambda run_id: called(gone[run_id]),
            key=_CHOSEN,
            label_visibility="collapsed",
            placeholder="Choose runs",
        )
        with st.container(horizontal=True):
            st.button(
                "Bring back",
                key="compare_restore",
                icon=":material/undo:",
                disabled=not chosen,
                on_click=_restore,
                args=([gone[run_id] for run_id in chosen],),
            )
            which = words.count(len(chosen), "run") if chosen else "all"
            if st.button(f"Delete {which} for good ...", key="compare_for_good", icon=":material/delete_forever:"):
                _ask([gone[run_id] for run_id in chosen or gone])


def called(run: Run) -> str:
    """What tells a run from others of its name, and never changes: a choice whose text changes is lost."""
    accuracy = run.metrics.get("validation_accuracy")
    pieces = [f"validation {words.percent(accuracy)}" if accuracy is not None else str(run.status)]
    return f"{run.name} ({' · '.join([*pieces, f'{run.created:%Y-%m-%d %H:%M}', run.id[:8]])})"


@st.dialog("Delete for good?")
def _ask(runs: list[Run]) -> None:
    """What goes, what comes free, what stays; nothing is done before it is said twice."""
    store, names = loaders.store(), [f"- {words.plain(short(run.name))}" for run in runs[:NAMED]]
    rest = [f"- and {len(runs) - NAMED:,} more"] if len(runs) > NAMED else []
    try:
        freed = sum(store.bytes_of(run.id) for run in runs) / 2**20
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    st.markdown(f"**{words.count(len(runs), 'run')}**, {words.memory(freed)} on the disk\n\n" + "\n".join(names + rest))
    st.caption(
        "Figures, predictions, trained weights and logs go, and nothing brings them back. Photos, splits, frozen "
        "weights and all other runs stay."
    )
    with st.container(horizontal=True):
        if st.button("Delete for good", key="compare_for_good_yes", type="primary", on_click=_for_good, args=(runs,)):
            st.rerun()
        if st.button("Keep them", key="compare_for_good_no"):
            st.rerun()


def _for_good(runs: list[Run]) -> None:
    freed = _each(loaders.store().delete_for_good, runs)
    if freed:
        done(f"{words.count(len(freed), 'run')} deleted for good: {words.memory(sum(freed) / 2**20)} came free.")


def _restore(runs: list[Run]) -> list[Run]:
    back = _each(loaders.store().restore, runs)
    if back:
        done("1 run is back." if len(back) == 1 else f"{len(back):,} runs are back.")
    return back


def _each(do: Callable[[str], Any], runs: list[Run]) -> list:
    """What `do` gave for the runs with which it went well; what went wrong with another is kept to be said."""
    given = []
    for run in runs:
        try:
            check_rights(visitors.current(), run)
            given.append(do(run.id))
        except ThawError as error:
            failed(str(error))
    loaders.runs.clear()
    return given
