"""Recipes by name: the built-in ones, and those saved as JSON in `settings.home / "recipes"`."""

import itertools
import os
import re
import tempfile
import unicodedata
from pathlib import Path

from core import disk_errors
from core.augment.built_in import BUILT_IN
from core.augment.recipe_text import LONGEST_NAME, read_recipe, recipe_json
from core.augment.registry import validate
from core.errors import BadName, BadRecipe, BuiltInRecipe, ThawError, UnknownRecipe
from core.records import Recipe, content_hash
from core.settings import Settings

__all__ = [
    "BUILT_IN",
    "LONGEST_NAME",
    "delete_recipe",
    "duplicate",
    "find_recipe",
    "list_recipes",
    "read_recipe",
    "recipe_json",
    "save_recipe",
]


@disk_errors.speaking
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
    if _key(name) in _BUILT_IN_KEYS:
        raise BadName(name=name, reason="it is a built-in recipe's; choose another")
    recipe = validate(recipe.model_copy(update={"name": name}))
    path = _path(settings, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, recipe_json(recipe))
    return recipe


def duplicate(settings: Settings, name: str) -> Recipe:
    """Save the recipe of that name once more, under a new name ("light, copy 2"); returns it as kept.

    Raises UnknownRecipe, BadRecipe.
    """
    recipe = find_recipe(settings, name)
    taken = {_key(each.name) for each in list_recipes(settings)}
    for number in itertools.count(1):
        ending = ", copy" if number == 1 else f", copy {number}"
        stem = re.sub(r", copy( \d+)?$", "", recipe.name)[: LONGEST_NAME - len(ending)].rstrip()
        # A name may also be held by a file that can't be read any more.
        if _key(stem + ending) not in taken and not _path(settings, stem + ending).exists():
            return save_recipe(settings, recipe.model_copy(update={"name": stem + ending}))


@disk_errors.speaking
def delete_recipe(settings: Settings, name: str) -> None:
    """Take a saved recipe out of the list; runs keep theirs. Raises UnknownRecipe, BuiltInRecipe."""
    if _key(name) in _BUILT_IN_KEYS:
        raise BuiltInRecipe(name=name)
    try:
        _path(settings, name).unlink()
    except FileNotFoundError:
        raise _unknown(settings, name) from None


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
        raise _unknown(settings, name)
    return _read(path)


def _unknown(settings: Settings, name: str) -> UnknownRecipe:
    return UnknownRecipe(name=name, known=", ".join(recipe.name for recipe in list_recipes(settings)))


def _folder(settings: Settings) -> Path:
    return settings.home / "recipes"


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _key(name: str) -> str:
    return _clean(name).casefold()


# A recipe that was saved under a name before Thaw came with one of that name.
_BUILT_IN_KEYS = {_key(recipe.name) for recipe in BUILT_IN}
_OLDER = " (saved)"


def _path(settings: Settings, name: str) -> Path:
    """The slug is for people who look into the folder; the hash keeps names apart that have the same slug."""
    key = _key(name)
    if key.removesuffix(_OLDER) in _BUILT_IN_KEYS:
        key = key.removesuffix(_OLDER)
    slug = re.sub(r"[^a-z0-9]+", "-", key).strip("-")[:40] or "recipe"
    return _folder(settings) / f"{slug}-{content_hash(key)[:8]}.json"


def _read(path: Path) -> Recipe:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadRecipe(name=path.name, reason=f"it can't be read ({error})") from error
    recipe = read_recipe(text, path.name)
    if _key(recipe.name) in _BUILT_IN_KEYS:
        recipe = recipe.model_copy(update={"name": _clean(recipe.name) + _OLDER})
    return recipe


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
