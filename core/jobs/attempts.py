"""How often a job died in a row without having got any further: after three times it is given up."""

from pathlib import Path

from core.jobs import places
from core.runs.files import read_json, write_json
from core.settings import Settings

MOST = 3  # deaths in a row without a new checkpoint
FILE = "attempts.json"


def begin(settings: Settings, run_id: str, fresh: bool) -> None:
    """Note which checkpoints there are before an attempt; `fresh` forgets earlier deaths (someone asked for it)."""
    path = places.job(settings, run_id) / FILE
    deaths = 0 if fresh else (read_json(path) or {}).get("deaths", 0)
    write_json(path, {"deaths": deaths, "checkpoints": _checkpoints(settings, run_id)})


def died(settings: Settings, run_id: str) -> int:
    """Count a death; returns how many came in a row without a new checkpoint."""
    path = places.job(settings, run_id) / FILE
    before = read_json(path) or {}
    now = _checkpoints(settings, run_id)
    deaths = 0 if now != before.get("checkpoints", []) else before.get("deaths", 0) + 1
    write_json(path, {"deaths": deaths, "checkpoints": now})
    return deaths


def _checkpoints(settings: Settings, run_id: str) -> list:
    """Name and time of every complete checkpoint, whatever is in it."""
    folder: Path = places.job(settings, run_id) / places.CHECKPOINTS
    if not folder.is_dir():
        return []
    return sorted([path.name, path.stat().st_mtime_ns] for path in folder.iterdir() if not path.name.startswith("."))
