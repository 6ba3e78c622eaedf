"""What trainings keep on disk since it can be computed again: `cache list`, `cache clear`."""

from typing import Annotated

import typer

from core.commands.terminal import Json, emit, say
from core.settings import settings


def list_all(as_json: Json = False):
    """List kept outputs of frozen layers, augmented copies and decoded photos, the one used last first."""
    from core.training import kept

    found = kept.entries(settings())
    held = sum(entry.bytes for entry in found)
    lines = [f"{entry.id:44}  {_mega(entry.bytes):>9}  {entry.used:%Y-%m-%d %H:%M}  {_what(entry)}" for entry in found]
    lines.append(f"{_mega(held)} of at most {_mega(kept.LIMIT)}")
    emit(as_json, {"entries": [_object(each) for each in found], "bytes": held, "limit": kept.LIMIT}, "\n".join(lines))


def clear(
    entries: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Beginnings of ids; all if none.")] = None,
    as_json: Json = False,
):
    """Delete kept outputs; what a training needs again is computed again, and a job that reads one goes on."""
    from core.training import kept

    doomed = [kept.find(settings(), entry) for entry in entries] if entries else kept.entries(settings())
    gone = kept.delete(settings(), doomed)
    freed, busy = sum(entry.bytes for entry in gone), [entry.id for entry in doomed if entry not in gone]
    for entry in busy:
        say(f"{entry} stayed, since a job computes it just now.")
    emit(as_json, {"deleted": [entry.id for entry in gone], "bytes": freed, "busy": busy}, f"{_mega(freed)} deleted")


def _object(entry) -> dict:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "bytes": entry.bytes,
        "used": entry.used.isoformat(),
        "backbone": entry.backbone,
        "layers": entry.layers,
        "input_size": entry.input_size,
    }


def _what(entry) -> str:
    if entry.kind == "prefix":
        return f"{entry.backbone}, output of {entry.layers} layers"
    return f"photos at {entry.input_size} px" if entry.kind == "decoded" else "augmented copies"


def _mega(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"
