"""Runs, their histories and predictions. The run store is the queue: there is no second list of jobs."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock

from core.errors import AmbiguousRun, BadName, RunFileMissing, RunNotFinished, RunNotRetryable, UnknownRun
from core.records import ENDED_EARLY, RECALL, Predictions, Progress, Run, RunKind, RunSpec, Status
from core.runs import record
from core.runs.files import ARRAYS, LABELS, read_predictions, write_predictions
from core.runs.listing import Listing, stamp
from core.runs.record import PREFIX
from core.runs.tracker import LOCK_SECONDS, Tracker, home_id, one_of, sentences
from core.settings import Settings

NAME_LENGTH = 200


class RunStore:
    """
    The runs of one tracker, seen from one data folder.

    Every change of a status is made under `home/runs.lock`, looks at the run first and is refused where the run has
    moved on: a late attempt can't write. Methods raise StoreUnavailable where the store can't be reached or written.
    """

    def __init__(self, settings: Settings):
        self._lock_file = settings.home / "runs.lock"
        self._tracker = Tracker(settings)
        self.home = home_id(settings)  # tag of the runs this data folder's supervisor may claim
        self._long_specs: dict[str, str] = {}
        self._listing = Listing(settings.tracking_uri, self._search, self._record)

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
    ) -> Run:
        """
        A new run: queued where `kind` is trained, else finished at once.

        All tags are given with the creation, so a queued run never half exists. `predictions` and `metrics` (final
        figures by name) belong to a run that is finished at once; such a run is listed when its files are written.
        Raises BadName.
        """
        queued = kind == RunKind.TRAINED
        tags, pieces = record.spec_tags(spec) if spec is not None else ({}, {})
        tags |= {
            "kind": str(kind),
            "status": str(Status.QUEUED) if queued else record.INCOMPLETE,
            "evaluation_id": evaluation_id or (predictions.evaluation_id if predictions else ""),
            "owner": owner,
            "home": self.home,
            "group": group,
            "classes": record.class_text(classes),
            "created": record.now(),
            "changed": stamp(),
        }
        with sentences():
            if pieces:
                self._tracker.shared(pieces)
            run_id = self._tracker.create(_good_name(name), {PREFIX + key: text for key, text in tags.items() if text})
            if queued:
                self._tracker.mirror(run_id, record.MIRROR[Status.QUEUED], over=False)
            if spec is not None:
                self._tag(run_id, params=record.params(spec))
            if not queued:
                self._publish(run_id, predictions, metrics or {}, {}, started=tags["created"])
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
    ) -> tuple[Run, bool]:
        """
        Queue `spec`, or join the run that has it. Returns the run and whether it was joined.

        Joined are runs that finished as planned, and queued or running ones of this data folder (another folder's may
        never start); failed and cancelled ones are not. Atomic across processes. `again` makes a new run in any case.
        """
        with self._lock():
            for run in [] if again else self.list(spec_id=spec.id):
                asked = run.stop_requested or run.finish_requested
                waiting = run.home == self.home and not run.status.over and not asked
                if waiting or (run.status == Status.FINISHED and not run.metrics.get(ENDED_EARLY)):
                    return run, True
            name = name or f"{spec.backbone} {spec.id[:6]}"
            return self.create(RunKind.TRAINED, name, spec, evaluation_id, owner, group), False

    # Looking

    def get(self, run: str) -> Run:
        """The run with this id, this exact name, or the only one whose id starts so. UnknownRun, AmbiguousRun."""
        run = run.strip()
        with sentences():
            runs = self._listing.runs()
        if run in runs:
            return runs[run]
        fits = [each for each in runs.values() if each.name == run or (run and each.id.startswith(run.lower()))]
        if not fits:
            raise UnknownRun(run=run)
        if len(fits) > 1:
            raise AmbiguousRun(run=run, matches=", ".join(f"{each.id[:8]} ({each.name})" for each in fits[:5]))
        return fits[0]

    def list(
        self,
        status: Status | None = None,
        kind: RunKind | None = None,
        evaluation_id: str | None = None,
        spec_id: str | None = None,
        home: str | None = None,
        limit: int = 1000,
    ) -> list[Run]:
        """Runs that fit all that is given, newest first."""
        wanted = {"status": status, "kind": kind, "evaluation_id": evaluation_id, "spec_id": spec_id, "home": home}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        with sentences():
            runs = self._listing.runs().values()
        fits = [run for run in runs if all(getattr(run, key) == value for key, value in wanted.items())]
        return sorted(fits, key=lambda run: run.created, reverse=True)[:limit]

    def history(self, run_id: str) -> pd.DataFrame:
        """One row an epoch, from 1 over all phases: epoch and `core.runs.record.HISTORY`; NaN where not logged."""
        with sentences():
            columns = {name: self._tracker.history(run_id, record.EPOCH + name) for name in record.HISTORY}
        epochs = sorted(set().union(*columns.values()))
        rows = {name: [values.get(epoch) for epoch in epochs] for name, values in columns.items()}
        return pd.DataFrame({"epoch": epochs} | rows).astype({"epoch": int} | dict.fromkeys(rows, float))

    def recalls(self, run_id: str, classes: int) -> pd.DataFrame:
        """Validation recall, 0 to 1, a row an epoch (index, from 1) and a column a class; empty where none was told."""
        with sentences():
            columns = {c: self._tracker.history(run_id, f"{record.EPOCH}{RECALL}{c}") for c in range(classes)}
        return pd.DataFrame(columns, dtype=float).sort_index()

    def predictions(self, run_id: str) -> Predictions:
        """What a finished run says of validation and test. RunNotFinished, RunFileMissing."""
        run = self.get(run_id)
        if run.status != Status.FINISHED:
            raise RunNotFinished(name=run.name, status=run.status)
        self.file(run.id, ARRAYS)  # both are fetched to the same folder
        return read_predictions(self.file(run.id, LABELS).parent)

    def file(self, run_id: str, name: str) -> Path:
        """The path on this machine of a run's file, fetched where the tracker is elsewhere. RunFileMissing."""
        run = self.get(run_id)
        with sentences():
            path = self._tracker.fetch(run.id, name)
        if not path.exists():
            raise RunFileMissing(name=run.name, file=name)
        return path

    # Changing

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name. BadName."""
        with sentences():
            self._tracker.rename(run_id, _good_name(name))
            self._tag(run_id)

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
            empty = run.kind != RunKind.TRAINED and not self._tracker.fetch(run_id, LABELS).exists()
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
        with sentences():
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

    # Inside

    @contextmanager
    def _lock(self):
        with sentences(), FileLock(self._lock_file, timeout=LOCK_SECONDS, poll_interval=0.005):
            yield

    def _search(self, ids):
        return self._tracker.search(one_of(ids) if ids else f"tags.`{PREFIX}kind` IS NOT NULL")

    def _record(self, found) -> Run | None:
        """The record of an MLflow run; None for one whose files are still being written."""
        if found.data.tags.get(f"{PREFIX}status", record.INCOMPLETE) == record.INCOMPLETE:
            return None
        folder = self._tracker.folder(found.info.run_id, found.info.artifact_uri)
        return record.run_record(found, self._spec_text, str(folder or found.info.artifact_uri))

    def _spec_text(self, tag: str) -> str:
        if tag.startswith("hash:") and tag not in self._long_specs:
            self._long_specs[tag] = record.joined_spec(tag, self._tracker.shared())
        return self._long_specs.get(tag, tag)

    def _current(self, run_id: str, attempt: int) -> bool:
        run = self.get(run_id)
        return run.attempt == attempt and run.status == Status.RUNNING

    def _become(self, run_id: str, status: Status, **tags) -> None:
        # The mirror first: should this process die between the two, ours still says what has to be done again.
        self._tracker.mirror(run_id, record.MIRROR[status], status.over)
        self._tag(run_id, status=str(status), **tags)

    def _publish(self, run_id: str, predictions, metrics: dict, files: dict[str, Path], **tags) -> None:
        with tempfile.TemporaryDirectory() as folder:
            if predictions is not None:
                written = write_predictions(Path(folder), predictions)
                files = files | {path.name: path for path in written}
            self._tracker.publish(run_id, files)
        final = {key: float(value) for key, value in metrics.items() if value is not None}
        self._tag(run_id, final)
        self._become(run_id, Status.FINISHED, ended=record.now(), **tags)

    def _tag(self, run_id: str, metrics: dict | None = None, params: dict | None = None, step: int = 0, **tags) -> None:
        """Write metrics and params, then tags, and last of all that something changed."""
        named = {PREFIX + key: value for key, value in tags.items()}
        self._tracker.log(run_id, named | {f"{PREFIX}changed": stamp()}, metrics, params, step)


def _good_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadName(name='""', reason="it is empty")
    if len(name) > NAME_LENGTH:
        raise BadName(name=name[:40] + "…", reason=f"it has {len(name)} characters; {NAME_LENGTH} are allowed")
    return name
