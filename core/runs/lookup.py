"""Looking at runs: by id and in lists, their histories, predictions and files."""

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock

from core.errors import AmbiguousRun, RunDamaged, RunDeleted, RunFileMissing, RunNotFinished, UnknownRun
from core.records import RECALL, Predictions, Run, RunKind, Status
from core.runs import record
from core.runs.curves import Curves
from core.runs.files import ARRAYS, LABELS, read_predictions
from core.runs.home import home_id
from core.runs.listing import Listing, stamp
from core.runs.naming import has_tag
from core.runs.record import PREFIX
from core.runs.sentences import LOCK_SECONDS
from core.runs.tracker import Tracker
from core.settings import Settings

MOST_LISTED = 1_000  # runs in a list, the newest


class RunLookup:
    """
    The runs of one tracker, seen from one data folder. Deleted runs are in no list and no `get`.

    Methods raise StoreUnavailable where the store can't be reached, after `patience` seconds where it is held.
    """

    def __init__(self, settings: Settings, patience: float = LOCK_SECONDS):
        self._lock_file, self._patience = settings.home / "runs.lock", patience
        self._tracker = Tracker(settings, patience)
        self.home = home_id(settings, patience)  # tag of the runs this data folder's supervisor may claim
        self.unreadable: set[str] = set()  # ids of runs whose record was damaged; the others are listed all the same
        self._long_specs: dict[str, str] = {}
        self._listing = Listing(settings.tracking_uri, lambda: self._tracker.search(_OURS), self._record, patience)
        self._curves = Curves(settings.tracking_uri, self._tracker.history, patience)

    def get(self, run: str) -> Run:
        """
        The run with this id, this exact name, or the only one whose id starts so.

        Raises UnknownRun, AmbiguousRun, RunDeleted (an UnknownRun) where only a deleted one is called so, RunDamaged.
        """
        run = run.strip()
        with self._tracker.reached():
            runs = self._listing.runs()
        if run in runs:
            return runs[run]
        fits = called(run, runs.values())
        if not fits:
            for gone in called(run, self.deleted()):
                raise RunDeleted(name=gone.name, run=gone.id[:8])
            if run in self.unreadable:
                raise RunDamaged(run=run[:8])
            raise UnknownRun(run=run)
        return only(run, fits)

    def deleted(self) -> list[Run]:
        """Runs that were deleted and can be restored, the newest first."""
        with self._tracker.reached():
            found = [self._record(each) for each in self._tracker.search(_OURS, deleted=True)]
        return sorted((run for run in found if run is not None), key=lambda run: run.created, reverse=True)

    def list(
        self,
        status: Status | None = None,
        kind: RunKind | None = None,
        evaluation_id: str | None = None,
        spec_id: str | None = None,
        home: str | None = None,
        tag: str | None = None,
        limit: int = MOST_LISTED,
    ) -> list[Run]:
        """Runs that fit all that is given, newest first. tag: one of the run's tags, whatever its capitals."""
        wanted = {"status": status, "kind": kind, "evaluation_id": evaluation_id, "spec_id": spec_id, "home": home}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        with self._tracker.reached():
            runs = self._listing.runs().values()
        fits = [run for run in runs if all(getattr(run, key) == value for key, value in wanted.items())]
        if tag is not None:
            fits = [run for run in fits if has_tag(run, tag)]
        return sorted(fits, key=lambda run: run.created, reverse=True)[:limit]

    def history(self, run_id: str) -> pd.DataFrame:
        """One row an epoch, from 1 over all phases: epoch and `core.runs.record.HISTORY`; NaN where not logged."""
        with self._tracker.reached():
            columns = {name: self._tracker.history(run_id, record.EPOCH + name) for name in record.HISTORY}
        epochs = sorted(set().union(*columns.values()))
        rows = {name: [values.get(epoch) for epoch in epochs] for name, values in columns.items()}
        return pd.DataFrame({"epoch": epochs} | rows).astype({"epoch": int} | dict.fromkeys(rows, float))

    def curves(self, runs: Iterable[Run], metric: str = "validation_accuracy") -> dict[str, tuple[float, ...]]:
        """A figure of `core.runs.record.HISTORY` by epoch, thinned for a small picture, by run id; quick for 1,000."""
        with self._tracker.reached():
            return self._curves.of(runs, metric)

    def recalls(self, run_id: str, classes: int) -> pd.DataFrame:
        """Validation recall, 0 to 1, a row an epoch (index, from 1) and a column a class; empty where none was told."""
        with self._tracker.reached():
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
        with self._tracker.reached():
            path = self._tracker.fetch(run.id, name)
        if not path.exists():
            raise RunFileMissing(name=run.name, file=name)
        return path

    # Inside

    @contextmanager
    def _lock(self):
        lock = FileLock(self._lock_file, timeout=self._patience, poll_interval=0.005)
        with self._tracker.reached(), lock, self._tracker.reached(writing=True):
            yield

    def _record(self, found) -> Run | None:
        """The record of an MLflow run; None for one whose files are still being written."""
        if found.data.tags.get(f"{PREFIX}status", record.INCOMPLETE) == record.INCOMPLETE:
            return None
        folder = self._tracker.folder(found.info.run_id, found.info.artifact_uri)
        try:
            return record.run_record(found, self._spec_text, str(folder or found.info.artifact_uri))
        except (KeyError, ValueError, TypeError):  # one damaged row takes no other run out of the list
            self.unreadable.add(found.info.run_id)
            return None

    def _spec_text(self, tag: str) -> str:
        if tag.startswith("hash:") and tag not in self._long_specs:
            self._long_specs[tag] = record.joined_spec(tag, self._tracker.shared())
        return self._long_specs.get(tag, tag)

    def _tag(self, run_id: str, metrics: dict | None = None, params: dict | None = None, step: int = 0, **tags) -> None:
        """Write metrics and params, then tags, and last of all that something changed."""
        named = {PREFIX + key: value for key, value in tags.items()}
        self._tracker.log(run_id, named | {f"{PREFIX}changed": stamp()}, metrics, params, step)


_OURS = f"tags.`{PREFIX}kind` IS NOT NULL"


def called(run: str, runs: Iterable[Run]) -> list[Run]:
    """The runs with this id, this exact name, or an id that starts so."""
    return [each for each in runs if each.name == run or (run and each.id.startswith(run.lower()))]


def only(run: str, fits: list[Run]) -> Run:
    """The one run of the list. Raises AmbiguousRun."""
    if len(fits) > 1:
        raise AmbiguousRun(run=run, matches=", ".join(f"{each.id[:8]} ({each.name})" for each in fits[:5]))
    return fits[0]
