"""The run store: runs are made, claimed and ended. It is the queue: there is no second list of jobs."""

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from core.errors import RunNotRetryable, StoreUnavailable
from core.kill_points import kill_point
from core.records import ENDED_EARLY, EnsembleSpec, Predictions, Progress, Run, RunKind, RunSpec, Status, ViewsSpec
from core.runs import record
from core.runs.emptying import RunEmptying
from core.runs.files import LABELS, write_predictions
from core.runs.listing import stamp
from core.runs.naming import good_name
from core.runs.record import PREFIX

BROKEN_OFF_SECONDS = 3600  # a run brought in has its files much sooner


class RunStore(RunEmptying):
    """
    The runs of one tracker, seen from one data folder; what is looked at and kept is in the classes below this one.

    Every change of a status is made under `home/runs.lock`, looks at the run first and is refused where the run has
    moved on: a late attempt can't write. Methods raise StoreUnavailable where the store can't be reached or written.
    """

    # Making

    def create(
        self,
        kind: RunKind,
        name: str,
        spec: RunSpec | None = None,
        evaluation_id: str | None = None,
        owner: str = "",
        group: str = "",
        classes: tuple[str, ...] = (),
        predictions: Predictions | None = None,
        metrics: dict[str, float] | None = None,
        views: ViewsSpec | None = None,
        ensemble: EnsembleSpec | None = None,
    ) -> Run:
        """
        A new run: queued where a job makes its kind, else finished at once.

        All tags are given with the creation, so a queued run never half exists. `predictions` and `metrics` (final
        figures by name) belong to a run that is finished at once; such a run is listed when its files are written.
        Raises BadName.
        """
        queued = kind.made_by_job
        tags, pieces = record.spec_tags(spec) if spec is not None else ({}, {})
        if views is not None:
            tags, pieces = record.views_tags(views)
        if ensemble is not None:
            tags, pieces = record.ensemble_tags(ensemble)
        tags |= {
            "kind": str(kind),
            "status": str(Status.QUEUED) if queued else record.INCOMPLETE,
            "evaluation_id": evaluation_id or (predictions.evaluation_id if predictions else ""),
            "owner": owner,
            "home": self.home,
            "group": group,
            "classes": record.class_text(classes),
            # Whatever the clock does, who queues later is later in the queue.
            "created": record.now(run.created for run in self.list(status=Status.QUEUED)),
            "changed": stamp(),
        }
        name = good_name(name)
        with self._tracker.reached(writing=True):
            if pieces:
                self._tracker.shared(pieces)
            run_id = self._tracker.create(name, {PREFIX + key: text for key, text in tags.items() if text})
            if queued:
                with self._beside_the_point():
                    self._tracker.mirror(run_id, record.MIRROR[Status.QUEUED], over=False)
                    if spec is not None:
                        self._tag(run_id, params=record.params(spec))
            else:
                try:
                    self._publish(run_id, predictions, metrics or {}, {}, started=tags["created"])
                except BaseException:
                    self._tracker.abandon(run_id)
                    raise
            self._tracker.keep_record(run_id)
        return self.get(run_id)

    def submit(
        self,
        spec: RunSpec,
        name: str = "",
        owner: str = "",
        *,
        evaluation_id: str,
        again: bool = False,
        group: str = "",
        admit: Callable[[], None] = lambda: None,
    ) -> tuple[Run, bool]:
        """
        Queue `spec`, or join the run that has it. Returns the run and whether it was joined.

        Joined are runs that finished as planned, and queued or running ones of this data folder (another folder's may
        never start); failed and cancelled ones are not. Atomic across processes. `again` makes a new run in any case.
        `admit` is called before a new run is made, and what it raises is raised.
        """
        with self._lock():
            if not again and (there := self.joinable(spec)):
                return there, True
            admit()
            name = name or f"{spec.backbone} {spec.id[:6]}"
            return self.create(RunKind.TRAINED, name, spec, evaluation_id, owner, group), False

    def joinable(self, spec: RunSpec) -> Run | None:
        """The run that whoever asks for `spec`, as it is stored, would join; None where there is none."""
        return next((run for run in self.list(spec_id=spec.id) if self._joinable(run)), None)

    def submit_views(
        self,
        views: ViewsSpec,
        name: str,
        owner: str = "",
        *,
        evaluation_id: str,
        admit: Callable[[], None] = lambda: None,
    ) -> tuple[Run, bool]:
        """Queue `views`, or join the run that has them, as `submit` does; the run and whether it was joined."""
        with self._lock():
            for run in self.list(kind=RunKind.VIEWS):
                if run.views.id == views.id and self._joinable(run):
                    return run, True
            admit()
            return self.create(RunKind.VIEWS, name, None, evaluation_id, owner, views=views), False

    def keep_ensemble(
        self, ensemble: EnsembleSpec, name: str, predictions: Predictions, metrics: dict[str, float], owner: str = ""
    ) -> tuple[Run, bool]:
        """Keep `ensemble` as a finished run, or join the equal one of that name; the run and whether it was joined.

        Raises BadName.
        """
        name = good_name(name)
        with self._lock():
            for run in self.list(kind=RunKind.ENSEMBLE):
                if run.ensemble and run.ensemble.id == ensemble.id and run.name == name:
                    return run, True
            kept = {"predictions": predictions, "metrics": metrics, "ensemble": ensemble}
            return self.create(RunKind.ENSEMBLE, name, owner=owner, **kept), False

    def _joinable(self, run: Run) -> bool:
        asked = run.stop_requested or run.finish_requested
        waiting = run.home == self.home and not run.status.over and not asked
        return waiting or (run.status == Status.FINISHED and not run.metrics.get(ENDED_EARLY))

    # Changing

    def claim(self, run_id: str) -> int:
        """Start the next attempt; returns its number, or 0 where the run is neither queued nor running any more."""
        with self._lock():
            run = self.get(run_id)
            if run.status.over:
                return 0
            started = run.started.isoformat() if run.started else record.now()
            self._become(run_id, Status.RUNNING, attempt=run.attempt + 1, started=started)
            return run.attempt + 1

    def write_progress(self, run_id: str, attempt: int, progress: Progress) -> bool:
        """Write how far the attempt is; False (nothing written) where it is not the current one."""
        with self._lock():
            if current := self._current(run_id, attempt):
                self._tag(run_id, progress=progress.model_dump_json(exclude_defaults=True))
            return current

    def log_epoch(self, run_id: str, attempt: int, epoch: int, metrics: dict[str, float]) -> bool:
        """Log the figures of one epoch (from 1, over all phases); False where the attempt is not the current one."""
        with self._lock():
            if current := self._current(run_id, attempt):
                self._tag(run_id, {record.EPOCH + key: value for key, value in metrics.items()}, step=epoch)
            return current

    def finish(
        self,
        run_id: str,
        attempt: int,
        predictions: Predictions | None,
        metrics: dict[str, float],
        files: dict[str, Path] | None = None,
    ) -> bool:
        """
        Publish a result: files first, then the status. False where the attempt is not the current one.

        `files` are stored under their names; `metrics` are the final figures ("validation_accuracy", "seconds", ...).
        A run brought in without predictions gets them so, once, as attempt 0.
        """
        with self._lock():
            run = self.get(run_id)
            empty = not run.kind.made_by_job and not self._tracker.fetch(run_id, LABELS).exists()
            if not empty and not self._current(run_id, attempt):
                return False
            self._publish(run_id, predictions, metrics, files or {})
            return True

    def fail(self, run_id: str, attempt: int, error: str) -> bool:
        """Fail a run for ever with a sentence; False where the attempt is not the current one."""
        with self._lock():
            if current := self._current(run_id, attempt):
                self._become(run_id, Status.FAILED, error=error[: record.LONG], ended=record.now())
            return current

    def request_stop(self, run_id: str, keep: bool = False) -> None:
        """Ask the supervisor to cancel, or with `keep` the training to end with its best epoch; outlives who asked."""
        with self._tracker.reached(writing=True):
            self._tag(run_id, stop="finish" if keep else "yes")

    def cancel(self, run_id: str, while_queued: bool = False) -> bool:
        """Cancel for ever; False where it was over, or with `while_queued` (who isn't the supervisor) was claimed."""
        with self._lock():
            status = self.get(run_id).status
            if status.over or (while_queued and status != Status.QUEUED):
                return False
            self._become(run_id, Status.CANCELLED, ended=record.now())
            return True

    def requeue(self, run_id: str) -> Run:
        """Queue a failed or cancelled run again; it goes on from its last checkpoint. RunNotRetryable."""
        with self._lock():
            run = self.get(run_id)
            if run.status not in (Status.FAILED, Status.CANCELLED):
                raise RunNotRetryable(name=run.name, status=run.status)
            self._become(run_id, Status.QUEUED, error="", stop="", started="", ended="", progress="", home=self.home)
            return self.get(run_id)

    # Upkeep

    def sweep(self) -> int:
        """Take away runs whose making was broken off an hour ago or earlier, and which were never listed; how many."""
        with self._tracker.reached():
            broken = self._tracker.search(f"tags.`{PREFIX}status` = '{record.INCOMPLETE}'")
            old = [each for each in broken if time.time() - each.info.start_time / 1000 > BROKEN_OFF_SECONDS]
            for each in old:
                self._tracker.abandon(each.info.run_id)
        return len(old)

    def write_missing_records(self) -> None:
        """Write the record of every run that has none, as of those made before there were records."""
        for run in self.list():
            self._tracker.keep_record(run.id, missing=True)

    # Inside

    def _current(self, run_id: str, attempt: int) -> bool:
        run = self.get(run_id)
        return run.attempt == attempt and run.status == Status.RUNNING

    def _become(self, run_id: str, status: Status, **tags) -> None:
        # The mirror first: should this process die between the two, ours still says what has to be done again.
        self._tracker.mirror(run_id, record.MIRROR[status], status.over)
        kill_point(f"{status}-mirrored")
        self._tag(run_id, status=str(status), **tags)
        self._tracker.keep_record(run_id)

    @contextmanager
    def _beside_the_point(self):
        """What only other MLflow tools read: a run that is queued is not called a failure for want of it."""
        try:
            with self._tracker.reached():
                yield
        except StoreUnavailable as error:
            print(f"Not written for other MLflow tools: {error}", file=sys.stderr)

    def _publish(self, run_id: str, predictions, metrics: dict, files: dict[str, Path], **tags) -> None:
        with self._tracker.room(run_id) as folder:
            if predictions is not None:
                written = write_predictions(folder, predictions)
                files = files | {path.name: path for path in written}
            self._tracker.publish(run_id, files)
            kill_point("finish-files")
        final = {key: float(value) for key, value in metrics.items() if value is not None}
        self._tag(run_id, final)
        kill_point("finish-figures")
        self._become(run_id, Status.FINISHED, ended=record.now(), **tags)
