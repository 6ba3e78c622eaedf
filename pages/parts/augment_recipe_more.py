"""What is done with a whole recipe: save, duplicate, delete, take it along as JSON or code, compare it."""

import re

import streamlit as st

from core.augment import delete_recipe, duplicate, find_recipe, read_recipe, recipe_json, save_recipe, validate
from core.errors import ThawError
from core.records import Recipe
from core.settings import settings
from pages.parts import augment_recipe, words

AGAINST = "augment_against"  # name of the recipe to compare with, in the address
_NOBODY = "no other recipe"
_LARGEST = 1  # MB of a recipe file; a long recipe has 5 kB
_CODE_SIZE = 96  # px in the Keras code where the page knows of no other


def more(names: list[str]) -> None:
    """The button beside the chooser."""
    with st.popover("More", key="augment_more"):
        _saving()
        _comparing(names)
        own = not augment_recipe.built_in(augment_recipe.chosen())
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Duplicate",
                icon=":material/content_copy:",
                on_click=_duplicate,
                help="Saves the chosen recipe once more under a new name, to change it there.",
            )
            if st.button(
                "Delete …",
                icon=":material/delete:",
                disabled=not own,
                help="Asks first." if own else "A built-in recipe stays. Only saved ones can be deleted.",
            ):
                ask_delete(augment_recipe.chosen())
            if st.button("JSON …", icon=":material/data_object:", help="To look at, copy or download the recipe."):
                _open(show_json)
            if st.button("Bring in …", icon=":material/upload:", help="A recipe that somebody saved as JSON."):
                bring_in()
            if st.button("Keras code …", icon=":material/code:", help="The recipe as a program without Thaw."):
                _open(show_code)


def against() -> Recipe | None:
    """The recipe to compare with; None where none is chosen, or it is gone."""
    name = st.session_state.get(AGAINST)
    if not name or name == _NOBODY:
        return None
    try:
        return find_recipe(settings(), name)
    except ThawError:
        return None


def _open(dialog) -> None:
    """Only a recipe that can be used is worth taking along."""
    try:
        recipe = validate(augment_recipe.current())
    except ThawError as error:
        augment_recipe.say(str(error))
    else:
        dialog(recipe)


def _saving() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        name = st.text_input(
            "Name",
            key="augment_name",
            max_chars=60,
            placeholder="for example: leaves from above",
            help="Training finds the recipe by this name. A saved recipe of this name is replaced. Steps that are "
            "switched off are kept, switched off.",
        )
        st.button("Save recipe", key="augment_save", on_click=_save, disabled=not name.strip())


def _comparing(names: list[str]) -> None:
    options = [_NOBODY, *names]
    if st.session_state.get(AGAINST) not in options:
        st.session_state[AGAINST] = _NOBODY
    st.selectbox(
        "Compare with",
        options,
        key=AGAINST,
        bind="query-params",
        help="Its draws stand under those of this recipe, of the same photos and with the same seed.",
    )


def _save() -> None:
    try:
        kept = save_recipe(
            settings(), augment_recipe.current().model_copy(update={"name": st.session_state["augment_name"]})
        )
    except ThawError as error:
        augment_recipe.say(str(error))
    else:
        augment_recipe.saved_as(kept)
        augment_recipe.say(f"Saved as {kept.name}.", good=True)


def _duplicate() -> None:
    try:
        copy = duplicate(settings(), augment_recipe.chosen())
    except ThawError as error:
        augment_recipe.say(str(error))
    else:
        st.session_state[augment_recipe.CHOSEN] = copy.name
        augment_recipe.say(f"Saved once more as {copy.name}.", good=True)


@st.dialog("Delete this recipe?")
def ask_delete(name: str) -> None:
    """Runs keep the recipe they were trained with, so only the name goes."""
    st.markdown(
        f"**{words.plain(name)}** is taken from the list. Runs that were trained with it keep it; the steps stay on "
        "the page until you choose another recipe."
    )
    with st.container(horizontal=True):
        if st.button("Delete", key="augment_delete", type="primary", on_click=_delete, args=(name,)):
            st.rerun()
        if st.button("Keep it", key="augment_keep"):
            st.rerun()


def _delete(name: str) -> None:
    try:
        delete_recipe(settings(), name)
    except ThawError as error:
        augment_recipe.say(str(error))
    else:
        st.session_state[augment_recipe.CHOSEN] = augment_recipe.FIRST
        augment_recipe.say(f"Deleted {name}.", good=True)


@st.dialog("The recipe as JSON", width="medium")
def show_json(recipe: Recipe) -> None:
    text = recipe_json(recipe)
    st.caption("All that a recipe is. Thaw reads it back under “Bring in”, here or on another computer.")
    st.code(text, language="json", height=420)
    st.download_button(
        "Download",
        text,
        file_name=f"{_file_name(recipe)}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


@st.dialog("Bring in a recipe", width="medium")
def bring_in() -> None:
    file = st.file_uploader("A recipe file", type=["json"], max_upload_size=_LARGEST, key="augment_file")
    pasted = st.text_area("Or its text", height=220, max_chars=100_000, placeholder="{ … }", key="augment_pasted")
    if not st.button("Use this recipe", key="augment_use", disabled=not (file or pasted.strip())):
        return
    try:
        text = file.getvalue().decode("utf-8", "replace") if file else pasted
        recipe = read_recipe(text)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    augment_recipe.take(recipe)
    augment_recipe.say("Its steps are on the left now. Save them under a name to keep them.", good=True)
    st.rerun()


@st.dialog("The recipe as Keras code", width="large")
def show_code(recipe: Recipe) -> None:
    from core.augment.keras_code import keras_code

    size = st.session_state.get("augment_size", _CODE_SIZE)
    text = keras_code(recipe, size)
    st.caption(
        f"Runs with Keras and NumPy alone, for photos of {size} px. Equivalent, not identical: it draws its own random "
        "numbers, and moves photos one step after the other where Thaw resamples once."
    )
    st.code(text, height=480)
    st.download_button(
        "Download",
        text,
        file_name=f"{_file_name(recipe)}.py",
        mime="text/x-python",
        icon=":material/download:",
        on_click="ignore",
    )


def _file_name(recipe: Recipe) -> str:
    return re.sub(r"[^a-z0-9]+", "-", recipe.name.lower()).strip("-") or "recipe"
