"""The supervisor: claims queued runs of its data folder, watches their workers, alone writes last states."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

from filelock import Timeout

from core import disk_errors, upkeep
from core.errors import StoreUnavailable
from core.jobs import attempts, places, results, supervision, turns
from core.jobs.endings import given_up, how
from core.jobs.executor import Executor
from core.jobs.local import TRAINER, LocalExecutor, end_forkserver
from core.jobs.silence import Silence
from core.jobs.watch import Active, Watch
from core.kill_points import kill_point
from core.records import Run, Status
from core.runs import RunStore
from core.runs.files import read_json
from core.settings import Settings, settings

POLL_SECONDS = 0.2
GRACE_SECONDS = 2.5  # from asking a job to end until it is ended; a cancelled job is gone within 5 s
LEAVE_SECONDS = 10.0  # how long the supervisor may take to end once its server is gone
ALL = 10**9  # runs in a list: what is queued must be seen, whatever else there is


class Supervisor:
    """
    One a data folder, by lock; a second one waits and takes over when the first is gone, or frozen.

    Nothing about a job is known to this process alone: killed at any moment, the next supervisor finds in the store
    and in the job's folder what there is to do.
    """

    def __init__(self, settings: Settings, executor: Executor | None = None, slots: int = 1, parent: int | None = None):
        self._settings, self._slots, self._parent = settings, slots, parent
        self._executor = executor or LocalExecutor(settings)
        self._watch = Watch(settings, self._executor)
        self._active: dict[str, Active] = {}
        self._claimed: dict[str, int] = {}  # attempts of this supervisor by run id, ended ones too
        self._said: tuple[str, ...] | None = None
        self.at_work = False  # before it is, there is nothing to end in good order
        self._failing = ""  # what was said last of what can't be done

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then end the jobs, which stay "running" and go on under the next supervisor."""
        lock = self._trying(stop, lambda: self._first(stop))
        if lock is None:
            return
        try:
            with contextlib.suppress(OSError):
                self._say()
            self._watch.start()
            self._executor.warm()
            self._trying(stop, self._open)
            if not stop.is_set():
                upkeep.start(self._settings, self._store, stop)
            self.at_work = True
            while not stop.is_set():
                self._trying(stop, self.step)
                stop.wait(POLL_SECONDS)
        finally:
            self._leave()
            self._watch.end()
            lock.release()

    def _first(self, stop: threading.Event):
        """The lock, once no other supervisor has it; None where `stop` was set first."""
        lock, silence = supervision.lock(self._settings), Silence()
        while not stop.is_set():
            try:
                lock.acquire(timeout=0)
                return lock
            except Timeout:
                if silence.of(supervision.last_beat(self._settings)) > supervision.SILENT_SECONDS:
                    supervision.end_frozen(self._settings)
                stop.wait(POLL_SECONDS)
        return None

    def _trying(self, stop: threading.Event, do) -> None:
        """Do it, and after a failure again, a while later."""
        while not stop.is_set():
            try:
                done = do()
                self._failing = ""
                return done
            except (StoreUnavailable, OSError) as error:  # a full disk, a locked store: it may be mended
                said = str(disk_errors.in_words(error, self._settings.home) or error)
                if said != self._failing:  # once: it may be hours until somebody mends it
                    print(f"Supervisor: {said}", file=sys.stderr, flush=True)
                self._failing = said
            except Exception:
                traceback.print_exc()
            stop.wait(2.0)

    def _open(self) -> None:
        self._store = RunStore(self._settings)
        for run in self._store.list(status=Status.FINISHED, home=self._store.home, limit=ALL):
            with contextlib.suppress(OSError):
                places.clear(self._settings, run.id)  # who published it may have been killed before it did this

    def step(self) -> None:
        """Look once at the store and at the jobs, and do what there is to do."""
        runs = self._unfinished()
        for active in list(self._active.values()):
            self._look_at(active, runs.get(active.run.id))
        runs = self._unfinished()  # again: what has just ended must not be taken for a run without a worker
        for run in runs.values():
            if run.id not in self._active and run.status == Status.RUNNING:
                self._adopt(run)
        for run in turns.in_turn(self._store.list(home=self._store.home, limit=ALL)):
            running = [active.run for active in self._active.values()]
            if run.stop_requested:
                self._store.cancel(run.id)
            elif len(running) < self._slots and turns.may_start(run, running):
                self._start(run)
        self._say()

    def _unfinished(self) -> dict[str, Run]:
        """Queued and running runs of this data folder by id, oldest first."""
        runs = self._store.list(home=self._store.home, limit=ALL)
        return {run.id: run for run in reversed(runs) if not run.status.over}

    def _look_at(self, active: Active, run: Run | None) -> None:
        active.run = run or active.run
        code = self._executor.poll(active.job)
        if code is not None:
            self._ended(active, run, code)
            self._watch.forget(active.run.id)
            del self._active[active.run.id]
        elif run is None or run.attempt != active.attempt:  # deleted, or ended by someone else
            self._executor.stop(active.job, now=True)
        elif run.stop_requested and active.asked is None:
            self._executor.stop(active.job)
            active.asked = time.monotonic()
        elif active.asked is not None and time.monotonic() - active.asked > GRACE_SECONDS:
            self._executor.stop(active.job, now=True)

    def _ended(self, active: Active, run: Run | None, code: int) -> None:
        if run is None or run.attempt != active.attempt:
            return
        if run.stop_requested:
            self._store.cancel(run.id)
        elif not self._settle(run):
            self._died(run, active.why or how(code, run))

    def _settle(self, run: Run) -> bool:
        """Publish what the current attempt left: a result, or the sentence of an error. False where it left nothing."""
        folder = places.attempt(self._settings, run.id, run.attempt)
        if result := results.read(folder):
            self._store.finish(run.id, run.attempt, *result)
            kill_point("published")
            places.clear(self._settings, run.id)
            return True
        if error := read_json(folder / places.ERROR):
            self._store.fail(run.id, run.attempt, error["sentence"])
            return True
        return False

    def _died(self, run: Run, reason: str) -> None:
        """An attempt ended without a word: the run waits for its next one, or is given up."""
        deaths = attempts.died(self._settings, run.id)
        if deaths >= attempts.MOST:
            self._store.fail(run.id, run.attempt, given_up(self._settings, run, deaths, reason))
        # else it is still "running", and adopted at the next step

    def _adopt(self, run: Run) -> None:
        """A run without a worker of ours: the attempt died, or the supervisor that started it did."""
        if left := read_json(places.attempt(self._settings, run.id, run.attempt) / places.WORKER):
            supervision.end_left(left)
        if run.stop_requested:
            self._store.cancel(run.id)
        elif not self._settle(run) and len(self._active) < self._slots and not self._ended_together(run):
            self._start(run)

    def _ended_together(self, run: Run) -> bool:
        """Fail a run that took the supervisor with it again and again; True where that was done."""
        if self._claimed.get(run.id) == run.attempt:
            return False  # this one is still there, and counted the worker's death
        times = attempts.died_together(self._settings, run.id)
        if times < attempts.MOST_TOGETHER:
            return False
        reason = "what looks after the jobs ended with it, most likely since the two were too much for this computer"
        return self._store.fail(run.id, run.attempt, given_up(self._settings, run, times, reason))

    def _start(self, run: Run) -> None:
        attempts.begin(self._settings, run.id, fresh=run.started is None)
        attempt = self._store.claim(run.id)
        if not attempt:
            return
        self._claimed[run.id] = attempt
        kill_point("claimed")
        folder = places.attempt(self._settings, run.id, attempt)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            job = self._executor.start(run.id, attempt)
        except Exception as error:  # no memory for a process, no more file handles
            self._died(self._store.get(run.id), f"its process could not be started ({error})")
            return
        kill_point("started")
        self._active[run.id] = Active(run, attempt, job, folder)
        self._watch.begin(self._active[run.id])

    def _say(self) -> None:
        jobs = tuple(self._active)
        if jobs != self._said:
            supervision.say(self._settings, self._parent, list(jobs))
            self._said = jobs

    def _leave(self) -> None:
        """End all jobs, asking first."""
        for active in self._active.values():
            self._executor.stop(active.job)
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until and any(self._executor.poll(each.job) is None for each in self._active.values()):
            time.sleep(0.05)
        for active in self._active.values():
            self._executor.stop(active.job, now=True)
            with contextlib.suppress(OSError):
                attempts.left(self._settings, active.run.id)
        self._active.clear()


def main() -> None:
    """`python -m core.jobs.supervisor`: supervise the data folder of the environment until SIGTERM."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--parent", type=int, help="end when this process is gone")
    parser.add_argument("--train", default=TRAINER, help="module:function that trains")
    given = parser.parse_args()
    stop = threading.Event()
    supervisor = Supervisor(settings(), LocalExecutor(settings(), given.train), parent=given.parent)

    def end(*_) -> None:
        stop.set()
        if not supervisor.at_work:  # on a busy machine it may import for long
            end_forkserver()
            os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if given.parent:
        threading.Thread(target=_watch, args=(given.parent, end), daemon=True).start()
    supervisor.run(stop)
    end_forkserver()  # while it still imports it would not notice for a while that nobody needs it


def _watch(parent: int, end: Callable[[], None]) -> None:
    """End when the server is gone, and leave by force where that takes too long: workers then end themselves."""
    while os.getppid() == parent:
        time.sleep(0.2)
    end()
    time.sleep(LEAVE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
