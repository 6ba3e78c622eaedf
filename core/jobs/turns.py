"""Whose job is next: visitors take turns, so that one who queued a sweep keeps nobody waiting for all of it."""

from collections import deque
from collections.abc import Iterable

from core.records import Run, Status


def in_turn(runs: Iterable[Run]) -> list[Run]:
    """
    The queued runs of `runs`, the next one first.

    runs : queued ones and whatever tells who was served when; any order. Within one visitor's the oldest is first. The
    visitor whose last job started longest ago is next, then the one after; who has a job running comes after all who
    have none.
    """
    runs = list(runs)
    waiting: dict[str, deque[Run]] = {}
    for run in sorted((run for run in runs if run.status == Status.QUEUED), key=lambda run: (run.created, run.id)):
        waiting.setdefault(run.owner, deque()).append(run)
    busy = {run.owner for run in runs if run.status == Status.RUNNING}
    served: dict[str, str] = {}
    for run in runs:
        if run.started and run.owner in waiting:
            served[run.owner] = max(served.get(run.owner, ""), run.started.isoformat())
    owners = sorted(waiting, key=lambda owner: (owner in busy, served.get(owner, ""), waiting[owner][0].created, owner))
    turns, order = deque(owners), []
    while turns:
        owner = turns.popleft()
        order.append(waiting[owner].popleft())
        if waiting[owner]:
            turns.append(owner)
    return order


def may_start(run: Run, running: Iterable[Run]) -> bool:
    """Whether its visitor has no other job running; who sits at this machine's own screen may have several."""
    return not run.owner or all(other.owner != run.owner for other in running)


def ahead(runs: Iterable[Run], owner: str) -> int:
    """How many jobs would run before one that this visitor queued now, the running ones included."""
    runs = [run for run in runs if run.kind.made_by_job]
    active = [run for run in runs if not run.status.over]
    if not active:
        return 0
    last = {"id": "~", "owner": owner, "status": Status.QUEUED, "created": max(run.created for run in active)}
    asked = active[0].model_copy(update=last | {"started": None})
    order = [run.id for run in in_turn([*runs, asked])]
    return order.index("~") + sum(run.status == Status.RUNNING for run in active)
