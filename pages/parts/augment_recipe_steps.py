"""The steps of the recipe: a switch and a strength each, the rest under "More"."""

import streamlit as st

from core.augment import OPERATIONS, Operation, Parameter
from pages.parts import augment_recipe

MIXES = ":material/join_inner: mixes photos of the batch"
MENU = "augment_menu"
GROUPS = {"geometry": "Move", "colour": "Colour", "erase": "Cover", "mix": "Mix photos", "choice": "By chance"}
_PER = {"photo": "each photo", "batch": "each batch"}


def steps() -> None:
    """All steps in their order; what the widgets say goes into the recipe."""
    with st.container(key="augment_steps"):
        for step in list(augment_recipe.entries()):
            _hear(step)
            if step["operation"] == augment_recipe.ONE_OF:
                _group(step)
            else:
                _step(step)
    if not augment_recipe.entries():
        st.caption("No step yet: training sees the photos as they are.")


def menu() -> None:
    """Every operation there is, by what it does to a photo."""
    popover = st.popover("Add a step", icon=":material/add:", key=MENU, on_change="rerun")
    if not popover.open:
        return
    with popover:
        for group in dict.fromkeys(operation.group for operation in OPERATIONS.values()):
            st.caption(GROUPS.get(group, group.capitalize()))
            with st.container(horizontal=True, gap="xsmall"):
                for operation in OPERATIONS.values():
                    if operation.group == group:
                        st.button(
                            "One of …" if operation.name == augment_recipe.ONE_OF else operation.title,
                            key=f"augment_add_{operation.name}",
                            help=operation.help,
                            on_click=augment_recipe.add,
                            args=(operation.name,),
                        )


def _hear(step: dict) -> None:
    """Take over what the step's widgets say before any of them is drawn: labels above them speak of it."""
    said = {name: f"augment_{step['id']}_{name}" for name in step["values"]}
    step["values"] |= {name: st.session_state[key] for name, key in said.items() if key in st.session_state}
    step["probability"] = st.session_state.get(f"augment_{step['id']}_probability", step["probability"])
    step["on"] = st.session_state.get(f"augment_{step['id']}_on", step["on"])
    for member in step["members"]:
        _hear(member)


def _step(step: dict, off: bool = False, among: float | None = None) -> None:
    """One line. off: its group is switched off; among: sum of the shares of its group, for a member."""
    operation = OPERATIONS[step["operation"]]
    if operation.group == "mix":
        with st.container(key=f"augment_mix_{step['id']}"):
            _controls(step, operation, off, among)
            st.caption(MIXES)
    else:
        _controls(step, operation, off, among)


def _controls(step: dict, operation: Operation, off: bool, among: float | None) -> None:
    with _line(step):
        _switch(step, operation, off)
        _value(step, operation.parameters[0], off, label="collapsed")
        with _more(step, among) as place:
            if place.open:
                _about(operation)
                for parameter in operation.parameters[1:]:
                    _value(step, parameter, off)
                _probability(step, operation.group == "mix", among is not None)
                _order(step)


def _group(step: dict) -> None:
    """Steps of which one is used: the group's own line, its members, and the way to one more."""
    operation, members = OPERATIONS[step["operation"]], step["members"]
    with st.container(border=True, key=f"augment_group_{step['id']}", gap="small"):
        with _line(step):
            _switch(step, operation, False)
            st.caption(f"for {_PER[step['values']['per']]}")
            with _more(step, None) as place:
                if place.open:
                    _about(operation)
                    _value(step, operation.parameters[0], False)
                    _probability(step, step["values"]["per"] == "batch", False)
                    _order(step)
        among = sum(member["probability"] for member in members if member["on"])
        for member in list(members):
            _step(member, not step["on"], among)
        _adding(step)
        if not members:
            st.caption("An empty group does nothing: add two or more operations.")


def _line(step: dict):
    return st.container(horizontal=True, vertical_alignment="center", key=f"augment_step_{step['id']}", gap="xsmall")


def _switch(step: dict, operation: Operation, off: bool) -> None:
    step["on"] = st.toggle(
        operation.title,
        step["on"],
        key=f"augment_{step['id']}_on",
        width=148,
        disabled=off,
    )


def _about(operation: Operation) -> None:
    """When it helps and when it harms, and where it comes from."""
    st.caption(f"{operation.help}\n\n:small[{operation.source}]")


def _more(step: dict, among: float | None):
    """The rest of a step. What is in it is drawn only while it is open: a long recipe has a hundred controls more."""
    key = f"augment_{step['id']}_more"
    return st.popover(_often(step, among), type="tertiary", width=84, key=key, on_change="rerun")


def _often(step: dict, among: float | None) -> str:
    """What the button to the rest says: "More", or how often the step is used where that is not always."""
    if among is None:
        return f"on {step['probability']:.0%}" if step["probability"] < 1 else "More"
    return f"{step['probability'] / among:.0%}" if step["on"] and among else "More"


def _probability(step: dict, batches: bool, member: bool) -> None:
    if member:
        words = "Share", "How often it is the one, beside the shares of the others: 1 and 0.5 are two to one."
    elif batches:
        words = "Batches it is used on", "Drawn for each batch: it changes all of its photos or none."
    else:
        words = "Photos it is used on", "Drawn for each photo."
    step["probability"] = st.slider(
        words[0],
        0.0,
        1.0,
        step["probability"],
        0.05,
        format=None if member else "percent",
        key=f"augment_{step['id']}_probability",
        help=words[1],
    )


def _order(step: dict) -> None:
    number = step["id"]
    with st.container(horizontal=True, gap="xsmall"):
        for label, icon, action, arguments in (
            ("Earlier", "arrow_upward", augment_recipe.move, (number, -1)),
            ("Later", "arrow_downward", augment_recipe.move, (number, 1)),
            ("Remove", "delete", augment_recipe.remove, (number,)),
        ):
            key = f"augment_{number}_{label.lower()}"
            st.button(label, icon=f":material/{icon}:", on_click=action, args=arguments, key=key)


def _adding(step: dict) -> None:
    """A box to type in: a member is looked for by name, which takes less room than a second menu."""
    key = f"augment_{step['id']}_member"
    known = [operation for operation in OPERATIONS.values() if operation.name != augment_recipe.ONE_OF]
    st.selectbox(
        "Add to the group",
        [operation.name for operation in known],
        index=None,
        format_func=lambda name: f"{OPERATIONS[name].title} · {GROUPS[OPERATIONS[name].group].lower()}",
        key=key,
        placeholder="Add to the group …",
        label_visibility="collapsed",
        on_change=_add_member,
        args=(step["id"], key),
    )


def _add_member(group: int, key: str) -> None:
    if name := st.session_state.get(key):
        augment_recipe.add(name, group)
        st.session_state[key] = None


def _value(step: dict, parameter: Parameter, off: bool, label: str = "visible") -> None:
    """The control of one parameter; what it says goes into the step."""
    now = step["values"][parameter.name]
    shared = {
        "label": parameter.title,
        "help": parameter.help,
        "key": f"augment_{step['id']}_{parameter.name}",
        "label_visibility": label,
        "disabled": off or not step["on"],
    }
    if parameter.kind == "bool":
        shared.pop("label_visibility")
        value = st.toggle(value=now, **shared)
    elif parameter.kind == "choice":
        value = st.segmented_control(
            options=parameter.choices,
            default=now,
            required=True,
            **shared,
        )
    else:
        form = {"share": "percent", "degrees": "%d°"}.get(parameter.unit)
        value = st.slider(
            min_value=parameter.low, max_value=parameter.high, value=now, step=parameter.step, format=form, **shared
        )
    step["values"][parameter.name] = value
