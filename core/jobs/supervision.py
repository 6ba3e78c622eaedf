"""Who supervises this data folder: one process, by lock; and what it says of itself."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from filelock import FileLock, Timeout

from core.runs.files import read_json, write_json
from core.settings import Settings


def lock(settings: Settings) -> FileLock:
    """Held by the one supervisor of this data folder as long as it lives; the system frees it when it dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.home / "supervisor.lock")


@contextmanager
def as_supervisor(settings: Settings) -> Iterator[bool]:
    """True inside where no supervisor runs and none can start meanwhile; False, and nothing is held, where one does."""
    held = lock(settings)
    try:
        held.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        held.release()


def say(settings: Settings, parent: int | None, jobs: list[str]) -> None:
    """Write who supervises, for which server, and what runs; a heartbeat."""
    me = psutil.Process()
    value = {"pid": me.pid, "created": me.create_time(), "parent": parent, "jobs": jobs, "seen": time.time()}
    write_json(settings.home / "supervisor.json", value)


def state(settings: Settings) -> dict:
    """
    {"state", "pid", "jobs"}: "running" where this process's own supervisor works (or one started by hand), "other
    server" where another server's does, "none" where queued runs wait for someone to start one.
    """
    said = read_json(settings.home / "supervisor.json")
    if not said or not alive(said["pid"], said["created"]):
        return {"state": "none", "pid": None, "jobs": []}
    ours = said["parent"] in (None, os.getpid())
    return {"state": "running" if ours else "other server", "pid": said["pid"], "jobs": said["jobs"]}


def alive(pid: int, created: float) -> bool:
    """Whether the process is still the one that was meant: ids are used again."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
