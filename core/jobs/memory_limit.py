"""How much memory a job may hold, and how much it does; the server shall never be what the kernel ends."""

import contextlib
import os
import sys
from pathlib import Path

import psutil

from core.settings import Settings

MEGABYTE = 2**20
KEPT_BACK = 1536 * MEGABYTE  # for the server, the supervisor and the system; a quarter of a large machine
FIRST_TO_GO = "1000"  # the highest score: where memory is short, the kernel ends a job before anything else


def limit_mb(settings: Settings) -> int:
    """Megabytes that one job's processes may hold together: THAW_MEMORY, else what this machine can spare."""
    if settings.memory_mb:
        return settings.memory_mb
    there = total_bytes()
    return (there - min(max(KEPT_BACK, there // 4), there // 2)) // MEGABYTE


def total_bytes(groups: Path = Path("/sys/fs/cgroup"), mine: Path = Path("/proc/self/cgroup")) -> int:
    """Memory of this machine, or of the container where that has less (cgroups, version 1 and 2)."""
    limits = [psutil.virtual_memory().total]
    lines = mine.read_text().splitlines() if mine.exists() else []
    for _, kinds, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if kinds == "":
            root, name = groups, "memory.max"
        elif "memory" in kinds.split(","):
            root, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        place = root / path.strip("/")
        for folder in (place, *place.parents):  # a limit of any group above counts too
            with contextlib.suppress(OSError, ValueError):
                limits.append(int((folder / name).read_text()))  # "max" is no number, and no limit
            if folder == root:
                break
    return min(limit for limit in limits if limit > 0)


def session(leader: int) -> list[int]:
    """The processes of the session that this process leads."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def held_bytes(pid: int) -> int:
    """
    Memory that only ending the process would give back; 0 where it is gone.

    Files that are mapped, as kept outputs are, don't count: the system takes their pages back when it needs them.
    """
    if sys.platform != "linux":
        try:
            process = psutil.Process(pid)
            with contextlib.suppress(psutil.AccessDenied, AttributeError):
                return process.memory_full_info().uss
            return process.memory_info().rss
        except psutil.Error:
            return 0
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    counted = (line.split() for line in lines if line.startswith(("RssAnon:", "RssShmem:", "VmSwap:")))
    return sum(int(kilobytes) for _, kilobytes, *_ in counted) * 1024


def be_first_to_go() -> None:
    """Let the kernel, where memory runs out, choose this process and what it starts."""
    with contextlib.suppress(OSError):  # Linux alone has this
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
