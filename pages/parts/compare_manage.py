"""What is done with ticked runs: another name, tags, a note, deleting."""

import streamlit as st

from core.errors import ThawError
from core.jobs.quotas import check_rights
from core.records import Run
from core.runs.naming import MOST_TAGS, NAME_LENGTH, NOTE_LENGTH, same_tag
from core.runs.repeats import lines
from pages.parts import compare_deleted, loaders, visitors, words
from pages.parts.compare_deleted import done, failed, short, version

SHOWN = 6  # runs named in the popover; more are counted


def manage(ticked: list[Run], runs: list[Run]) -> None:
    """The popover "Manage" of the ticked runs. runs: all, among them the other seeds of the ticked lines."""
    # Another key closes the popover once something was done.
    key = f"compare_manage_{version()}"
    help = "Name, tags, a note, or delete." if ticked else "Tick runs in the table first."
    with st.popover("Manage", icon=":material/edit:", key=key, disabled=not ticked, help=help):
        if ticked:
            chosen = _with_seeds(ticked, runs)
            named = [f"- {words.plain(short(run.name))}" for run in chosen[:SHOWN]]
            rest = [f"- and {len(chosen) - SHOWN:,} more"] if len(chosen) > SHOWN else []
            st.markdown(f"**{words.count(len(chosen), 'run')}**\n\n" + "\n".join(named + rest))
            theirs = [run for run in chosen if not visitors.may_change(run)]
            if theirs:
                st.caption(
                    f"“{words.plain(short(theirs[0].name))}” belongs to "
                    f"{words.plain(theirs[0].owner) or 'whoever sits at the computer itself'}. Only they and the "
                    "teacher change it."
                )
            else:
                write(chosen, all_tags(runs))
                delete(chosen, runs)


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
            check_rights(visitors.current(), run)
            if name is not None and name != run.name:
                store.rename(run.id, name)
            if asked != shown:
                store.set_tags(run.id, [tag for tag in run.tags if tag not in gone and tag not in asked] + asked)
            if note[0] != note[1]:
                store.set_note(run.id, note[1])
    except ThawError as error:
        failed(str(error))
    else:
        done("Saved." if len(chosen) == 1 else f"Saved for {words.count(len(chosen), 'run')}.")
    loaders.runs.clear()
    st.rerun()


def delete(chosen: list[Run], runs: list[Run]) -> None:
    """The button, and what it does in a sentence."""
    active = [run for run in chosen if not run.status.over]
    if active:
        named = words.plain(short(active[0].name))
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
        on_click=compare_deleted.delete,
        args=(chosen,),
    )
