"""What trainings keep on disk since it can be computed again: listed with its size, and deleted when somebody asks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from core.errors import UnknownKept
from core.settings import Settings
from core.training import copies, disk_cache, pixels, prefix_cache

Kind = Literal["prefix", "copies", "decoded"]
LIMITS: dict[Kind, int] = {"prefix": prefix_cache.LIMIT, "copies": copies.LIMIT, "decoded": pixels.LIMIT}  # bytes
LIMIT = sum(LIMITS.values())
_PREFIX = re.compile(r"[0-9a-f]+-(?P<backbone>.+)-(?P<layers>[0-9]+)")
_DECODED = re.compile(r"[0-9a-f]+-(?P<input_size>[0-9]+)")


@dataclass(frozen=True)
class Entry:
    """One kept array."""

    id: str  # unique; the file's name without its ending
    kind: Kind  # outputs of a frozen prefix, augmented copies, or decoded photos
    bytes: int
    used: datetime  # last time a job read or wrote it
    backbone: str | None = None  # Backbone.key, of a prefix
    layers: int | None = None  # how many a prefix has
    input_size: int | None = None  # px, of decoded photos


def entries(settings: Settings) -> list[Entry]:
    """All complete entries, the one used last first."""
    found = []
    for kind in LIMITS:
        for path in (settings.cache / kind).glob("*.npy"):
            try:
                stat = path.stat()
            except FileNotFoundError:  # deleted meanwhile
                continue
            found.append(Entry(path.stem, kind, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC), **_of(path)))
    return sorted(found, key=lambda entry: entry.used, reverse=True)


def find(settings: Settings, id: str) -> Entry:
    """The entry with this id, or the only one whose id begins so. Raises UnknownKept."""
    fits = [entry for entry in entries(settings) if id and entry.id.startswith(id)]
    exact = [entry for entry in fits if entry.id == id]
    if len(exact or fits) != 1:
        raise UnknownKept(entry=id)
    return (exact or fits)[0]


def delete(settings: Settings, doomed: list[Entry]) -> list[Entry]:
    """Delete entries; returns those that are gone. One that a job computes anew at this moment stays.

    A job that reads one goes on reading it: its bytes come free when that job has ended.
    """
    return [entry for entry in doomed if disk_cache.discard(settings.cache / entry.kind / f"{entry.id}.npy")]


def _of(path) -> dict:
    """What the name of an entry says of it."""
    if path.parent.name == "prefix" and (said := _PREFIX.fullmatch(path.stem)):
        return {"backbone": said["backbone"], "layers": int(said["layers"])}
    if path.parent.name == "decoded" and (said := _DECODED.fullmatch(path.stem)):
        return {"input_size": int(said["input_size"])}
    return {}
