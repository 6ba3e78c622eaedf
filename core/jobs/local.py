"""Training processes on this machine, started warm: forked from a process that has TensorFlow imported."""

import contextlib
import faulthandler
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import connection
from pathlib import Path

import psutil

from core.jobs import places
from core.runs.files import write_json
from core.settings import Settings

WORKER = "core.jobs.worker:run"  # known by its name only: importing it here would import what it imports
TRAINER = "core.training.trainer:train"
PRELOAD = "core.jobs.preload"
NICENESS = 5  # pages stay quick while a job trains; an idle machine gives a job all it has anyway


class LocalExecutor:
    """
    One process a job, each a session of its own.

    Linux forks them from a forkserver that has imported what they need, the module of `train` ("module:function")
    included, and run no TensorFlow operation: forked threads and devices would hang. macOS, where forking after such
    imports is unsafe, spawns them.
    """

    def __init__(self, settings: Settings, train: str = TRAINER, method: str | None = None):
        self._settings, self._train = settings, train
        self._method = method or ("forkserver" if sys.platform == "linux" else "spawn")
        self._context = multiprocessing.get_context(self._method)
        if self._method == "forkserver":
            self._context.set_forkserver_preload([PRELOAD, train.partition(":")[0]])

    def warm(self) -> None:
        if self._method == "forkserver":
            from multiprocessing import forkserver

            forkserver.ensure_running()  # returns at once; the imports go on in that process

    def start(self, run_id: str, attempt: int):
        args = (self._settings, run_id, attempt, self._train)
        job = self._context.Process(target=_enter, args=args, name=f"job-{run_id[:8]}-{attempt}")
        job.start()
        return job

    def poll(self, job) -> int | None:
        code = job.exitcode
        if code is not None:
            end_group(job.pid)  # also where only the forkserver died, which then answers for a job that still runs
        return code

    def stop(self, job, now: bool = False) -> None:
        if now:
            end_group(job.pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job.pid, signal.SIGTERM)


def end_group(pid: int) -> None:
    """Kill a job and all it started; a job leads a session of its own, from its first moments on."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _enter(settings: Settings, run_id: str, attempt: int, train: str) -> None:
    """First thing in the new process: a session, a log, a watch on the parent; then the worker."""
    os.setsid()
    folder = places.attempt(settings, run_id, attempt)
    _log_to(folder / places.LOG)
    _watch_parent()
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    write_json(folder / places.WORKER, {"pid": os.getpid(), "created": psutil.Process().create_time()})
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
