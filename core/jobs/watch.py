"""Looks after running jobs many times a second: ends what is frozen, what hangs and what takes too much memory."""

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from core.jobs import memory_limit, places, supervision
from core.jobs.endings import excess
from core.jobs.executor import Executor
from core.jobs.silence import Silence
from core.records import Run
from core.runs.files import write_json
from core.settings import Settings

LOOK_SECONDS = 0.25  # memory may grow by a gigabyte a second
FIRST_BEAT_SECONDS = 180.0  # a worker may have to import first
SILENT_SECONDS = 40.0  # the heart is a thread of its own: no step of a training, however long, makes it stop
STILL_SECONDS = 1800.0  # without using any processor time worth the name
STIR = 1.0  # seconds of processor time in that time, from which on a job is not still


@dataclass
class Active:
    """A job that the supervisor started."""

    run: Run  # as it was seen last
    attempt: int
    job: object
    folder: Path
    asked: float | None = None  # when it was asked to end
    why: str | None = None  # it was ended, in words that go on after "Training ended: "
    begun: bool = False  # a heartbeat was heard
    stirred: float = 0.0  # processor time when it last did something
    silence: Silence = field(default_factory=Silence)
    stillness: Silence = field(default_factory=Silence)


class Watch(threading.Thread):
    """
    A thread beside the supervisor's steps, which may have to wait for the store a minute, also by a frozen job's fault;
    so it reads no store. It is the heart of the supervisor, too.
    """

    def __init__(self, settings: Settings, executor: Executor):
        super().__init__(name="watch-jobs", daemon=True)
        self._settings, self._executor = settings, executor
        self._limit = memory_limit.limit_mb(settings)
        self._over = threading.Event()
        self._lock = threading.Lock()  # a job that is being looked at is not forgotten meanwhile
        self._active: dict[str, Active] = {}

    def run(self) -> None:
        while not self._over.is_set():
            supervision.beat(self._settings)
            self.look()
            self._over.wait(LOOK_SECONDS)

    def end(self) -> None:
        self._over.set()

    def begin(self, active: Active) -> None:
        with self._lock:
            self._active[active.run.id] = active

    def forget(self, run_id: str) -> None:
        with self._lock:
            self._active.pop(run_id, None)

    def look(self) -> None:
        """Look once at every job."""
        with self._lock:
            for active in self._active.values():
                try:
                    self._look_at(active)
                except Exception as error:  # one job's oddity leaves the others watched
                    print(f"Watch: {type(error).__name__}: {error}", file=sys.stderr)

    def _look_at(self, active: Active) -> None:
        signs = self._executor.signs(active.job)
        silent = active.silence.of(signs.beats)
        active.begun |= signs.beats > 0
        if abs(signs.cpu_seconds - active.stirred) >= STIR:
            active.stirred = signs.cpu_seconds
        still = active.stillness.of(active.stirred)
        if active.why is not None:
            return
        if signs.held_mb > self._limit:
            self._end(active, "it held too much memory", excess(active.run, signs.held_mb, self._limit))
        elif silent > (SILENT_SECONDS if active.begun else FIRST_BEAT_SECONDS):
            self._end(active, f"its process said nothing for {silent:.0f} s and was ended")
        elif still > STILL_SECONDS:
            self._end(active, f"its process did nothing for {still / 60:.0f} minutes and was ended")

    def _end(self, active: Active, why: str, sentence: str | None = None) -> None:
        """End a job; with a sentence its run fails for good, which is on the disk before anything can go wrong."""
        active.why = why
        if sentence is not None:
            try:
                write_json(active.folder / places.ERROR, {"sentence": sentence})
            except OSError as error:
                print(f"Watch: {error}", file=sys.stderr)
        self._executor.stop(active.job, now=True)
