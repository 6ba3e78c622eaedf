"""Who supervises this data folder: one process, by lock; what it says of itself, and whether it still does."""

import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.jobs import memory_limit
from core.runs.files import read_json, write_json
from core.settings import Settings

SILENT_SECONDS = 40.0  # its heart is a thread of its own: a supervisor that says nothing for so long is frozen
FILE = "supervisor.json"


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
    """Write who supervises, for which server, and what runs."""
    write_json(settings.home / FILE, identity() | {"parent": parent, "jobs": jobs})


def beat(settings: Settings) -> None:
    """A heartbeat. It needs no room on a disk that may be full, and who looks at it reads no clock."""
    with contextlib.suppress(OSError):
        os.utime(settings.home / FILE)


def last_beat(settings: Settings) -> int | None:
    """A value that is another one after each heartbeat."""
    try:
        return (settings.home / FILE).stat().st_mtime_ns
    except OSError:
        return None


def state(settings: Settings) -> dict:
    """
    {"state", "pid", "jobs"}: "running" where this process's own supervisor works (or one started by hand), "other
    server" where another server's does, "none" where queued runs wait for someone to start one.
    """
    said = read_json(settings.home / FILE)
    if not said or not alive(said):
        return {"state": "none", "pid": None, "jobs": []}
    ours = said["parent"] in (None, os.getpid())
    return {"state": "running" if ours else "other server", "pid": said["pid"], "jobs": said["jobs"]}


def end_frozen(settings: Settings) -> None:
    """Kill the supervisor that says nothing any more; with it goes its lock, and its workers end themselves."""
    said = read_json(settings.home / FILE)
    if said and said["pid"] != os.getpid() and alive(said):
        with contextlib.suppress(OSError):
            os.kill(said["pid"], signal.SIGKILL)


# Processes


def identity(pid: int | None = None) -> dict:
    """What tells this process from any other that had or will have its number; no clock that is set can change it."""
    return {"pid": pid or os.getpid(), "started": _started(pid or os.getpid()), "boot": _boot()}


def alive(said: dict) -> bool:
    """Whether the process of this `identity` still lives: numbers are used again."""
    pid = said["pid"]
    return lives(pid) and said.get("boot") == _boot() and said.get("started") == _started(pid)


def lives(pid: int) -> bool:
    """Whether there is such a process, and more of it than its exit code."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_session(leader: int) -> None:
    """Kill a process and all of the session that it leads, but never whoever calls."""
    for pid in {leader, *memory_limit.session(leader)} - {os.getpid()}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def end_left(said: dict) -> None:
    """Kill what is left of the session that the process of this `identity` leads or led."""
    # A number is not given to a new process while a session has it: without a process of that number, it is ours.
    if alive(said) or (said.get("boot") == _boot() and not psutil.pid_exists(said["pid"])):
        end_session(said["pid"])


def _started(pid: int) -> float | None:
    """When it started, on a scale that setting the clock doesn't move."""
    # psutil's public creation time adds the time of booting, which is the clock less the seconds since.
    try:
        return round(psutil.Process(pid)._proc.create_time(monotonic=True), 2)
    except psutil.Error:
        return None


@cache
def _boot() -> str:
    """Another text after each start of this machine, where the system has one."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""
