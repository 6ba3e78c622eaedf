"""The Strength tab: one step alone, from its weakest to its strongest, with the same draws."""

import streamlit as st

from core.augment import OPERATIONS, Parameter
from core.records import Dataset, Split, Step
from pages.parts import augment_grid, augment_photos, augment_recipe, selection
from pages.parts.augment_controls import Asked, controls

SHOWN = 4  # photos, a row each
_STEP = "augment_step"
_COLUMNS = 5


def ask(dataset: Dataset, split: Split) -> Asked:
    return controls(dataset, split, own=_choose if steps() else None)


def steps() -> dict[str, Step]:
    """What can be chosen, by its words: "3 Rotate", and the members of a group one by one."""
    found = {}
    for number, step in enumerate(augment_recipe.current().steps, start=1):
        for one in step.steps if step.operation == augment_recipe.ONE_OF else (step,):
            place = f"{number} {OPERATIONS[one.operation].title}"
            found[place if place not in found else f"{place} (again)"] = one
    return found


def waiting(asked: Asked) -> None:
    cells = [augment_grid.GREY] * _COLUMNS
    photos = list(zip(asked.sources, asked.names, strict=True))[:SHOWN]
    rows = [augment_grid.figure([augment_grid.original(src, name), *cells]) for src, name in photos]
    st.html(augment_grid.grid(rows))


def show(asked: Asked) -> None:
    """Raises BadParameter where the step can't be drawn."""
    found = steps()
    if not found:
        st.caption("The recipe has no step yet. Add one on the left; here you see it from weak to strong.")
        augment_grid.placeholder(photos=2, draws=_COLUMNS)
        return
    step = found[st.session_state[_STEP]]
    operation = OPERATIONS[step.operation]
    parameter = operation.parameters[0]
    arguments = asked.ids, asked.labels, len(asked.classes), asked.size, asked.seed
    values, pixels, labels = augment_photos.strengths(step.model_dump_json(), *arguments)
    now = step.parameters.get(parameter.name, parameter.default)
    st.caption(
        f"{operation.title} alone, on every photo, with the same draws in each column. "
        f"{parameter.title}: {said(parameter, now)} in the recipe."
    )
    st.html(markup(asked, parameter, values, pixels, labels, selection.dark()))


def markup(asked: Asked, parameter: Parameter, values: list, pixels, labels, dark: bool) -> str:
    """A row a photo under a line with the values, as HTML."""
    heads = [f"<p><strong>{augment_grid.safe(said(parameter, value))}</strong></p>" for value in values]
    rows = [augment_grid.figure([f'<p class="quiet">{augment_grid.safe(parameter.title)}</p>', *heads])]
    for photo, name in enumerate(asked.names[:SHOWN]):
        cells = [augment_grid.original(asked.sources[photo], name)]
        for column, value in enumerate(values):
            text = f"{name}, {parameter.title} {said(parameter, value)}"
            drawn = pixels[column, photo], labels[column, photo]
            cells.append(augment_grid.changed(*drawn, asked.classes, dark, text))
        rows.append(augment_grid.figure(cells))
    return augment_grid.grid(rows)


def said(parameter: Parameter, value) -> str:
    """A value as a screen writes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    return {"share": f"{100 * value:.0f} %", "degrees": f"{value:g}°"}.get(parameter.unit, f"{value:g}")


def _choose() -> None:
    options = list(steps())
    if st.session_state.get(_STEP) not in options:
        st.session_state[_STEP] = options[0]
    st.selectbox("Step", options, key=_STEP, bind="query-params", width=220, help="One of the recipe's, or of a group.")
