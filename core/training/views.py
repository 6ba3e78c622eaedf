"""What views a photo may be seen in: the recipe that is used where none is named, and which others can be.

Importing this loads no Keras; `core.training.view_answers` does.
"""

from dataclasses import dataclass
from pathlib import Path

from core.augment import find_operation, validate
from core.augment.registry import parameters
from core.errors import NoViews
from core.records import Part, Recipe, Step
from core.runs.files import read_json

CHOICES = (4, 8, 16, 32)  # how many views a screen offers


def default_recipe() -> Recipe:
    """Half of the views mirrored left-right, all shifted by up to a tenth of the side, gaps filled by reflection.

    Flips and shifts are what the challenge's winner averaged over; views that the network was not trained on cost more
    than they bring.
    """
    return validate(Recipe(name="flips and shifts", steps=(Step(operation="horizontal_flip"), Step(operation="shift"))))


def reason_against(recipe: Recipe) -> str | None:
    """Why a photo's views can't be drawn by this recipe, as the end of a sentence; None where they can.

    A view is drawn of one photo alone. Raises UnknownOperation, BadParameter.
    """
    if recipe.oversample is not None:
        return "it repeats photos of rare classes, and answers are for each photo once"
    steps = [step for step in recipe.active.steps if step.probability > 0]
    for step in steps:
        members = [member for member in step.steps if member.probability > 0] if step.steps else [step]
        for member in members:
            operation = find_operation(member.operation)
            if operation.group == "mix":
                return f"{operation.title} mixes a photo with another one, and then its answer is for both"
        if step.operation == "one_of" and parameters(step)["per"] == "batch":
            return "a group in it draws once for a whole batch, and a view is drawn for each photo"
    if not any(step.operation != "one_of" or any(member.probability > 0 for member in step.steps) for step in steps):
        return "it changes nothing, and all views would be the same"
    return None


def check_recipe(recipe: Recipe) -> Recipe:
    """The recipe as views are drawn by it: valid, without steps that are switched off.

    Raises NoViews, UnknownOperation, BadParameter.
    """
    recipe = validate(recipe)
    if reason := reason_against(recipe):
        raise NoViews(recipe=recipe.name or "without a name", reason=reason)
    return recipe.active


@dataclass(frozen=True)
class ViewsCurve:
    """What each further view brought; entry i of each tuple is after the photo as it is and i views."""

    seconds: tuple[float, ...]  # spent on views and answers so far, both parts together
    accuracies: dict[Part, tuple[float, ...]]  # of validation and test, 0 to 1

    @property
    def views(self) -> int:
        return len(self.seconds) - 1

    @property
    def times_as_long(self) -> float:
        """How many times as long a photo takes with all views as without any."""
        return self.seconds[-1] / max(self.seconds[0], 1e-9)

    def as_json(self) -> dict:
        return {"seconds": list(self.seconds)} | {str(part): list(curve) for part, curve in self.accuracies.items()}


def read_curve(path: Path) -> ViewsCurve | None:
    """The curve that a run of views left in its `views.json`; None where the file is missing or damaged."""
    found = read_json(path)
    try:
        seconds = tuple(map(float, found["seconds"]))
        curves = {part: tuple(map(float, found[str(part)])) for part in (Part.VALIDATION, Part.TEST)}
    except (TypeError, KeyError, ValueError):
        return None
    whole = seconds and all(len(curve) == len(seconds) for curve in curves.values())
    return ViewsCurve(seconds, curves) if whole else None
