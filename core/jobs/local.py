"""Training processes on this machine, started warm: forked from a process that has TensorFlow imported."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import connection

import psutil

from core.jobs import memory_limit, supervision
from core.jobs.executor import Signs
from core.jobs.process import enter
from core.settings import Settings

TRAINER = "core.training.trainer:train"
PRELOAD = "core.jobs.preload"
START_SECONDS = 180.0  # for the forkserver to answer, which may still be importing; then it is ended and begun anew
TELL_SECONDS = 10.0  # for the forkserver to tell that a job that was killed is dead


@dataclass
class Job:
    process: multiprocessing.process.BaseProcess
    heard: connection.Connection  # the worker's heartbeats, a byte each
    beats: int = 0
    killed: float | None = None  # when
    code: int | None = None

    @property
    def pid(self) -> int:
        return self.process.pid


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

    def start(self, run_id: str, attempt: int) -> Job:
        heard, beating = self._context.Pipe(duplex=False)
        args = (self._settings, run_id, attempt, self._train, beating)
        process = self._context.Process(target=enter, args=args, name=f"job-{run_id[:8]}-{attempt}")
        patience = threading.Timer(START_SECONDS, end_forkserver)
        patience.start()
        try:
            process.start()
        except BaseException:
            heard.close()
            raise
        finally:
            patience.cancel()
            beating.close()
        os.set_blocking(heard.fileno(), False)
        return Job(process, heard)

    def poll(self, job: Job) -> int | None:
        if job.code is None:
            job.code = job.process.exitcode
            if job.code is None and self._untold(job):
                job.code = -signal.SIGKILL
                end_forkserver()
            if job.code is not None:
                # Also where only the forkserver died, which then answers for a job that still runs.
                supervision.end_session(job.pid)
                job.heard.close()
        return job.code

    @staticmethod
    def _untold(job: Job) -> bool:
        """Whether it was killed and is dead, and the forkserver, which should have told, is frozen itself."""
        waited = job.killed is not None and time.monotonic() - job.killed > TELL_SECONDS
        return waited and not supervision.lives(job.pid)

    def signs(self, job: Job) -> Signs:
        with contextlib.suppress(OSError):  # nothing new, or closed
            job.beats += len(os.read(job.heard.fileno(), 65536))
        held, cpu = 0, 0.0
        for pid in memory_limit.session(job.pid):
            held += memory_limit.held_bytes(pid)
            with contextlib.suppress(psutil.Error):
                times = psutil.Process(pid).cpu_times()
                cpu += times.user + times.system
        return Signs(job.beats, held / memory_limit.MEGABYTE, cpu)

    def stop(self, job: Job, now: bool = False) -> None:
        if job.code is not None:  # its number may be another process's by now
            return
        if now:
            job.killed = job.killed or time.monotonic()
            supervision.end_session(job.pid)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job.pid, signal.SIGTERM)


def end_forkserver() -> None:
    """Kill this process's forkserver; the next start brings a new one. Jobs that it started are ended as killed."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any("multiprocessing.forkserver" in word for word in child.cmdline()):
                child.kill()
