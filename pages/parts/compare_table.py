"""The table of runs on the Compare screen: ticks choose what is compared and are kept in the address."""

import streamlit as st

from core.evaluation import gate, letter
from core.records import Run, Status
from core.runs.lookup import MOST_LISTED
from core.runs.repeats import Line, lines
from pages.parts import compare_deleted, compare_filter, compare_rows, loaders, selection, words

ROWS = 7  # seen at once; more scroll inside the table
_REFUSED = "compare_refused"


def choose_runs(runs: list[Run]) -> None:
    """Draw the controls and the table; afterwards `selection.runs()` are the ticked runs."""
    by_id = {run.id: run for run in runs}
    ticked = [run_id for run_id in selection.runs() if run_id in by_id]
    all_lines = lines(runs)
    repeats = any(line.folded for line in all_lines)
    fitting, fold = compare_filter.controls(runs, [by_id[run_id] for run_id in ticked], repeats)
    shown = all_lines if fold and len(fitting) == len(runs) else lines(fitting, fold)
    if shown:
        draw(shown, ticked, why_not(by_id, ticked), by_id)
    if len(runs) >= MOST_LISTED:
        st.caption(f"These are the newest {MOST_LISTED:,} runs. Delete some to see older ones.")
    for sentence in st.session_state.pop(_REFUSED, ()):
        st.warning(sentence, icon=":material/block:")
    if fold:
        seeds(all_lines, ticked)


def draw(shown: list[Line], ticked: list[str], reasons: dict[str, str], by_id: dict[str, Run]) -> None:
    """The table itself."""
    rows = _rows(shown, ticked)
    key = _key(shown, rows)
    frame = compare_rows.frame(shown, ticked, reasons, loaders.dataset_list(), loaders.store().curves(by_id.values()))
    st.dataframe(
        compare_rows.greyed(frame) if reasons else frame,
        hide_index=True,
        height=38 + 35 * min(len(shown), ROWS),
        key=key,
        on_select=lambda: _ticked(key, shown, by_id),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        column_config=compare_rows.columns(frame, bool(ticked)),
        placeholder="",
        alt="Table of runs; tick rows to compare them",
    )
    if any(line.first.id in reasons for line in shown):
        st.caption(gate_sentence({line.first.id: reasons[line.first.id] for line in shown if line.first.id in reasons}))


def seeds(all_lines: list[Line], ticked: list[str]) -> None:
    """Which seeds of the folded lines are ticked, and the way to the others."""
    letters = {run_id: letter(place) for place, run_id in enumerate(ticked)}
    found = [line for line in all_lines if line.folded and any(run.id in letters for run in line.runs)]
    if not found:
        return
    missing = [run.id for line in found for run in line.a_seed if run.id not in letters]
    firsts = {line.first.id for line in found}
    others = {run.id for line in found for run in line.runs} - firsts
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" ".join(seeds_sentence(line, letters) for line in found), width="content")
        if missing:
            label = "Tick all seeds" if len(found) > 1 else f"Tick all {len(found[0].a_seed)} seeds"
            st.button(label, key="compare_all_seeds", type="tertiary", on_click=_tick, args=([*ticked, *missing],))
        else:
            alone = [run_id for run_id in ticked if run_id not in others]
            alone += [run_id for run_id in firsts if run_id not in alone]
            label = "Only the first seeds" if len(found) > 1 else "Only the first seed"
            st.button(label, key="compare_first_seed", type="tertiary", on_click=_tick, args=(alone,))


def seeds_sentence(line: Line, letters: dict[str, str]) -> str:
    """What the letters of a folded line stand for."""
    ticked = [run for run in line.runs if run.id in letters]
    count = len(line.a_seed)
    if len(ticked) > 1:
        named = sorted((letters[run.id] for run in ticked), key=lambda one: (len(one), one))
        all_or_some = f"the {count}" if len(ticked) == count else f"{len(ticked)} of {count}"
        return f"{', '.join(named[:-1])} and {named[-1]} are {all_or_some} seeds of one plan."
    one = ticked[0]
    why = "the first of {}, not picked by its result" if one == line.first else "one of {}"
    return f"{letters[one.id]} is seed {one.spec.seed}, {why.format(count)}; its line shows the mean of all."


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


def after_click(shown: list[Line], rows: list[int], before: list[str]) -> list[str]:
    """Ids that are ticked where these rows are: a tick on a folded line ticks its first seed alone.

    What the table doesn't show stays as it was; a line that stays ticked keeps the seeds that were ticked.
    """
    visible = {run.id for line in shown for run in line.runs}
    now = [run_id for run_id in before if run_id not in visible]
    for row in rows:
        if row < len(shown):
            held = [run.id for run in shown[row].runs if run.id in before]
            now += held or [shown[row].first.id]
    return now


def gate_sentence(reasons: dict[str, str]) -> str:
    """How many lines can't be added, and why."""
    counted: dict[str, int] = {}
    for reason in reasons.values():
        counted[reason] = counted.get(reason, 0) + 1
    why = ", ".join(f"{reason} ({count})" for reason, count in sorted(counted.items(), key=lambda each: -each[1]))
    return f"Greyed runs can't be added to the ticked ones: {why}. Figures are compared on the same photos only."


def _ticked(key: str, shown: list[Line], by_id: dict[str, Run]) -> None:
    before = [run_id for run_id in selection.runs() if run_id in by_id]
    now = after_click(shown, st.session_state[key].selection.rows, before)
    kept, refused = admitted(before, now, by_id)
    st.session_state[_REFUSED] = refused
    _tick(kept)


def _tick(run_ids: list[str]) -> None:
    compare_deleted.forget_undo()
    selection.set_runs(run_ids)


def _rows(shown: list[Line], ticked: list[str]) -> list[int]:
    return [row for row, line in enumerate(shown) if any(run.id in ticked for run in line.runs)]


def _key(shown: list[Line], rows: list[int]) -> str:
    """Key of the table of these lines; its ticks become `rows`, what the address says, and its sort stays."""
    key = f"compare_runs_{hash(tuple(tuple(run.id for run in line.runs) for line in shown))}"
    held = st.session_state.get(key)
    if held is not None and set(held["selection"]["rows"]) != set(rows):
        st.session_state[key] = {"selection": {"rows": rows}}
    return key
