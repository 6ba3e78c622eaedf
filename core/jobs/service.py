"""The supervisor beside a server or a command: started, started again when it dies, ended with it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.jobs import places, supervision
from core.jobs.local import TRAINER
from core.settings import Settings

END_SECONDS = 12  # for a supervisor to end its jobs and itself
LONGEST_PAUSE = 30.0  # between restarts of a supervisor that dies again and again


@contextmanager
def ensure_supervisor(settings: Settings, train: str = TRAINER) -> Iterator[None]:
    """
    Keep a supervisor of this data folder running inside the block; returns at once.

    Where another server's supervisor works already, ours waits and takes over when that one is gone. On leaving the
    block it ends its jobs, which go on under the next supervisor.
    """
    keeper = _Keeper(settings, train)
    keeper.start()
    try:
        yield
    finally:
        keeper.end()


def supervisor_state(settings: Settings) -> dict:
    """{"state": "running" | "other server" | "none", "pid": int or None, "jobs": ids of the running jobs}."""
    return supervision.state(settings)


def job_log(settings: Settings, run_id: str, lines: int = 40) -> str:
    """The last lines that the run's latest attempt wrote; empty where there is no log."""
    return places.log_tail(settings, run_id, lines)


class _Keeper(threading.Thread):
    """Holds the supervisor's process."""

    def __init__(self, settings: Settings, train: str):
        super().__init__(name="keep-supervisor", daemon=True)
        self._settings, self._train = settings, train
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None

    def run(self) -> None:
        pause = 1.0
        while not self._over.is_set():
            with self._lock:
                if self._over.is_set():
                    return
                self._process = self._launched()
            self._process.wait()
            self._over.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _launched(self) -> subprocess.Popen:
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {
            "THAW_HOME": str(self._settings.home),
            "MLFLOW_TRACKING_URI": self._settings.tracking_uri,
            "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        }
        if self._settings.weights:
            environment["THAW_WEIGHTS"] = str(self._settings.weights)
        command = [sys.executable, "-m", "core.jobs.supervisor", "--parent", str(os.getpid()), "--train", self._train]
        # A session of its own: Ctrl+C in the server's terminal is for the server, which then ends this one in order.
        return subprocess.Popen(command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL)

    def end(self) -> None:
        self._over.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # its workers see that and end themselves
            process.wait()
