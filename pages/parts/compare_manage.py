"""What is done with ticked runs: another name, tags, a note, deleting; and the way back from deleting."""

import streamlit as st

from core.errors import ThawError
from core.records import Run
from core.runs.naming import MOST_TAGS, NAME_LENGTH, NOTE_LENGTH, same_tag
from core.runs.repeats import lines
from pages.parts import loaders, selection, words

_UNDO, _VERSION, _FAILED = "compare_manage_undo", "compare_manage_version", "compare_manage_failed"
SHOWN = 6  # runs named in the popover; more are counted
SHORT = 70  # characters of a name that are shown there


def manage(ticked: list[Run], runs: list[Run]) -> None:
    """The popover "Manage" of the ticked runs. runs: all, among them the other seeds of the ticked lines."""
    # Another key closes the popover once something was done.
    key = f"compare_manage_{st.session_state.get(_VERSION, 0)}"
    help = "Name, tags, a note, or delete." if ticked else "Tick runs in the table first."
    with st.popover("Manage", icon=":material/edit:", key=key, disabled=not ticked, help=help):
        if ticked:
            chosen = _with_seeds(ticked, runs)
            named = [f"- {words.plain(_short(run.name))}" for run in chosen[:SHOWN]]
            rest = [f"- and {len(chosen) - SHOWN:,} more"] if len(chosen) > SHOWN else []
            st.markdown(f"**{words.count(len(chosen), 'run')}**\n\n" + "\n".join(named + rest))
            write(chosen, all_tags(runs))
            delete(chosen, runs)


def _short(name: str) -> str:
    return name if len(name) <= SHORT else name[: SHORT - 1] + "…"


def all_tags(runs: list[Run]) -> list[str]:
    """The tags of all runs, each once whatever its capitals."""
    found: dict[str, str] = {}
    for run in runs:
        for tag in run.tags:
            found.setdefault(same_tag(tag), tag)
    return [found[key] for key in sorted(found)]


def _with_seeds(ticked: list[Run], runs: list[Run]) -> list[Run]:
    """The ticked runs, or with the switch all seeds of their plans."""
    ids = {run.id for run in ticked}
    all_seeds = [
        run for line in lines(runs) if line.folded and ids & {run.id for run in line.runs} for run in line.runs
    ]
    others = [run for run in all_seeds if run.id not in ids]
    if others and st.toggle(
        f"With {words.count(len(others), 'repeat')} of other seeds",
        key="compare_manage_seeds",
        help="What is done here is done to every run of the ticked plans, not to the ticked seeds alone.",
    ):
        return ticked + others
    return ticked


def write(chosen: list[Run], known: list[str]) -> None:
    """Name of one run, tags and a note of any number; what was not changed here is not written."""
    common = [tag for tag in chosen[0].tags if all(tag in run.tags for run in chosen)]
    notes = {run.note for run in chosen}
    note = chosen[0].note if len(notes) == 1 else ""
    # The keys say what was read: what another window writes meanwhile is shown, not overwritten unseen.
    key = f"compare_manage_{hash((tuple(run.id for run in chosen), chosen[0].name, tuple(common), note))}"
    one = len(chosen) == 1
    with st.form(f"{key}_form", border=False):
        name = st.text_input("Name", chosen[0].name, key=f"{key}_name", max_chars=NAME_LENGTH) if one else None
        tags = st.multiselect(
            "Tags",
            [*common, *(tag for tag in known if tag not in common)],
            default=common,
            key=f"{key}_tags",
            accept_new_options=True,
            max_selections=MOST_TAGS,
            placeholder="Choose, or type a new one",
            help="Short words to search and filter by." + ("" if one else " Shown are the tags that all of them have."),
        )
        written = st.text_area(
            "Note",
            note,
            key=f"{key}_note",
            max_chars=NOTE_LENGTH,
            placeholder="What was tried, and why"
            if len(notes) == 1
            else "They have different notes; this replaces them",
            height=100,
        )
        if st.form_submit_button("Save", icon=":material/check:"):
            _save(chosen, name, (common, tags), (note, written))


def _save(chosen: list[Run], name: str | None, tags: tuple[list, list], note: tuple[str, str]) -> None:
    shown, asked = tags
    gone = set(shown) - set(asked)
    store = loaders.store()
    try:
        for run in chosen:
            if name is not None and name != run.name:
                store.rename(run.id, name)
            if asked != shown:
                store.set_tags(run.id, [tag for tag in run.tags if tag not in gone and tag not in asked] + asked)
            if note[0] != note[1]:
                store.set_note(run.id, note[1])
    except ThawError as error:
        st.session_state[_FAILED] = str(error)
    else:
        _done("Saved." if len(chosen) == 1 else f"Saved for {words.count(len(chosen), 'run')}.")
    loaders.runs.clear()
    st.rerun()


def delete(chosen: list[Run], runs: list[Run]) -> None:
    """The button, and what it does in a sentence."""
    active = [run for run in chosen if not run.status.over]
    if active:
        named = words.plain(_short(active[0].name))
        st.caption(f"“{named}” is {active[0].status}. Cancel it on the Train page first, then delete it.")
    else:
        ids = {run.id for run in chosen}
        lent = any(run.spec and run.spec.weights in ids for run in runs if run.id not in ids)
        st.caption(
            "Deleted runs leave every list; “Undo” brings them back, and so does “More” later."
            + (" Runs that started from their weights keep them." if lent else "")
        )
    st.button(
        f"Delete {words.count(len(chosen), 'run')}",
        key="compare_delete",
        icon=":material/delete:",
        disabled=bool(active),
        on_click=_delete,
        args=([run.id for run in chosen],),
    )


def _delete(run_ids: list[str]) -> None:
    # In another window it may have been deleted, or queued again.
    gone, ticked = _each(loaders.store().delete, run_ids), selection.runs()
    if gone:
        ids = {run.id for run in gone}
        selection.set_runs([run_id for run_id in ticked if run_id not in ids])
        _done(f"{words.count(len(gone), 'run')} deleted.")
        st.session_state[_UNDO] = (gone, ticked)


def notices() -> None:
    """What could not be done; and the last deleting with its undo, until something else is done."""
    if failed := st.session_state.pop(_FAILED, None):
        st.error(words.plain(failed), icon=":material/error:")
    gone, ticked = st.session_state.get(_UNDO, ((), ()))
    if not gone:
        return
    what = f"“{words.plain(_short(gone[0].name))}” is" if len(gone) == 1 else f"{len(gone):,} runs are"
    with st.container(horizontal=True, vertical_alignment="center", key="compare_undo_row"):
        st.markdown(f"{what} deleted.", width="content")
        st.button("Undo", key="compare_undo", icon=":material/undo:", on_click=_undo, args=(gone, ticked))


def _undo(gone: list[Run], ticked: list[str]) -> None:
    if _restore([run.id for run in gone]):
        selection.set_runs(ticked)


def forget_undo() -> None:
    """Something else was done."""
    st.session_state.pop(_UNDO, None)


def bring_back() -> None:
    """Deleted runs, the newest first, and the way to bring them back."""
    with st.expander("Deleted runs", key="compare_deleted", on_change="rerun") as opened:
        if not opened.open:  # MLflow is slow to list them
            return
        gone = {run.id: run for run in loaders.store().deleted()}
        if not gone:
            st.caption("None. Runs that are deleted under “Manage” can be brought back from here.")
            return
        chosen = st.multiselect(
            "Deleted runs",
            list(gone),
            format_func=lambda run_id: f"{gone[run_id].name} ({words.run_sentence(gone[run_id])})",
            key="compare_bring_back",
            label_visibility="collapsed",
            placeholder="Choose runs",
        )
        st.button(
            "Bring back",
            key="compare_restore",
            icon=":material/undo:",
            disabled=not chosen,
            on_click=_restore,
            args=(chosen,),
        )


def _restore(run_ids: list[str]) -> list[Run]:
    back = _each(loaders.store().restore, run_ids)
    if back:
        _done("1 run is back." if len(back) == 1 else f"{len(back):,} runs are back.")
    return back


def _each(do, run_ids: list[str]) -> list[Run]:
    """The runs for which `do` went well; what went wrong with another is kept to be said."""
    done = []
    for run_id in run_ids:
        try:
            done.append(do(run_id))
        except ThawError as error:
            st.session_state[_FAILED] = str(error)
    loaders.runs.clear()
    return done


def _done(what: str) -> None:
    forget_undo()
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    st.toast(what, icon=":material/check:")
