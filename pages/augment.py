"""Augment: what training will see."""

import streamlit as st

from core.augment import validate
from core.errors import ThawError
from core.records import Dataset, Split
from pages.parts import (
    augment_batch,
    augment_draws,
    augment_grid,
    augment_recipe,
    augment_recipe_panel,
    augment_strength,
    augment_walk,
    selection,
    train_plan,
    warmup,
    words,
)

VIEWS = {
    "Draws": augment_draws,
    "Steps": augment_walk,
    "Strength": augment_strength,
    "First batch": augment_batch,
}
# A step stays on one line. Below 1,100 px a third is too narrow for that: the recipe goes above the photos, two steps
# a line.
_STYLE = """
<style>
[class*="st-key-augment_step_"] { flex-wrap: nowrap; }
[class*="st-key-augment_step_"] > .stElementContainer:has(.stSlider) { min-width: 0; }
.st-key-augment_chooser { flex-wrap: nowrap; }
.st-key-augment_chooser > .stElementContainer:has(.stSelectbox) { min-width: 0; }
.st-key-augment_controls .stButtonGroup { margin-bottom: .25rem; }
[class*="st-key-augment_mix_"] { gap: 0; }
[class*="st-key-augment_mix_"] [data-testid="stCaptionContainer"] p { line-height: 1.2; }
@media (max-width: 1100px) {
  .st-key-augment_lab > div > .stHorizontalBlock { flex-direction: column; gap: 1rem; }
  .st-key-augment_lab > div > .stHorizontalBlock > .stColumn { width: 100%; flex: 1 1 auto; }
  .st-key-augment_steps > :has([class*="st-key-augment_group_"]) { grid-column: 1 / -1; }
  .st-key-augment_steps { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 2rem; }
}
</style>
"""


@st.fragment
def lab(dataset: Dataset, split: Split) -> None:
    """Recipe left, photos right. A fragment: a moved slider redraws this and nothing else."""
    with st.container(key="augment_lab"):
        left, right = st.columns([1, 2], gap="large")
    with left:
        augment_recipe_panel.panel(dataset, split)
        if st.button(
            "Train with this recipe",
            type="primary",
            icon=":material/model_training:",
            help="Goes on to the Train page. Training draws what you see here: the same code, the same recipe.",
        ):
            train()
    with right:
        view = st.segmented_control(
            "View",
            list(VIEWS),
            default="Draws",
            required=True,
            key="augment_view",
            bind="query-params",
            label_visibility="collapsed",
        )
        show(VIEWS[view], dataset, split)


def show(tab, dataset: Dataset, split: Split) -> None:
    """The open tab: its controls and pictures; grey while TensorFlow is not there yet, a sentence where it fails."""
    try:
        asked = tab.ask(dataset, split)
        if warmup.state.started and not warmup.state.tensorflow_over.is_set():
            st.fragment(waiting, run_every=1.0, key="augment_waiting")(tab, asked)
        else:
            tab.show(asked)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def waiting(tab, asked) -> None:
    """TensorFlow draws the photos, and is still being loaded."""
    if warmup.state.tensorflow_over.is_set():
        st.rerun()
    st.caption("TensorFlow is being loaded, which takes some ten seconds after a start; then the pictures appear.")
    tab.waiting(asked)


def train() -> None:
    """Take the recipe along to the Train page."""
    try:
        train_plan.use_recipe(validate(augment_recipe.current()))
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
    else:
        selection.go("train.py")


def drawing() -> None:
    """The first start of a server: the demo photos are on their way; the frame looks when they are there."""
    st.caption("The demo photos are being drawn, which takes less than half a minute; then they appear here.")
    augment_grid.placeholder()


def empty(sentence: str, button: str) -> None:
    """What will be here, why it is not yet, one button."""
    augment_grid.placeholder()
    st.info(sentence)
    if st.button(button, type="primary"):
        selection.go("photos.py")


st.html(_STYLE)
chosen, chosen_split = selection.dataset(), selection.split()
if chosen is None and warmup.drawing():
    drawing()
elif chosen is None:
    empty("There are no photos yet. Here you will see each photo beside what training makes of it.", "Add photos")
elif chosen_split is None:
    empty(
        f"{words.plain(chosen.name)} has no split yet, so nobody knows which photos train. Only those are shown here.",
        "Make a split",
    )
else:
    lab(chosen, chosen_split)
