"""What is done with runs that are kept: name, tags, note, delete and bring back."""

from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import short_run_json
from core.commands.terminal import Json, emit
from core.records import Run
from core.runs.naming import same_tag


def rename(run: str, name: str, as_json: Json = False):
    """Give a run another name."""
    store = named.run_store()
    found = store.get(run)
    store.rename(found.id, name)
    found = store.get(found.id)
    emit(as_json, short_run_json(found), f"{found.id} is called {found.name}")


def tag(
    run: str,
    tags: Annotated[list[str], typer.Argument(metavar="TAG ...", help="Short words; quote those with spaces.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take these tags off instead.")] = False,
    as_json: Json = False,
):
    """Give a run tags, or take some off; `runs --tag T` lists by them."""
    store = named.run_store()
    found = store.get(run)
    gone = set(map(same_tag, tags)) if remove else set()
    store.set_tags(found.id, [one for one in (*found.tags, *tags) if same_tag(one) not in gone])
    found = store.get(found.id)
    emit(as_json, short_run_json(found), f"{found.id}: {', '.join(found.tags) or 'no tags'}")


def note(run: str, text: Annotated[str, typer.Argument(help='"" takes it away.')], as_json: Json = False):
    """Write a run's note."""
    store = named.run_store()
    found = store.get(run)
    store.set_note(found.id, text)
    found = store.get(found.id)
    emit(as_json, short_run_json(found), f"{found.id}: {found.note or 'no note'}")


def delete(run: str, as_json: Json = False):
    """Take a run out of every list; `restore` brings it back. Its files stay."""
    _said(as_json, named.run_store().delete(run), "is deleted. Bring it back with: restore {}")


def restore(run: str, as_json: Json = False):
    """Bring back a deleted run; `runs --deleted` lists them."""
    _said(as_json, named.run_store().restore(run), "is back")


def _said(as_json: bool, run: Run, what: str) -> None:
    emit(as_json, short_run_json(run), f"{run.id} ({run.name}) {what.format(run.id[:8])}")
