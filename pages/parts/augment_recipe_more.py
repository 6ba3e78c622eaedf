"""What is done with a whole recipe: save, duplicate, delete, take it along as JSON or code, compare it."""

import re

import streamlit as st

from core.augment import delete_recipe, duplicate, find_recipe, read_recipe, recipe_json, save_recipe, validate
from core.augment.keras_code import keras_code
from core.errors import ThawError
from core.records import Recipe
from core.settings import settings
from pages.parts import augment_recipe, uploads, visitors, words

_MORE = "augment_more"
AGAINST = "augment_against"  # name of the recipe to compare with, in the address
_NOBODY = "no other recipe"
_LARGEST = 1  # MB of a recipe file; a long recipe has 5 kB
_CODE_SIZE = 96  # px in the Keras code where the page knows of no other


def more(names: list[str]) -> None:
    """The button beside the chooser."""
    with st.popover("More", key=_MORE, on_change="rerun"):
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
                disabled=not own or not visitors.current().teacher,
                help="Asks first; in a class the teacher does it."
                if own
                else "A built-in recipe stays. Only saved ones can be deleted.",
                on_click=_close,
            ):
                ask_delete(augment_recipe.chosen())
            for label, icon, what, action in (
                ("JSON …", "data_object", "To look at, copy or download the recipe.", show_json),
                ("Bring in …", "upload", "A recipe that somebody saved as JSON.", bring_in),
                ("Keras code …", "code", "The recipe as a program without Thaw.", show_code),
            ):
                if st.button(label, icon=f":material/{icon}:", help=what, on_click=_close):
                    action()


def against() -> Recipe | None:
    """The recipe to compare with; None where none is chosen, or it is gone."""
    name = st.session_state.get(AGAINST)
    if not name or name == _NOBODY:
        return None
    try:
        return find_recipe(settings(), name)
    except ThawError:
        return None


def _close() -> None:
    """A popover would stand above the dialog that it opens."""
    st.session_state[_MORE] = False


def _usable() -> Recipe | None:
    """The recipe as it stands; where it can't be used, nothing, and the reason is said."""
    try:
        return validate(augment_recipe.current())
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None


def _saving() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(
            "Name",
            key="augment_name",
            max_chars=60,
            placeholder="for example: leaves from above",
            help="Training finds the recipe by this name. A saved recipe of this name is replaced. Steps that are "
            "switched off are kept, switched off.",
        )
        # Never disabled: a name that is still being typed arrives with the click.
        st.button("Save recipe", key="augment_save", on_click=_save)


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
    _close()
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
    _close()
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
        f"**{words.plain(name)}** is taken from the list, and its steps from this page. Runs that were trained with it "
        "keep it."
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
def show_json() -> None:
    if not (recipe := _usable()):
        return
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
    # Never disabled: a text that is still being typed arrives with the click.
    if not st.button("Use this recipe", key="augment_use"):
        return
    if not (file or pasted.strip()):
        st.error("Choose a file or paste a recipe's text first.", icon=":material/error:")
        return
    try:
        text = uploads.content(file).decode("utf-8", "replace") if file else pasted
        recipe = read_recipe(text)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    augment_recipe.take(recipe)
    augment_recipe.say("Its steps are on the left now. Save them under a name to keep them.", good=True)
    st.rerun()


@st.dialog("The recipe as Keras code", width="large")
def show_code() -> None:
    if not (recipe := _usable()):
        return
    size = st.session_state.get("augment_size", _CODE_SIZE)
    text = keras_code(recipe, size)
    st.caption(
        f"Runs with Keras 3 and TensorFlow, without Thaw, on photos of {size} px. Equivalent, not identical: it draws "
        "other random numbers, and moves photos one step after the other where Thaw resamples once."
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
