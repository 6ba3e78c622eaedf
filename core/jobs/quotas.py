"""Whether a visitor has room left: in the queue and on the disk; and what was taken."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from filelock import FileLock

from core.errors import DiskQuota, NotYours, TooManyWaiting
from core.jobs.limits import GB, limits
from core.records import Run, Status, Visitor
from core.runs import RunStore
from core.runs.files import read_json, write_json
from core.settings import Settings

_COLUMNS = ["Running", "Waiting", "Over"]
_STATE = {Status.RUNNING: "Running", Status.QUEUED: "Waiting"}


def check_rights(visitor: Visitor, run: Run) -> None:
    """Raises NotYours where the visitor may not change this run."""
    if not visitor.may_change(run.owner):
        raise NotYours(name=run.name, owner=run.owner or "whoever sits at the computer itself")


def check_waiting(settings: Settings, store: RunStore, visitor: Visitor, more: int = 1) -> None:
    """Raises TooManyWaiting where so many more jobs are too many for the visitor."""
    if visitor.teacher:
        return
    most = limits(settings).waiting
    waiting = sum(run.owner == visitor.id for run in store.list(status=Status.QUEUED, home=store.home))
    if waiting + more > most:
        raise TooManyWaiting(waiting=waiting, more=more, most=most)


def check_disk(settings: Settings, store: RunStore, visitor: Visitor, more: int = 0) -> None:
    """Raises DiskQuota where what the visitor has and so many bytes more are above the limit."""
    if visitor.teacher:
        return
    used, most = disk(settings, store, visitor.id), limits(settings).bytes
    if used + more > most:
        raise DiskQuota(used=f"{used / GB:.1f}", more=f"{more / GB:.1f}", most=f"{most / GB:.1f}")


def disk(settings: Settings, store: RunStore, owner: str) -> int:
    """Bytes of what the visitor brought in and of the files of their runs."""
    runs = [run for run in store.list() if run.owner == owner and run.artifacts]
    return _brought(settings).get(owner, 0) + sum(_size(Path(run.artifacts)) for run in runs)


def by_visitor(runs: Iterable[Run]) -> pd.DataFrame:
    """One row a visitor who started jobs: Visitor, Running, Waiting, Over (counts); the busiest first."""
    found = pd.DataFrame(
        [(run.owner, _STATE.get(run.status, "Over")) for run in runs if run.owner and run.kind.made_by_job],
        columns=["Visitor", "state"],
    )
    table = pd.crosstab(found["Visitor"], found["state"]).reindex(columns=_COLUMNS, fill_value=0).reset_index()
    return table.rename_axis(columns=None).sort_values(_COLUMNS, ascending=False, ignore_index=True)


def charge(settings: Settings, owner: str, size: int) -> None:
    """Note that the visitor brought in photos of so many bytes, which are kept."""
    if not owner:
        return
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        brought = _brought(settings)
        write_json(path, brought | {owner: brought.get(owner, 0) + size})


def _brought(settings: Settings) -> dict[str, int]:
    return read_json(_path(settings), {})


def _path(settings: Settings) -> Path:
    return settings.home / "class" / "brought.json"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
