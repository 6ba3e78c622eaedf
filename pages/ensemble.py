"""Ensemble: switch members on and off and watch what they know together."""

from collections.abc import Callable

import streamlit as st

from core.errors import ThawError
from core.records import Run
from pages.parts import (
    ensemble_contributions,
    ensemble_cover,
    ensemble_diversity,
    ensemble_figures,
    ensemble_lesson,
    ensemble_members,
    ensemble_presets,
    ensemble_rows,
    ensemble_rules,
    ensemble_saved,
    ensemble_subsets,
    ensemble_views,
    ensemble_votes,
    results,
    selection,
    words,
)
from pages.parts.ensemble_choice import Choice
from pages.parts.ensemble_members import Candidates
from pages.parts.ensemble_rules import Decision

MEMBERS = 340  # px
# One opens at a time, and only the open one computes.
TABS: dict[str, Callable[[Choice], None]] = {
    "Figures": ensemble_figures.show,
    "Votes": ensemble_votes.show,
    "Subsets": ensemble_subsets.show,
    "Cover": ensemble_cover.show,
    "Contributions": ensemble_contributions.show,
    "Diversity": ensemble_diversity.show,
    "Views": ensemble_views.show,
    "Lesson": ensemble_lesson.show,
}
_STYLE = """
<style>
@media (min-width: 1100px) { .st-key-ensemble_left { position: sticky; top: 3.75rem; align-self: flex-start; } }
.st-key-ensemble_list { row-gap: .9rem; }
</style>
"""


def members(found: Candidates, decision: Decision) -> None:
    """The left side: who is on, and who could be."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"**{len(found.on)} of {words.count(len(found.runs), 'member')} on**", width="stretch")
        ensemble_presets.menu(found)
    ensemble_presets.told(found)
    weights = ensemble_rules.shown_weights(decision, found)
    ensemble_rows.show(found, weights, decision.by_hand if decision.hand else None)
    ensemble_members.show_out(found.out)
    if st.button("Train another member", key="ensemble_train_more", icon=":material/model_training:"):
        selection.go("train.py")


def headline(found: Candidates, decision: Decision) -> Choice | None:
    """The rule's sentence and the big figure; None where these members can't answer together, which is said."""
    spec = decision.spec(found.on)
    ensemble_rules.sentence(spec)
    part = results.part_switch("ensemble")
    choice = Choice(
        spec=spec,
        predictions={run: found.predictions[run] for run in found.on},
        names={run.id: run.name for run in found.runs},
        classes=found.predictions[found.on[0]].classes,
        part=part,
        found=found,
    )
    try:
        ensemble_figures.headline(choice)
        ensemble_saved.save(choice)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None
    return choice


def tabs(choice: Choice) -> None:
    """Everything else that moves when a member is switched."""
    view = st.segmented_control(
        "View",
        list(TABS),
        default=next(iter(TABS)),
        required=True,
        key="ensemble_view",
        bind="query-params",
        label_visibility="collapsed",
    )
    try:
        TABS[view](choice)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def greyed() -> None:
    """A picture of what will be here."""
    st.html('<div class="thaw-figure" style="opacity:.35">– % <small>of the validation photos are right</small></div>')


def nobody_on(found: Candidates) -> None:
    greyed()
    st.info("Nobody is switched on. Switch members on at the left and watch the accuracy.")
    ensemble_presets.everyone(found)


def empty(found: Candidates) -> None:
    """No run was tested on the chosen photos: what will be here, why it is not yet, one button."""
    greyed()
    st.write("Here several models answer together, and you see whether that beats the best of them alone.")
    ticked = next((run for run, _ in found.out if run.id in selection.runs() and run.spec), None)
    if ticked:
        _elsewhere(ticked)
    else:
        _none_yet()
    ensemble_members.show_out(found.out)


def _elsewhere(ticked: Run) -> None:
    """A link can name runs and leave out their photos."""
    st.info("The ticked runs were tested on other photos than those chosen above.")
    st.button(
        "Go to the photos of the ticked runs",
        type="primary",
        key="ensemble_to_theirs",
        on_click=selection.choose,
        kwargs={"dataset": ticked.spec.dataset, "split": ticked.spec.split},
    )


def _none_yet() -> None:
    split = selection.split()
    where = f"on split {split.id[:8]} of {words.plain(selection.dataset().name)}" if split else "yet"
    st.info(f"There is no finished run {where}. Train two or more, with different backbones or settings.")
    if st.button("Train a model", type="primary", key="ensemble_train_first"):
        selection.go("train.py")


def page() -> None:
    st.html(_STYLE)
    with st.container(horizontal=True, gap="large", wrap=False):
        left, right = st.container(width=MEMBERS, key="ensemble_left"), st.container()
    with left:
        found = ensemble_members.candidates()
    with right:
        if not found.runs:
            empty(found)
            return
        decision = ensemble_rules.choose()
        choice = headline(found, decision) if found.on else None
    # The figure first: it is what a switch is watched for.
    with left:
        members(found, decision)
    with right:
        if choice:
            tabs(choice)
        elif not found.on:
            nobody_on(found)


page()
