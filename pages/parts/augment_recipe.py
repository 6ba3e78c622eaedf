"""The recipe that is being made: kept in the session, so that a page switch loses nothing."""

import itertools

import streamlit as st

from core.augment import OPERATIONS, Operation, Parameter, find_recipe, list_recipes, parameters, save_recipe
from core.errors import ThawError
from core.records import Recipe, Step
from core.settings import settings
from pages.parts import words

CHOSEN = "augment_recipe"  # the name in the chooser and in the address
FIRST = "geometric (report)"
GROUPS = {"geometry": "Move", "colour": "Colour", "erase": "Cover", "mix": "Mix two photos"}
_STEPS = "_augment_steps"
_LOADED = "_augment_loaded"
_MESSAGE = "_augment_message"
_number = itertools.count()


def current() -> Recipe:
    """The recipe as it stands, steps that are switched off left out; nameless where it differs from the saved one."""
    steps = tuple(
        Step(operation=step["operation"], parameters=step["values"], probability=step["probability"])
        for step in st.session_state.get(_STEPS, [])
        if step["on"]
    )
    recipe = Recipe(steps=tuple(_without_defaults(step) for step in steps))
    loaded = st.session_state.get(_LOADED)
    return recipe.model_copy(update={"name": loaded.name}) if loaded and loaded.id == recipe.id else recipe


def panel() -> None:
    """Chooser, steps, adding, saving."""
    undo = _chooser()
    with st.container(key="augment_steps"):
        for step in list(st.session_state[_STEPS]):
            _step(step)
    if not st.session_state[_STEPS]:
        st.caption("No step yet: training sees the photos as they are.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _adding()
        _saving()
    for message, good in st.session_state.pop(_MESSAGE, []):
        (st.toast if good else st.error)(words.plain(message))
    if not current().name:  # known only now that all steps have said their values
        with undo:
            st.button("Undo changes", type="tertiary", on_click=_undo, icon=":material/undo:")


def _chooser():
    """Returns the place beside it for the button that undoes changes."""
    names = [recipe.name for recipe in list_recipes(settings())]
    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = FIRST
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Recipe",
            names,
            key=CHOSEN,
            bind="query-params",
            help="Built-in and saved recipes. Choosing one replaces the steps below.",
        )
        loaded = st.session_state.get(_LOADED)
        if loaded is None or loaded.name != chosen:
            _load(chosen)
        return st.container(width="content")


def _undo() -> None:
    _load(st.session_state[CHOSEN])


def _load(name: str) -> None:
    try:
        recipe = find_recipe(settings(), name)
    except ThawError as error:
        st.session_state.setdefault(_MESSAGE, []).append((str(error), False))
        recipe = Recipe(name=name)
    st.session_state[_LOADED] = recipe
    st.session_state[_STEPS] = [_entry(step) for step in recipe.steps]


def _entry(step: Step) -> dict:
    """A step on the screen; its id is new each time, so that no old widget's value comes back."""
    return {
        "id": next(_number),
        "operation": step.operation,
        "values": parameters(step),
        "probability": step.probability,
        "on": True,
    }


def _without_defaults(step: Step) -> Step:
    defaults = {parameter.name: parameter.default for parameter in OPERATIONS[step.operation].parameters}
    changed = {name: value for name, value in step.parameters.items() if value != defaults[name]}
    return step.model_copy(update={"parameters": changed})


def _step(step: dict) -> None:
    operation, number = OPERATIONS[step["operation"]], step["id"]
    strength, *others = operation.parameters
    with st.container(horizontal=True, vertical_alignment="center", key=f"augment_step_{number}", gap="xsmall"):
        step["on"] = st.toggle(
            operation.title,
            step["on"],
            key=f"augment_{number}_on",
            width=140,
            help=f"{operation.help}\n\n{operation.source}",
        )
        _value(step, strength, label="collapsed")
        rare = step["probability"] < 1
        with st.popover(f"on {step['probability']:.0%}" if rare else "More", type="tertiary", width=84):
            _more(step, operation, others)


def _more(step: dict, operation: Operation, others: list[Parameter]) -> None:
    number = step["id"]
    st.caption(operation.help)
    for parameter in others:
        _value(step, parameter)
    batches = operation.group == "mix"
    step["probability"] = st.slider(
        "Batches it is used on" if batches else "Photos it is used on",
        0.0,
        1.0,
        step["probability"],
        0.05,
        format="percent",
        key=f"augment_{number}_probability",
        help="Drawn for each batch: it mixes all of its photos or none." if batches else "Drawn for each photo.",
    )
    with st.container(horizontal=True):
        st.button(
            "Earlier", icon=":material/arrow_upward:", on_click=_move, args=(number, -1), key=f"augment_{number}_up"
        )
        st.button(
            "Later", icon=":material/arrow_downward:", on_click=_move, args=(number, 1), key=f"augment_{number}_down"
        )
        st.button("Remove", icon=":material/delete:", on_click=_remove, args=(number,), key=f"augment_{number}_remove")


def _value(step: dict, parameter: Parameter, label: str = "visible") -> None:
    """The control of one parameter; what it says goes into the step."""
    now = step["values"][parameter.name]
    shared = {
        "label": parameter.title,
        "help": parameter.help,
        "key": f"augment_{step['id']}_{parameter.name}",
        "label_visibility": label,
        "disabled": not step["on"],
    }
    if parameter.kind == "bool":
        shared.pop("label_visibility")
        value = st.toggle(value=now, **shared)
    elif parameter.kind == "choice":
        value = st.segmented_control(options=parameter.choices, default=now, required=True, **shared)
    else:
        form = {"share": "percent", "degrees": "%d°"}.get(parameter.unit)
        value = st.slider(
            min_value=parameter.low, max_value=parameter.high, value=now, step=parameter.step, format=form, **shared
        )
    step["values"][parameter.name] = value


def _adding() -> None:
    with st.popover("Add a step", icon=":material/add:"):
        for group, title in GROUPS.items():
            st.caption(title)
            with st.container(horizontal=True, gap="small"):
                for operation in OPERATIONS.values():
                    if operation.group == group:
                        st.button(
                            operation.title,
                            key=f"augment_add_{operation.name}",
                            help=operation.help,
                            on_click=_add,
                            args=(operation.name,),
                        )


def _saving() -> None:
    with st.popover("Save", icon=":material/save:"):
        name = st.text_input(
            "Name",
            key="augment_name",
            max_chars=60,
            placeholder="for example: leaves from above",
            help="Training finds the recipe by this name. Steps that are switched off are not kept.",
        )
        st.button("Save recipe", key="augment_save", on_click=_save, disabled=not name.strip())


def _add(operation: str) -> None:
    st.session_state[_STEPS].append(_entry(Step(operation=operation)))


def _remove(number: int) -> None:
    st.session_state[_STEPS] = [step for step in st.session_state[_STEPS] if step["id"] != number]


def _move(number: int, by: int) -> None:
    steps = st.session_state[_STEPS]
    place = next(i for i, step in enumerate(steps) if step["id"] == number)
    steps.insert(max(place + by, 0), steps.pop(place))


def _save() -> None:
    try:
        kept = save_recipe(settings(), current().model_copy(update={"name": st.session_state["augment_name"]}))
    except ThawError as error:
        message = (str(error), False)
    else:
        st.session_state[_LOADED] = kept
        st.session_state[CHOSEN] = kept.name
        message = (f"Saved as {kept.name}.", True)
    st.session_state.setdefault(_MESSAGE, []).append(message)
