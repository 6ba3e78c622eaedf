"""Augment: what training will see."""

import streamlit as st

from core.augment import validate
from core.errors import ThawError
from core.records import Dataset, Split
from pages.parts import augment_grid, augment_photos, augment_recipe, selection, train_plan, warmup, words

SIZES = (48, 64, 96, 128, 160, 224)
_SAMPLE = "_augment_sample"
# A step stays on one line. Below 1,100 px a third is too narrow for that: the recipe goes above the photos, two steps
# a line.
_STYLE = """
<style>
[class*="st-key-augment_step_"] { flex-wrap: nowrap; }
[class*="st-key-augment_step_"] > .stElementContainer:has(.stSlider) { min-width: 0; }
@media (max-width: 1100px) {
  .st-key-augment_lab > div > .stHorizontalBlock { flex-direction: column; gap: 1rem; }
  .st-key-augment_lab > div > .stHorizontalBlock > .stColumn { width: 100%; flex: 1 1 auto; }
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
        augment_recipe.panel()
        if st.button(
            "Train with this recipe",
            type="primary",
            icon=":material/model_training:",
            help="Goes on to the Train page. Training draws what you see here: the same code, the same recipe.",
        ):
            train()
    with right:
        label, seed, count, draws, size = controls(dataset)
        ids, labels = augment_photos.sample(split.id, dataset.id, label, count, st.session_state.setdefault(_SAMPLE, 0))
        names = [dataset.classes[one] for one in labels]
        if warmup.state.started and not warmup.state.tensorflow_over.is_set():
            waiting(ids, names, draws, size)
        else:
            preview(dataset, ids, labels, names, seed, draws, size)


def train() -> None:
    """Take the recipe along to the Train page."""
    try:
        train_plan.use_recipe(validate(augment_recipe.current()))
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
    else:
        selection.go("train.py")


def controls(dataset: Dataset) -> tuple:
    """Which photos, which draws: (label or None, seed, photos, draws, px)."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = [None, *range(len(dataset.classes))]
        if st.session_state.get("augment_class") not in labels:
            st.session_state["augment_class"] = None
        label = st.selectbox(
            "Training photos of",
            labels,
            format_func=lambda one: "all classes" if one is None else dataset.classes[one],
            key="augment_class",
            width=220,
            help="A random sample of the training part. Validation and test photos are never shown here.",
        )
        st.button(
            "Other photos",
            on_click=other_photos,
            icon=":material/shuffle:",
            help="Another sample of the training part.",
        )
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            key="augment_seed",
            bind="query-params",
            width=140,
            help="The same seed gives the same draws, here and in a training that has this seed.",
        )
        st.button("Draw again", on_click=draw_again, icon=":material/casino:", help="Takes the next seed.")
        with st.popover("More"):
            count = st.select_slider("Photos", (4, 8, 12, 16, 24), 12, key="augment_count")
            draws = st.select_slider(
                "Draws of each", (1, 2, 3, 4, 5, 6), 3, key="augment_draws", help="One for each epoch, from the first."
            )
            size = st.select_slider(
                "Photo size", SIZES, 96, key="augment_size", help="In pixels; choose the input size you train with."
            )
    return label, seed, count, draws, size


def preview(dataset: Dataset, ids, labels, names, seed: int, draws: int, size: int) -> None:
    recipe = augment_recipe.current()
    try:
        classes = len(dataset.classes)
        shown, mixed = augment_photos.drawn(recipe.model_dump_json(), ids, labels, classes, size, seed, draws)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    epochs = "the first epoch" if draws == 1 else f"each of the first {draws} epochs"
    st.caption(
        f"Outlined: the training photo. Beside it: what {epochs} would see."
        if recipe.steps
        else "Without a step every epoch sees the photo as it is. Add a step on the left."
    )
    augment_grid.show(augment_photos.photos(ids, size), names, shown, mixed, dataset.classes, selection.dark(), draws)


@st.fragment(run_every=1.0)
def waiting(ids, names, draws: int, size: int) -> None:
    """TensorFlow draws the photos, and is still being loaded."""
    if warmup.state.tensorflow_over.is_set():
        st.rerun()
    st.caption("TensorFlow is being loaded, which takes some ten seconds after a start; then the draws appear.")
    augment_grid.show(augment_photos.photos(ids, size), names, None, None, (), selection.dark(), draws)


def other_photos() -> None:
    st.session_state[_SAMPLE] += 1


def draw_again() -> None:
    st.session_state["augment_seed"] = (st.session_state["augment_seed"] + 1) % 2**31


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
