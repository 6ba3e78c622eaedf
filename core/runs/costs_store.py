"""What mistakes cost, by name: each a JSON file in `settings.home / "costs"`, for the classes that it was made for."""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import disk_errors
from core.errors import BadCosts, BadName
from core.records import content_hash
from core.runs.files import write_json
from core.settings import Settings

FORMAT = 1
LONGEST_NAME = 60
MOST_CLASSES = 1_000
MOST = 1e9  # of a cost, either way
LARGEST_FILE = 30_000_000  # bytes; a thousand classes have a million cells
PLAIN = "Every mistake costs 1"  # what the screen calls the costs that are always there


class Costs(NamedTuple):
    name: str
    classes: tuple[str, ...]
    matrix: np.ndarray  # float64 (n_classes, n_classes), rows true, columns said


@disk_errors.speaking
def save_costs(settings: Settings, name: str, classes: Sequence[str], matrix: np.ndarray) -> Costs:
    """Keep the costs under their name, in place of those saved under it before for the same classes.

    Names are the same whatever their case. Raises BadName (empty, too long, unprintable, PLAIN), BadCosts (a cell
    without a number, too large, too many classes).
    """
    name = _clean(name)
    if not name:
        raise BadName(name="An empty text", reason="costs need a name to be found by")
    if len(name) > LONGEST_NAME:
        raise BadName(name=f"{name[:20]}…", reason=f"it has {len(name)} letters, at most {LONGEST_NAME} are possible")
    if not name.isprintable():
        raise BadName(name=repr(name), reason="it has letters that can't be shown")
    if _key(name) == _key(PLAIN):
        raise BadName(name=name, reason="it is what Thaw calls its own costs; choose another")
    kept = Costs(name, tuple(classes), _checked(name, matrix, len(classes)))
    write_json(_path(settings, name, kept.classes), _content(kept))
    return kept


def list_costs(settings: Settings, classes: Sequence[str]) -> list[Costs]:
    """The costs saved for these classes, by name. A file that can't be read is left out."""
    found = []
    for path in _folder(settings).glob(f"*-{_of_classes(classes)}-*.json"):
        try:
            one = _read(path)
        except BadCosts:
            continue
        if one.classes == tuple(classes):
            found.append(one)
    return sorted(found, key=lambda one: _key(one.name))


@disk_errors.speaking
def delete_costs(settings: Settings, name: str, classes: Sequence[str]) -> None:
    """Forget the costs of that name; nothing where there are none."""
    _path(settings, name, classes).unlink(missing_ok=True)


def _checked(name: str, matrix, n_classes: int) -> np.ndarray:
    def refuse(reason: str) -> BadCosts:
        return BadCosts(name=name, reason=reason)

    if not 2 <= n_classes <= MOST_CLASSES:
        raise refuse(f"they are for {n_classes:,} classes, 2 to {MOST_CLASSES:,} are possible")
    try:
        found = np.asarray(matrix, dtype=float)
    except (TypeError, ValueError) as error:
        raise refuse("some cells are no numbers") from error
    if found.shape != (n_classes, n_classes):
        raise refuse(f"there should be {n_classes} rows and columns, and there are {found.shape}")
    if not np.isfinite(found).all():
        raise refuse("each pair of classes needs a number; some cells are empty")
    if (np.abs(found) > MOST).any():
        raise refuse(f"a cost can be at most {MOST:,.0f}, one is {found.flat[np.abs(found).argmax()]:,.6g}")
    return found


def _content(costs: Costs) -> dict:
    return {
        "version": FORMAT,
        "name": costs.name,
        "classes": list(costs.classes),
        "costs": costs.matrix.tolist(),
    }


def _read(path: Path) -> Costs:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadCosts(name=path.name, reason="the file is too large")
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != FORMAT:
            raise BadCosts(name=path.name, reason="they were saved by a newer Thaw")
        name, classes = content["name"], tuple(content["classes"])
        if not isinstance(name, str) or not all(isinstance(one, str) for one in classes):
            raise BadCosts(name=path.name, reason="names should be texts")
        return Costs(name, classes, _checked(path.name, content["costs"], len(classes)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadCosts(name=path.name, reason="the file can't be read") from error


def _folder(settings: Settings) -> Path:
    return settings.home / "costs"


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _key(name: str) -> str:
    return _clean(name).casefold()


def _of_classes(classes: Sequence[str]) -> str:
    return content_hash(list(classes))[:8]


def _path(settings: Settings, name: str, classes: Sequence[str]) -> Path:
    """The slug is for people who look into the folder; the hashes keep names and classes apart."""
    slug = re.sub(r"[^a-z0-9]+", "-", _key(name)).strip("-")[:40] or "costs"
    return _folder(settings) / f"{slug}-{_of_classes(classes)}-{content_hash(_key(name))[:8]}.json"
