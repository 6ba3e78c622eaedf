"""Near copies, as the split on the Photos screen speaks of them."""

from collections.abc import Mapping

import streamlit as st

from core import datasets
from core.records import Dataset, Split
from core.settings import settings
from pages.parts import loaders, words


def groups(dataset: Dataset) -> Mapping[str, int] | None:
    """Photo id -> group; None where the photos were not measured yet."""
    if not datasets.near_copies_known(settings(), dataset):
        return None
    return _groups(dataset.id, tuple(sorted(dataset.decisions.items())), dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _groups(dataset_id: str, decisions: tuple, _dataset: Dataset) -> Mapping[str, int]:  # noqa: ARG001
    # What is not read here is the cache's key; Streamlit leaves names with an underscore out of it.
    return datasets.near_copies_of(settings(), _dataset, None)


def across(dataset: Dataset, split: Split | None, groups: Mapping[str, int] | None) -> int:
    """How many groups lie on both sides of a split, as far as is known."""
    if split is None or not groups:
        return 0
    return len(datasets.sides(loaders.split_rows(split.id, dataset.id), groups))


def notes(dataset: Dataset, split: Split) -> list[str]:
    """What to know of a given split, a sentence each."""
    known = groups(dataset)
    decided = tuple(sorted(dataset.decisions.items()))
    return _notes((split.id, dataset.id, decided, known is not None), dataset, split, known)


@st.cache_data(max_entries=32, show_spinner=False)
def _notes(key: tuple, _dataset: Dataset, _split: Split, _groups: Mapping | None) -> list[str]:  # noqa: ARG001
    return datasets.given_notes(settings(), _dataset, _split, _groups)


def say(made: Split | None, together: bool, across: int, groups: Mapping[str, int] | None) -> None:
    """What became, or would become, of groups of near copies."""
    number = made.together if made else len(set(groups.values())) if groups is not None else None
    if across and not together:
        of = words.count(across, "group lies", "groups lie")
        st.caption(
            f":material/warning: Near copies: {of} on both sides of this split, so its figures look better than they "
            "are."
        )
    elif number and not together:
        st.caption(
            f":material/warning: Near copies: {words.count(number, 'group')} may fall on both sides, which makes "
            "figures look better than they are."
        )
    elif together and number:
        st.caption(f":material/link: Near copies: {words.count(number, 'group')} kept together, each on one side.")
    elif together and number is None:
        st.caption(":material/link: Near copies are looked for when the split is made.")
