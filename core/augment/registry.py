"""The registry of operations, and what a recipe must be to be used."""

from typing import Any

from core.augment.operation import Operation, Parameter
from core.augment.operations import ALL
from core.errors import BadParameter, BatchOfOne, UnknownOperation
from core.records import Recipe, Step

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in ALL}


def find_operation(name: str) -> Operation:
    """The operation of that name. Raises UnknownOperation."""
    if name not in OPERATIONS:
        raise UnknownOperation(name=_short(name), known=", ".join(OPERATIONS))
    return OPERATIONS[name]


def parameters(step: Step) -> dict[str, Any]:
    """All parameters of the step, defaults filled in. Raises UnknownOperation, BadParameter."""
    operation = find_operation(step.operation)
    known = {parameter.name: parameter for parameter in operation.parameters}
    for name, value in step.parameters.items():
        if name not in known:
            expected = f"one of its parameters ({', '.join(known)})"
            raise BadParameter(
                parameter=_short(name), operation=operation.title, expected=expected, value=_short(value)
            )
    values = {
        name: _checked(operation, parameter, step.parameters.get(name, parameter.default))
        for name, parameter in known.items()
    }
    for high in known:
        low = high.removesuffix("_high") + "_low"
        if low in known and values[low] > values[high]:
            least = f"{known[low].title[0].lower()}{known[low].title[1:]}"
            expected = f"at least the {least} ({values[low]:g})"
            raise BadParameter(
                parameter=_called(known[high]), operation=operation.title, expected=expected, value=values[high]
            )
    return values


def validate(recipe: Recipe) -> Recipe:
    """The recipe in its one normal form: parameters equal to their default left out, numbers of the right type.

    Recipes that do the same therefore have the same id. Steps that are switched off stay, and are checked like the
    others; a group may be empty, then it does nothing. Raises UnknownOperation, BadParameter.
    """
    return recipe.model_copy(update={"steps": tuple(_normal(step) for step in recipe.steps)})


def check_batch(recipe: Recipe, batch_size: int) -> None:
    """Raises BatchOfOne where a step that is switched on mixes photos and a batch holds only one."""
    steps = [member for step in recipe.active.steps for member in (step, *step.steps)]
    for step in steps if batch_size < 2 else ():
        operation = find_operation(step.operation)
        if operation.group == "mix" and step.probability > 0:
            raise BatchOfOne(operation=operation.title, received=batch_size)


def _normal(step: Step, inside: bool = False) -> Step:
    operation = find_operation(step.operation)
    if step.operation == "one_of":
        if inside:
            # A group of groups would be one group with other shares; it buys nothing and no screen could show it.
            expected = "steps that aren't groups themselves"
            raise BadParameter(parameter="steps", operation=operation.title, expected=expected, value=operation.title)
    elif step.steps:
        expected = 'empty: only "one_of" has steps of its own'
        received = _short(", ".join(member.operation for member in step.steps))
        raise BadParameter(parameter="steps", operation=operation.title, expected=expected, value=received)
    if not 0 <= step.probability <= 1:  # a record made by model_copy was not checked
        expected = "a number from 0 to 1"
        raise BadParameter(
            parameter="probability", operation=operation.title, expected=expected, value=step.probability
        )
    defaults = {parameter.name: parameter.default for parameter in operation.parameters}
    changed = {name: value for name, value in parameters(step).items() if value != defaults[name]}
    members = tuple(_normal(member, inside=True) for member in step.steps)
    return step.model_copy(update={"parameters": changed, "steps": members})


def _called(parameter: Parameter) -> str:
    """Its name in a recipe's JSON and its words on the screen."""
    return f'{parameter.name} ("{parameter.title}")'


def _short(value: Any) -> str:
    """As a sentence may say it: what was received may be a page long, or a number of a thousand digits."""
    text = str(value) if not isinstance(value, int) or abs(value) < 10**40 else "a number of more than 40 digits"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _checked(operation: Operation, parameter: Parameter, value: Any) -> Any:
    def refuse(expected: str):
        received = _short(value)
        return BadParameter(parameter=_called(parameter), operation=operation.title, expected=expected, value=received)

    if parameter.kind == "bool":
        if not isinstance(value, bool):
            raise refuse("true or false")
        return value
    if parameter.kind == "choice":
        if value not in parameter.choices:
            raise refuse(f"one of {', '.join(parameter.choices)}")
        return value
    whole = "a whole number" if parameter.kind == "int" else "a number"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    inside = number and parameter.low <= value <= parameter.high  # which NaN never is
    if not inside or (parameter.kind == "int" and value != int(value)):
        reason = f" ({parameter.because})" if parameter.because else ""
        raise refuse(f"{whole} from {parameter.low:g} to {parameter.high:g}{reason}")
    return int(value) if parameter.kind == "int" else float(value)
