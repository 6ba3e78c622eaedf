"""The recipe that is being made: kept in the session, so that a page switch loses nothing."""

import itertools

import streamlit as st

from core.augment import BUILT_IN, OPERATIONS, find_recipe, list_recipes, parameters
from core.errors import ThawError
from core.records import Recipe, Step
from core.settings import settings

CHOSEN = "augment_recipe"  # the name in the chooser and in the address
FIRST = "geometric (report)"
ONE_OF = "one_of"
_STEPS = "_augment_steps"
_OVERSAMPLE = "_augment_oversample"
_LOADED = "_augment_loaded"
_MESSAGES = "_augment_messages"
_number = itertools.count()


def current() -> Recipe:
    """The recipe as it stands, steps that are switched off kept; nameless where it differs from the saved one."""
    recipe = Recipe(steps=tuple(map(_record, entries())), oversample=st.session_state.get(_OVERSAMPLE))
    loaded = st.session_state.get(_LOADED)
    return recipe.model_copy(update={"name": loaded.name}) if loaded and loaded.id == recipe.id else recipe


def changed() -> bool:
    """Whether it differs from the saved one, steps that are switched off counted."""
    loaded = st.session_state.get(_LOADED)
    return loaded is not None and loaded.model_copy(update={"name": ""}) != current().model_copy(update={"name": ""})


def chosen() -> str:
    """Name of the saved or built-in recipe that the steps came from."""
    return st.session_state[CHOSEN]


def built_in(name: str) -> bool:
    return name in {recipe.name for recipe in BUILT_IN}


def names() -> list[str]:
    return [recipe.name for recipe in list_recipes(settings())]


def entries() -> list[dict]:
    """The steps as the screen edits them: id, operation, values, probability, on, and the members of a "one of"."""
    return st.session_state.get(_STEPS, [])


def follow_chooser() -> None:
    """Load the chosen recipe where another one is loaded."""
    loaded = st.session_state.get(_LOADED)
    if loaded is None or loaded.name != chosen():
        undo()


def undo() -> None:
    """Take the chosen recipe as it was saved; a callback."""
    try:
        recipe = find_recipe(settings(), chosen())
    except ThawError as error:
        say(str(error))
        recipe = Recipe(name=chosen())
    take_saved(recipe)


def take_saved(recipe: Recipe) -> None:
    """Choose a recipe that was just read or saved."""
    st.session_state[_LOADED] = recipe
    take(recipe)


def take(recipe: Recipe) -> None:
    """Put these steps in the place of the present ones; the chosen recipe stays as it is saved."""
    st.session_state[_STEPS] = [_entry(step) for step in recipe.steps]
    st.session_state[_OVERSAMPLE] = recipe.oversample
    st.session_state["_augment_taken"] = next(_number)


def taken() -> int:
    """A number that is another one whenever values came from elsewhere than the widgets; for keys."""
    return st.session_state.get("_augment_taken", 0)


def saved_as(recipe: Recipe) -> None:
    """The steps are those of this recipe from now on; a callback's."""
    st.session_state[_LOADED] = recipe
    st.session_state[CHOSEN] = recipe.name


def oversample() -> str | int | None:
    return st.session_state.get(_OVERSAMPLE)


def set_oversample(value: str | int | None) -> None:
    st.session_state[_OVERSAMPLE] = value


def add(operation: str, group: int | None = None) -> None:
    """Append a step, to the recipe or to the "one of" with the id `group`; a callback."""
    entry = _entry(Step(operation=operation))
    if group is None:
        entries().append(entry)
    elif found := next((step for step in entries() if step["id"] == group), None):
        found["members"].append(entry)


def remove(number: int) -> None:
    """Take a step out; a callback."""
    if found := _home(number):
        steps, place = found
        del steps[place]


def move(number: int, by: int) -> None:
    """One place earlier (-1) or later (1); a callback."""
    if found := _home(number):
        steps, place = found
        steps.insert(max(place + by, 0), steps.pop(place))


def say(message: str, good: bool = False) -> None:
    """Keep a sentence until the panel is drawn."""
    st.session_state.setdefault(_MESSAGES, []).append((message, good))


def said() -> list[tuple[str, bool]]:
    """What was said since; once."""
    return st.session_state.pop(_MESSAGES, [])


def _home(number: int) -> tuple[list[dict], int] | None:
    """The list a step is in and its place there; None where a browser speaks of a step that is gone."""
    for steps in (entries(), *(step["members"] for step in entries())):
        for place, step in enumerate(steps):
            if step["id"] == number:
                return steps, place
    return None


def _entry(step: Step) -> dict:
    """A step on the screen; its id is new each time, so that no old widget's value comes back."""
    return {
        "id": next(_number),
        "operation": step.operation,
        "values": parameters(step),
        "probability": step.probability,
        "on": step.on,
        "members": [_entry(member) for member in step.steps],
    }


def _record(entry: dict) -> Step:
    defaults = {parameter.name: parameter.default for parameter in OPERATIONS[entry["operation"]].parameters}
    return Step(
        operation=entry["operation"],
        parameters={name: value for name, value in entry["values"].items() if value != defaults[name]},
        probability=entry["probability"],
        steps=tuple(map(_record, entry["members"])),
        on=entry["on"],
    )
