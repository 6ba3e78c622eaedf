"""The left third of the Augment page: which recipe, its steps, and the balance of the classes."""

import streamlit as st

from core.records import Dataset, Split
from pages.parts import augment_recipe, augment_recipe_balance, augment_recipe_more, augment_recipe_steps, words


def panel(dataset: Dataset, split: Split) -> None:
    """Chooser, steps, adding, balance; all that is done with a whole recipe is under "More"."""
    undo = _chooser()
    augment_recipe_steps.steps()
    augment_recipe_steps.menu()
    augment_recipe_balance.balance(dataset, split)
    for message, good in augment_recipe.said():
        (st.toast if good else st.error)(words.plain(message))
    if augment_recipe.changed():  # known only now that all steps have said their values
        with undo:
            st.button("Undo changes", type="tertiary", on_click=augment_recipe.undo, icon=":material/undo:")


def _chooser():
    """Returns the place below it for the button that undoes changes."""
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
    return st.container()
