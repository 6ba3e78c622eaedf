"""A trained run's answers to several views of each photo, averaged: a run of its own."""

from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import run_json
from core.commands.terminal import Json, emit, say
from core.commands.training import follow
from core.errors import ViewsFailed
from core.records import Status
from core.settings import settings


def views(
    run: str,
    number: Annotated[int, typer.Option("--views", help="Drawn views; the photo as it is comes on top.")] = 8,
    recipe: Annotated[str | None, typer.Option(help="A recipe by name; flips and shifts where none is named.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other views.")] = 0,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to the end; works without a server.")] = False,
    as_json: Json = False,
):
    """Let a trained run see each photo several times, mirrored and shifted, and average its answers."""
    from core import augment
    from core.jobs import service
    from core.jobs import views as jobs

    chosen = augment.find_recipe(settings(), recipe) if recipe is not None else None
    found, joined = jobs.submit(settings(), jobs.plan(settings(), run, number, chosen, seed))
    if joined:
        say(f"These views have a run already, {found.status}: joined it.")
    if wait:
        with service.ensure_supervisor(settings()):
            found = follow(found)
        if found.status != Status.FINISHED:
            raise ViewsFailed(reason=f"run {found.id} is {found.status}. {found.error or ''}".strip())
        emit(as_json, run_json(named.run_store(), found) | {"joined": joined}, found.id)
        return
    if not found.status.over and service.supervisor_state(settings())["state"] == "none":
        say("They are queued. No server takes jobs now: start one with `make run`, or add --wait.")
    emit(as_json, {"id": found.id, "name": found.name, "status": found.status, "joined": joined}, found.id)
