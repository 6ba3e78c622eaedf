"""A recipe as the JSON that people keep, and what they bring back read with care: it may be anything."""

import json

from pydantic import ValidationError

from core.augment.registry import validate
from core.errors import BadRecipe
from core.records import Recipe

FORMAT = 2  # 1 knew no groups, no switched-off steps and no oversampling
LONGEST_NAME = 60
LONGEST_TEXT = 100_000  # letters; a recipe of ten steps has 1,000
MOST_STEPS = 50


def recipe_json(recipe: Recipe) -> str:
    """The recipe as JSON, what is default left out."""
    content = validate(recipe).model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"version": FORMAT, **content}, indent=1, ensure_ascii=False)


def read_recipe(text: str, called: str = "you brought") -> Recipe:
    """The recipe that the JSON describes, whoever wrote it.

    called: what a sentence calls it, "The recipe {called} can't be used". Raises BadRecipe (no JSON, no recipe, from a
    newer Thaw, too long, too deep), UnknownOperation, BadParameter.
    """

    def refuse(reason: str) -> BadRecipe:
        return BadRecipe(name=called, reason=reason)

    if len(text) > LONGEST_TEXT:
        raise refuse(f"it has {len(text):,} letters, at most {LONGEST_TEXT:,} are read")
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise refuse("its brackets are nested too deeply") from error
    except ValueError as error:
        raise refuse(f"it is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise refuse(f"it is no recipe: a recipe is an object with steps, this is a {type(content).__name__}")
    version = content.pop("version", None)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise refuse(f'it doesn\'t say its format: "version" should be a number from 1 to {FORMAT}')
    if version > FORMAT:
        raise refuse(f"its format is {version} and was made by a newer Thaw; this one reads up to {FORMAT}")
    steps = content.get("steps", [])
    if not isinstance(steps, list):
        raise refuse('its "steps" are no list')
    if _count(steps) > MOST_STEPS:
        raise refuse(f"it has more than {MOST_STEPS} steps")
    if isinstance(content.get("name"), str) and len(content["name"]) > LONGEST_NAME:
        raise refuse(f"its name has {len(content['name']):,} letters, at most {LONGEST_NAME} are possible")
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise refuse(_reason(error)) from error
    return validate(recipe)


def _count(steps: list) -> int:
    """Steps, those of groups included."""
    members = [step["steps"] for step in steps if isinstance(step, dict) and isinstance(step.get("steps"), list)]
    return len(steps) + sum(map(len, members))


def _reason(error: ValidationError) -> str:
    """The first places that are wrong; a place that may hold several types is told once."""
    reasons = {}
    for problem in error.errors():
        place = [str(part)[:40] for part in problem["loc"]]
        if "parameters" in place[:-1]:
            place, problem["msg"] = place[: place.index("parameters") + 2], "should be a number, a text, true or false"
        # Places are counted from 1, as people count steps.
        reasons.setdefault(" ".join(str(int(part) + 1) if part.isdigit() else part for part in place), problem["msg"])
    return "; ".join(f"{place[:120]}: {text[:120]}" for place, text in list(reasons.items())[:3])
