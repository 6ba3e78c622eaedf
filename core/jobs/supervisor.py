"""The supervisor: claims queued runs of its data folder, watches their workers, alone writes last states."""

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from core.errors import StoreUnavailable
from core.jobs import attempts, places, supervision
from core.jobs.executor import Executor
from core.jobs.local import TRAINER, LocalExecutor, end_group
from core.records import Run, RunKind, Status
from core.runs import RunStore
from core.runs.files import read_json, read_predictions
from core.settings import Settings, settings
from core.training.failures import smaller

POLL_SECONDS = 0.2
HEARTBEAT_SECONDS = 2.0
GRACE_SECONDS = 2.5  # from asking a job to end until it is ended; a cancelled job is gone within 5 s
LEAVE_SECONDS = 10.0  # how long the supervisor may take to end once its server is gone


@dataclass
class Active:
    """A job this supervisor started."""

    run_id: str
    attempt: int
    job: object
    folder: Path
    asked: float | None = None  # when it was asked to end


class Supervisor:
    """
    One a data folder, by lock; a second one waits and takes over when the first is gone.

    Nothing about a job is known to this process alone: killed at any moment, the next supervisor finds in the store
    and in the job's folder what there is to do.
    """

    def __init__(self, settings: Settings, executor: Executor | None = None, slots: int = 1, parent: int | None = None):
        self._settings, self._slots, self._parent = settings, slots, parent
        self._executor = executor or LocalExecutor(settings)
        self._active: dict[str, Active] = {}
        self._said = (float("-inf"), ())

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then end the jobs, which stay "running" and go on under the next supervisor."""
        lock = supervision.lock(self._settings)
        while not stop.is_set():
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                stop.wait(POLL_SECONDS)
        if stop.is_set():
            return
        try:
            self._executor.warm()
            self._store = RunStore(self._settings)
            while not stop.is_set():
                try:
                    self.step()
                except (StoreUnavailable, OSError) as error:  # a full disk, a locked store: it may be mended
                    print(f"Supervisor: {error}", file=sys.stderr)
                    stop.wait(2.0)
                except Exception:
                    traceback.print_exc()
                    stop.wait(2.0)
                stop.wait(POLL_SECONDS)
        finally:
            self._leave()
            lock.release()

    def step(self) -> None:
        """Look once at the store and at the jobs, and do what there is to do."""
        runs = self._unfinished()
        for active in list(self._active.values()):
            self._watch(active, runs.get(active.run_id))
        runs = self._unfinished()  # again: what has just ended must not be taken for a run without a worker
        for run in runs.values():
            if run.id not in self._active and run.status == Status.RUNNING:
                self._adopt(run)
        for run in runs.values():
            if run.status == Status.QUEUED and run.stop_requested:
                self._store.cancel(run.id)
            elif run.status == Status.QUEUED and len(self._active) < self._slots:
                self._start(run)
        self._say()

    def _unfinished(self) -> dict[str, Run]:
        """Queued and running runs of this data folder by id, oldest first."""
        runs = self._store.list(home=self._store.home)
        return {run.id: run for run in reversed(runs) if not run.status.over}

    def _watch(self, active: Active, run: Run | None) -> None:
        code = self._executor.poll(active.job)
        if code is not None:
            self._ended(active, run, code)
            del self._active[active.run_id]
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
            self._died(run, _how(code, run))

    def _settle(self, run: Run) -> bool:
        """Publish what the current attempt left: a result, or the sentence of an error. False where it left nothing."""
        folder = places.attempt(self._settings, run.id, run.attempt)
        if result := read_json(folder / places.RESULT):
            predictions = read_predictions(folder)
            files = {name: Path(path) for name, path in result["files"].items()}
            self._store.finish(run.id, run.attempt, predictions, result["metrics"], files)
            places.clear(self._settings, run.id)
            return True
        if error := read_json(folder / places.ERROR):
            self._store.fail(run.id, run.attempt, error["sentence"])
            return True
        return False

    def _died(self, run: Run, how: str) -> None:
        """An attempt ended without a word: the run waits for its next one, or is given up."""
        deaths = attempts.died(self._settings, run.id)
        if deaths < attempts.MOST:
            return  # it is still "running", and adopted at the next step
        last = places.log_tail(self._settings, run.id, 200).strip().splitlines()
        said = f" Its log ends with: {last[-1][:300]}" if last else " It left no log."
        what = "The views" if run.kind == RunKind.VIEWS else "Training"
        self._store.fail(
            run.id, run.attempt, f"{what} ended {deaths} times in a row without getting further: {how}.{said}"
        )

    def _adopt(self, run: Run) -> None:
        """A run without a worker of ours: the attempt died, or the supervisor that started it did."""
        left = read_json(places.attempt(self._settings, run.id, run.attempt) / places.WORKER)
        if left and supervision.alive(left["pid"], left["created"]):
            end_group(left["pid"])
        if run.stop_requested:
            self._store.cancel(run.id)
        elif not self._settle(run) and len(self._active) < self._slots:
            self._start(run)

    def _start(self, run: Run) -> None:
        attempts.begin(self._settings, run.id, fresh=run.started is None)
        attempt = self._store.claim(run.id)
        if not attempt:
            return
        folder = places.attempt(self._settings, run.id, attempt)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            job = self._executor.start(run.id, attempt)
        except Exception as error:  # no memory for a process, no more file handles
            self._died(self._store.get(run.id), f"its process could not be started ({error})")
            return
        self._active[run.id] = Active(run.id, attempt, job, folder)

    def _say(self) -> None:
        jobs = tuple(self._active)
        if jobs != self._said[1] or time.monotonic() - self._said[0] > HEARTBEAT_SECONDS:
            self._said = (time.monotonic(), jobs)
            supervision.say(self._settings, self._parent, list(jobs))

    def _leave(self) -> None:
        """End all jobs, asking first."""
        for active in self._active.values():
            self._executor.stop(active.job)
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until and any(self._executor.poll(each.job) is None for each in self._active.values()):
            time.sleep(0.05)
        for active in self._active.values():
            self._executor.stop(active.job, now=True)
        self._active.clear()


def _how(code: int, run: Run) -> str:
    """How a run's process ended, in words."""
    if code == -signal.SIGKILL:
        killed = "its process was killed, often because the computer's memory is too small"
        if run.spec is None:
            return f"{killed}; close other programs and try again"
        return f"{killed} {smaller(run.spec, run.progress.phase - 1 if run.progress.phase else None)}"
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def main() -> None:
    """`python -m core.jobs.supervisor`: supervise the data folder of the environment until SIGTERM."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--parent", type=int, help="end when this process is gone")
    parser.add_argument("--train", default=TRAINER, help="module:function that trains")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if given.parent:
        threading.Thread(target=_watch, args=(given.parent, stop), daemon=True).start()
    Supervisor(settings(), LocalExecutor(settings(), given.train), parent=given.parent).run(stop)


def _watch(parent: int, stop: threading.Event) -> None:
    """Stop when the server is gone, and leave by force where that takes too long: workers then end themselves."""
    while os.getppid() == parent:
        time.sleep(0.2)
    stop.set()
    time.sleep(LEAVE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
