"""Recipes by name: the built-in ones, and those saved as JSON in `settings.home / "recipes"`."""

import json
import os
import re
import tempfile
import unicodedata
from pathlib import Path

from pydantic import ValidationError

from core.augment.registry import validate
from core.errors import BadName, BadRecipe, ThawError, UnknownRecipe
from core.records import Recipe, Step, content_hash
from core.settings import Settings

FORMAT = 1
LONGEST_NAME = 60

_GEOMETRIC = (
    Step(operation="horizontal_flip"),
    Step(operation="vertical_flip"),
    Step(operation="rotation", parameters={"degrees": 360.0}),
    Step(operation="shift"),
    Step(operation="zoom", parameters={"amount": 0.3}),
    # Theirs multiplied by 0.5 to 1.1; Keras's layer adds. This is what that does to middle grey.
    Step(operation="brightness", parameters={"darker": 0.25, "lighter": 0.05}),
)

BUILT_IN: tuple[Recipe, ...] = tuple(
    validate(recipe)
    for recipe in (
        Recipe(name="none"),
        Recipe(name="geometric (report)", steps=_GEOMETRIC),
        Recipe(
            name="advanced (report)",
            steps=(
                *_GEOMETRIC,
                Step(operation="grayscale", parameters={"chance": 0.1}),
                Step(operation="gridmask", probability=0.3),
                Step(operation="mixup", probability=0.3),
                Step(operation="cutmix", probability=0.3),
            ),
        ),
    )
)


def save_recipe(settings: Settings, recipe: Recipe) -> Recipe:
    """Keep the recipe under its name, in place of one that was saved under it before; returns it as kept.

    Names are the same whatever their case. Raises BadName (empty, too long, a built-in's), UnknownOperation,
    BadParameter.
    """
    name = _clean(recipe.name)
    if not name:
        raise BadName(name="An empty text", reason="a recipe needs a name to be found by")
    if len(name) > LONGEST_NAME:
        raise BadName(name=f"{name[:20]}…", reason=f"it has {len(name)} letters, at most {LONGEST_NAME} are possible")
    if not name.isprintable():
        raise BadName(name=repr(name), reason="it has letters that can't be shown")
    if _key(name) in {_key(built_in.name) for built_in in BUILT_IN}:
        raise BadName(name=name, reason="it is a built-in recipe's; choose another")
    recipe = validate(recipe.model_copy(update={"name": name}))
    path = _path(settings, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"version": FORMAT, **recipe.model_dump(mode="json")}, indent=1, ensure_ascii=False)
    _write(path, content)
    return recipe


def list_recipes(settings: Settings) -> list[Recipe]:
    """Built-in recipes, then the saved ones by name. A file that can't be read is left out."""
    saved = []
    for path in _folder(settings).glob("*.json"):
        try:
            saved.append(_read(path))
        except ThawError:
            continue
    return [*BUILT_IN, *sorted(saved, key=lambda recipe: _key(recipe.name))]


def find_recipe(settings: Settings, name: str) -> Recipe:
    """The recipe of that name, whatever its case. Raises UnknownRecipe, BadRecipe (damaged or newer)."""
    for recipe in BUILT_IN:
        if _key(recipe.name) == _key(name):
            return recipe
    path = _path(settings, name)
    if not path.is_file():
        raise UnknownRecipe(name=name, known=", ".join(recipe.name for recipe in list_recipes(settings)))
    return _read(path)


def _folder(settings: Settings) -> Path:
    return settings.home / "recipes"


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _key(name: str) -> str:
    return _clean(name).casefold()


def _path(settings: Settings, name: str) -> Path:
    """The slug is for people who look into the folder; the hash keeps names apart that have the same slug."""
    slug = re.sub(r"[^a-z0-9]+", "-", _key(name)).strip("-")[:40] or "recipe"
    return _folder(settings) / f"{slug}-{content_hash(_key(name))[:8]}.json"


def _read(path: Path) -> Recipe:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content.pop("version")
        if version != FORMAT:
            raise BadRecipe(name=path.name, reason=f"its format is {version}, this Thaw reads {FORMAT}")
        return validate(Recipe.model_validate(content))
    except ValidationError as error:
        reason = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise BadRecipe(name=path.name, reason=reason) from error
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadRecipe(name=path.name, reason=f"it is no recipe: {error}") from error


def _write(path: Path, content: str) -> None:
    """Written beside, synced and renamed: a reader sees the old recipe or the new one, never half of one."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
