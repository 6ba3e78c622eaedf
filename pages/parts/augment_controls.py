"""Which photos the tabs of the Augment page show, and which draws of them."""

from typing import NamedTuple

import streamlit as st

from core.records import Dataset, Split
from pages.parts import augment_photos

SIZES = (48, 64, 96, 128, 160, 224)
_SAMPLE = "_augment_sample"
_ALL = -1  # None would be a box with nothing chosen in it


class Asked(NamedTuple):
    """What the controls ask for."""

    dataset: Dataset
    ids: tuple[str, ...]
    labels: object  # int ndarray of shape (n_photos,)
    names: list[str]  # the class of each
    seed: int
    draws: int
    size: int  # px

    @property
    def classes(self) -> tuple[str, ...]:
        return self.dataset.classes

    @property
    def sources(self) -> list[str]:
        return augment_photos.sources(self.ids, self.size)


def controls(dataset: Dataset, split: Split, own=None, with_draws: bool = False) -> Asked:
    """One line of controls; `own()` draws the open tab's own among them, before "More"."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="augment_controls"):
        label = _class(dataset)
        st.button(
            "Other photos",
            on_click=_other_photos,
            icon=":material/shuffle:",
            help="Another sample of the training part.",
        )
        st.button(
            "Draw again",
            on_click=_draw_again,
            icon=":material/casino:",
            help="Takes the next seed. The same seed gives the same draws, here and in a training that has this seed.",
        )
        if own:
            own()
        with st.popover("More", key="augment_controls_more"):
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                key="augment_seed",
                bind="query-params",
                help="The same seed gives the same draws, here and in a training that has this seed.",
            )
            count = st.select_slider("Photos", (4, 8, 12, 16, 24), 12, key="augment_count")
            draws = 1
            if with_draws:
                words = "One for each epoch, from the first."
                draws = st.select_slider("Draws of each", (1, 2, 3, 4, 5, 6), 3, key="augment_draws", help=words)
            size = st.select_slider(
                "Photo size", SIZES, 96, key="augment_size", help="In pixels; choose the input size you train with."
            )
    number = st.session_state.setdefault(_SAMPLE, 0)
    ids, labels = augment_photos.sample(split.id, dataset.id, label, count, number)
    return Asked(dataset, ids, labels, [dataset.classes[one] for one in labels], seed, draws, size)


def _class(dataset: Dataset) -> int | None:
    labels = [_ALL, *range(len(dataset.classes))]
    if st.session_state.get("augment_class") not in labels:
        st.session_state["augment_class"] = _ALL
    chosen = st.selectbox(
        "Training photos of",
        labels,
        format_func=lambda one: "all classes" if one == _ALL else dataset.classes[one],
        key="augment_class",
        width=220,
        help="A random sample of the training part. Validation and test photos are never shown here.",
    )
    return None if chosen == _ALL else chosen


def _other_photos() -> None:
    st.session_state[_SAMPLE] += 1


def _draw_again() -> None:
    st.session_state["augment_seed"] = (st.session_state["augment_seed"] + 1) % 2**31
