"""The run store itself: is it whole, and back to a backup: `store check`, `store backup`, `store restore`."""

import sys
from typing import Annotated

import typer

from core.commands.terminal import Json, emit
from core.settings import settings

TOLD = 10  # ids named in a text; --json names all


def check(as_json: Json = False):
    """Look whether the run store is whole, and which backups of it there are. Exit code 1 where it is damaged."""
    from core.commands.named import run_store
    from core.runs.backups import way_back
    from core.runs.restoring import look

    found, unreadable = look(settings()), []
    if found.fault is None:
        store = run_store()
        store.list()
        unreadable = sorted(store.unreadable)
    if found.fault is None:
        lines = [f"{found.file} is whole, with {found.runs:,} runs, deleted ones counted."]
    else:
        lines = [f"{found.file} is damaged: {found.fault}. {way_back(settings())}"]
    lines += [f"The record of run {run[:8]} can't be read." for run in unreadable]
    lines += [f"Backup of {one.made:%Y-%m-%d %H:%M} UTC with {one.runs:,} runs: {one.path}" for one in found.backups]
    if not found.backups:
        lines.append("There is no backup yet; a server makes one each hour in which runs changed.")
    if found.fault is None and found.unknown:
        lines.append(f"Runs with files and a record that the store doesn't know: {_some(found.unknown)}")
    if found.fault is None and found.lost:
        lines.append(f"Runs with files alone that the store doesn't know: {_some(found.lost)}")
    value = {
        "file": str(found.file),
        "fault": found.fault,
        "runs": found.runs,
        "unreadable": unreadable,
        "backups": [{"file": str(one.path), "made": one.made.isoformat(), "runs": one.runs} for one in found.backups],
        "unknown": found.unknown,
        "lost": found.lost,
    }
    emit(as_json, value, "\n".join(lines))
    if found.fault is not None or unreadable:
        sys.exit(1)


def backup(as_json: Json = False):
    """Back the run store up now; a server does so by itself."""
    from core.runs.restoring import backed_up

    made, new = backed_up(settings())
    value = {"file": str(made.path), "made": made.made.isoformat(), "runs": made.runs, "new": new}
    emit(as_json, value, f"{made.path} holds {made.runs:,} runs{'' if new else '; nothing changed since it was made'}.")


def restore(
    force: Annotated[bool, typer.Option("--force", help="Also where the store is whole.")] = False,
    as_json: Json = False,
):
    """Go back to the best backup of a damaged run store, and bring back the runs whose record says more."""
    from core.runs.restoring import restore

    done = restore(settings(), force)
    lines = [f"There are {done.runs:,} runs again, deleted ones counted."]
    if done.backup:
        lines.append(f"{done.backup.runs:,} came from the backup of {done.backup.made:%Y-%m-%d %H:%M} UTC.")
    lines.append(f"{len(done.new):,} that it didn't know came from the records beside the runs' files.")
    if done.newer:
        lines.append(f"{len(done.newer):,} had gone on since, and are as they were last.")
    if done.lost:
        lines.append(f"{len(done.lost):,} have files, and no record to bring them back from: {_some(done.lost)}")
    if done.damaged:
        lines.append(f"The file that was there is kept as {done.damaged}.")
    value = {
        "runs": done.runs,
        "backup": str(done.backup.path) if done.backup else None,
        "damaged": str(done.damaged) if done.damaged else None,
        "new": done.new,
        "newer": done.newer,
        "lost": done.lost,
    }
    emit(as_json, value, "\n".join(lines))


def _some(ids: list[str]) -> str:
    named = ", ".join(each[:8] for each in ids[:TOLD])
    return f"{named} and {len(ids) - TOLD:,} more" if len(ids) > TOLD else named
