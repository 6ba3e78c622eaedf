"""How often a job ended in a row without having got any further: then it is given up."""

from pathlib import Path

from core.jobs import places
from core.runs.files import read_json, write_json
from core.settings import Settings

MOST = 3  # deaths of the worker in a row without a new checkpoint
MOST_TOGETHER = 10  # the same, where the supervisor died too: most often not for this job, as when the power fails
FILE = "attempts.json"


def begin(settings: Settings, run_id: str, fresh: bool) -> None:
    """Note which checkpoints there are before an attempt; `fresh` forgets earlier deaths (someone asked for it)."""
    before = {} if fresh else _noted(settings, run_id)
    kept = {"deaths": before.get("deaths", 0), "together": before.get("together", 0)}
    _note(settings, run_id, kept | {"checkpoints": _checkpoints(settings, run_id)})


def died(settings: Settings, run_id: str) -> int:
    """Count a death of the worker; returns how many came in a row without a new checkpoint."""
    return _count(settings, run_id, "deaths")


def died_together(settings: Settings, run_id: str) -> int:
    """Count an end of worker and supervisor alike; returns how many came in a row without a new checkpoint."""
    return _count(settings, run_id, "together")


def left(settings: Settings, run_id: str) -> None:
    """Note that the attempt was ended in good order, with its supervisor; whoever goes on counts no death."""
    _note(settings, run_id, _noted(settings, run_id) | {"left": True})


def _count(settings: Settings, run_id: str, what: str) -> int:
    before, now = _noted(settings, run_id), _checkpoints(settings, run_id)
    if before.get("left"):
        return 0
    further = now != before.get("checkpoints", [])
    counted = {"deaths": 0, "together": 0} if further else {what: before.get(what, 0) + 1}
    value = before | counted | {"checkpoints": now}
    _note(settings, run_id, value)
    return value[what]


def _noted(settings: Settings, run_id: str) -> dict:
    return read_json(places.job(settings, run_id) / FILE) or {}


def _note(settings: Settings, run_id: str, value: dict) -> None:
    write_json(places.job(settings, run_id) / FILE, value)


def _checkpoints(settings: Settings, run_id: str) -> list:
    """Name and time of every complete checkpoint, whatever is in it."""
    folder: Path = places.job(settings, run_id) / places.CHECKPOINTS
    if not folder.is_dir():
        return []
    return sorted([path.name, path.stat().st_mtime_ns] for path in folder.iterdir() if not path.name.startswith("."))
