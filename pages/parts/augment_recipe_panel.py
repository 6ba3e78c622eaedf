"""The left third of the Augment page: which recipe, its steps, and the balance of the classes."""

import streamlit as st

from core.records import Dataset, Split
from pages.parts import augment_recipe, augment_recipe_balance, augment_recipe_more, augment_recipe_steps, words


def panel(dataset: Dataset, split: Split) -> None:
    """Chooser, steps, adding, balance; all that is done with a whole recipe is under "More"."""
    _chooser()
    augment_recipe_steps.steps()
    with st.container(horizontal=True):
        augment_recipe_steps.menu()
        if augment_recipe.changed():
            st.button("Undo changes", type="tertiary", on_click=augment_recipe.undo, icon=":material/undo:")
    augment_recipe_balance.balance(dataset, split)
    for message, good in augment_recipe.said():
        (st.toast if good else st.error)(words.plain(message))


def _chooser() -> None:
    names = augment_recipe.names()
    if st.session_state.get(augment_recipe.CHOSEN) not in names:
        st.session_state[augment_recipe.CHOSEN] = augment_recipe.FIRST
    with st.container(horizontal=True, vertical_alignment="bottom", key="augment_chooser"):
        st.selectbox(
            "Recipe",
            names,
            key=augment_recipe.CHOSEN,
            bind="query-params",
            help="Built-in and saved recipes. Choosing one replaces the steps below.",
        )
        augment_recipe.follow_chooser()
        augment_recipe_more.more(names)
