"""Ensembles that are kept by name: saving the one on the screen, and what Compare tells of a saved one."""

import pandas as pd
import streamlit as st

from core.ensembles import RULES, saved
from core.errors import RunDeleted, ThawError
from core.records import EnsembleSpec, Part, RuleName, Run, Weighting
from core.runs.naming import NAME_LENGTH
from pages.parts import ensemble_rules, ensemble_weights, loaders, results, selection, visitors, words
from pages.parts.ensemble_choice import Choice

_SAVED = "_ensemble_saved"  # what was saved last: (ensemble id, run id, was it there already)
ROWS = 8  # members of a saved ensemble that are seen at once
ROW = 35  # px


def save(choice: Choice) -> None:
    """A button that keeps the ensemble on the screen by a name, and what became of it."""
    if len(choice.spec.members) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Save this ensemble", icon=":material/bookmark_add:"):
            _form(choice.spec)
        _told(choice.spec)


def _form(spec: EnsembleSpec) -> None:
    proposed = saved.default_name(spec)
    with st.form("ensemble_save", border=False):
        name = st.text_input(
            "Name",
            proposed,
            max_chars=NAME_LENGTH,
            key=f"ensemble_save_name_{proposed}",
            help="What it is called from now on. Compare treats it as a run, and `predict` answers with it.",
        )
        if st.form_submit_button("Save", icon=":material/check:"):
            try:
                run, joined = saved.save(loaders.store(), spec, name, visitors.current().id)
            except ThawError as error:
                st.error(words.plain(str(error)), icon=":material/error:")
                return
            st.session_state[_SAVED] = (spec.id, run.id, joined)
            loaders.runs.clear()
            st.rerun()


def _told(spec: EnsembleSpec) -> None:
    """What became of saving, as long as the same ensemble is on the screen."""
    of, run_id, joined = st.session_state.get(_SAVED, ("", "", False))
    if of != spec.id:
        return
    try:
        name = words.plain(loaders.run(run_id).name)
    except ThawError:  # deleted meanwhile
        return
    st.markdown(f"“{name}” was saved before." if joined else f"Saved as “{name}”.", width="content")
    if st.button(
        "See it on Compare",
        key="ensemble_saved_compare",
        icon=":material/compare_arrows:",
        help="Ticks the saved ensemble alone. Its page there leads back here, with these members on.",
    ):
        selection.set_runs([run_id])
        selection.go("compare.py")


def about(run: Run) -> None:
    """A saved ensemble on its own page: its rule in words, and its members."""
    spec = run.ensemble
    st.markdown(f"**{saved.in_words(spec)}.** {RULES[spec.rule].help}")
    rows, gone = _members(spec)
    by_hand = spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.HAND
    if rows:
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            width=520 if by_hand else 420,
            height="auto" if len(rows) <= ROWS else (ROWS + 1) * ROW,
            key="compare_ensemble_members",
            column_config={
                "name": st.column_config.TextColumn("Member", width=270),
                "validation": results.rate_column("Validation", "Share of validation photos that are right.", 1, 120),
                "weight": st.column_config.NumberColumn("Weight", width=80, format="%.4g") if by_hand else None,
            },
            alt="The members of the ensemble and their validation accuracy",
        )
    for sentence in gone:
        st.warning(words.plain(sentence), icon=":material/block:")
    if st.button(
        "Open on the Ensemble page",
        key="compare_ensemble_open",
        icon=":material/how_to_vote:",
        disabled=not rows,
        help="Ticks its members there and chooses its rule: switch some off and watch what moves.",
    ):
        open_members(spec)


def _members(spec: EnsembleSpec) -> tuple[list[dict], list[str]]:
    """A row for each member that is there, and a sentence for each that is not."""
    rows, gone = [], []
    for member in spec.members:
        try:
            run = loaders.run(member.run)
            accuracy = 100 * loaders.figures(run.id, Part.VALIDATION).accuracy
            rows.append({"name": run.name, "validation": accuracy, "weight": member.weight})
        except RunDeleted as error:
            gone.append(f"{error} Until then this ensemble can't be rebuilt or answer new photos; its figures stay.")
        except ThawError as error:
            gone.append(str(error))
    return rows, gone


def open_members(spec: EnsembleSpec) -> None:
    """Switch to the Ensemble page with these members on and this rule chosen."""
    choice = {selection.RUNS: list(spec.runs), ensemble_rules.RULE: str(spec.rule)}
    if spec.rule == RuleName.WEIGHTED:
        choice[ensemble_rules.WEIGHTING] = str(spec.weighting)
        if spec.weighting == Weighting.HAND:
            ensemble_weights.put({member.run: member.weight for member in spec.members})
    choice |= _photos(spec)
    selection.choose(**choice)
    selection.go("ensemble.py")


def _photos(spec: EnsembleSpec) -> dict[str, str]:
    """Dataset and split that the members were trained on: the page shows members of the chosen split alone."""
    runs = {run.id: run for run in loaders.runs()}
    plans = [runs[run].spec for run in spec.runs if run in runs and runs[run].spec]
    return {selection.DATASET: plans[0].dataset, selection.SPLIT: plans[0].split} if plans else {}
