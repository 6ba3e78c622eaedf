"""The supervisor beside a server or a command: started, started again when it dies, ended with it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.jobs import places, supervision
from core.jobs.local import TRAINER
from core.jobs.silence import Silence
from core.settings import Settings

END_SECONDS = 12  # for a supervisor to end its jobs and itself
LOOK_SECONDS = 0.5
LONGEST_PAUSE = 5.0  # between restarts of a supervisor that dies again and again; with its start well below 30 s
LONG = 60.0  # a supervisor that lived so long is started again at once


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
        pause = 0.5
        while not self._over.is_set():
            began = time.monotonic()
            try:
                with self._lock:
                    if self._over.is_set():
                        return
                    self._process = self._launched()
                self._wait()
            except OSError as error:  # no memory for a process: later there may be
                print(f"The supervisor could not be started: {error}", file=sys.stderr)
            pause = 0.5 if time.monotonic() - began > LONG else min(pause * 2, LONGEST_PAUSE)
            self._over.wait(pause)

    def _wait(self) -> None:
        """Until the supervisor is gone. One that is frozen while it is in charge is ended."""
        silence = Silence()
        while True:
            try:
                self._process.wait(LOOK_SECONDS)
                return
            except subprocess.TimeoutExpired:
                beat, pid = supervision.last_beat(self._settings), supervision.state(self._settings)["pid"]
                if silence.of((beat, pid)) > supervision.SILENT_SECONDS and pid == self._process.pid:
                    self._process.kill()

    def _launched(self) -> subprocess.Popen:
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {
            "THAW_HOME": str(self._settings.home),
            "MLFLOW_TRACKING_URI": self._settings.tracking_uri,
            "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        }
        if self._settings.weights:
            environment["THAW_WEIGHTS"] = str(self._settings.weights)
        if self._settings.memory_mb:
            environment["THAW_MEMORY"] = str(self._settings.memory_mb)
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
