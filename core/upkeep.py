"""What a data folder needs from time to time: a backup of its run store, and nothing left of what was broken off."""

import os
import re
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.datasets.staging import sweep_staging
from core.errors import ThawError
from core.runs import RunStore, backups
from core.settings import Settings

EVERY_SECONDS = 600.0
OLD_SECONDS = 600.0  # what is written beside its place is written in much less, or is locked meanwhile
BESIDE = re.compile(r"\..+\.(?P<pid>\d+)(\.part)?|.+\.part|.+\.part-journal|\..+\.restoring")


def start(settings: Settings, store: RunStore, stop: threading.Event) -> threading.Thread:
    """Keep the folder in order until `stop` is set, in a thread of the one process that supervises it."""

    def work():
        while True:
            try:
                keep_in_order(settings, store)
            except (ThawError, OSError, sqlite3.Error) as error:  # it may be mended, and is tried again
                print(f"Upkeep: {error}", file=sys.stderr)
            if stop.wait(EVERY_SECONDS):
                return

    thread = threading.Thread(target=work, name="upkeep", daemon=True)
    thread.start()
    return thread


def keep_in_order(settings: Settings, store: RunStore) -> None:
    """Sweep, then write missing records of runs and back the store up where that is due. Raises what these raise."""
    sweep(settings)
    store.sweep()
    store.write_missing_records()
    backups.back_up(settings)


def sweep(settings: Settings, older_than: float = OLD_SECONDS) -> list[Path]:
    """Remove what was being written beside its place when its process died; returns what was removed."""
    sweep_staging(settings)
    gone = []
    for path in _beside(settings.home):
        if _is_left_over(path, older_than):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            gone.append(path)
    return gone


def _beside(home: Path) -> Iterator[Path]:
    """Files and folders named as what is still being written is; photos are staged in a folder of their own."""
    for folder, folders, files in os.walk(home):
        if Path(folder) == home:
            folders[:] = [name for name in folders if name != "photos"]
        for name in [*files, *folders]:
            if BESIDE.fullmatch(name) or Path(folder) == home / "tmp":
                yield Path(folder) / name
        folders[:] = [name for name in folders if not BESIDE.fullmatch(name)]


def _is_left_over(path: Path, older_than: float) -> bool:
    try:
        inside = path.rglob("*") if path.is_dir() else ()
        written = max(each.lstat().st_mtime for each in (path, *inside))
        if time.time() - written < older_than:
            return False
        if (pid := re.search(r"\.(\d+)(\.part)?$", path.name)) and psutil.pid_exists(int(pid[1])):
            return False
        lock = path.with_suffix(".lock")
        if lock.exists():
            with FileLock(lock, timeout=0):
                return True
    except (OSError, Timeout):  # gone meanwhile, or somebody is at it
        return False
    return True
