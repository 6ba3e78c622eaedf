"""The first moments of a job's process: a session, a log, a watch on its parent, a heartbeat; then the worker."""

import contextlib
import faulthandler
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing import connection
from pathlib import Path

from core.jobs import memory_limit, places, supervision
from core.kill_points import kill_point
from core.runs.files import write_json
from core.settings import Settings

WORKER = "core.jobs.worker:run"  # known by its name only: importing it here would import what it imports
NICENESS = 5  # pages stay quick while a job trains; an idle machine gives a job all it has anyway
BEAT_SECONDS = 1.0


def enter(settings: Settings, run_id: str, attempt: int, train: str, beating: connection.Connection) -> None:
    """Become the worker of this attempt; its heartbeats go into `beating`."""
    os.setsid()
    _watch_parent()
    kill_point("worker-began")
    memory_limit.be_first_to_go()
    folder = places.attempt(settings, run_id, attempt)
    _log_to(folder / places.LOG)
    _beat(beating)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    write_json(folder / places.WORKER, supervision.identity())
    module, _, name = WORKER.partition(":")
    sys.exit(getattr(importlib.import_module(module), name)(settings, run_id, attempt, train))


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    faulthandler.enable(sys.stderr)


def _watch_parent() -> None:
    """End this whole session when the supervisor is gone: a forkserver's child would otherwise outlive it."""
    parent = multiprocessing.parent_process()

    def watch():
        connection.wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def _beat(beating: connection.Connection) -> None:
    """Say once a second that this process is not frozen, whatever its other threads do for however long."""
    os.set_blocking(beating.fileno(), False)

    def beat():
        while True:
            with contextlib.suppress(OSError):  # nobody reads for hours, or nobody is left, which is seen elsewhere
                os.write(beating.fileno(), b".")
            time.sleep(BEAT_SECONDS)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()
