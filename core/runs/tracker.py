"""MLflow, in as few words as Thaw needs: opened, and created or migrated under a lock."""

import logging
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlparse

from filelock import FileLock, Timeout

from core.errors import StoreBusy
from core.runs import database as databases
from core.runs import run_files
from core.runs.backups import damaged, folder
from core.runs.database import database_of
from core.runs.files import place, read_json, write_json
from core.runs.record import INCOMPLETE, PREFIX
from core.runs.sentences import LOCK_SECONDS, of_sqlite, sentences
from core.settings import Settings

EXPERIMENT = "thaw"
AGAIN_SECONDS = 2  # for so long nobody waits again for a store that was found held
PAGE = 10_000  # runs fetched at once


class Tracker:
    """
    One MLflow tracker with our experiment in it.

    A missing SQLite store is created and an older one migrated under `home/store.lock`: several processes that create
    one at once leave it broken. Later openings of the same store take no lock. One that was there before and is gone
    or damaged is never made anew, nor handed to MLflow, which would try for hours to open it. patience: seconds to
    wait for others. Raises StoreUnavailable.
    """

    def __init__(self, settings: Settings, patience: float = LOCK_SECONDS):
        # Before MLflow is imported, which reads these once. Without a bound, a team's server that is down would hold
        # a page for minutes.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        import mlflow

        for name in ("mlflow", "mlflow.store.db.utils", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is raised; the log would say it twice
        self._settings, self._patience = settings, patience
        self._uri = settings.tracking_uri
        self._database = database_of(self._uri)
        self._local = self._database is not None
        self._held = (float("-inf"), StoreBusy(reason=""))  # when the store was last found held
        version = {"uri": self._uri, "mlflow": mlflow.__version__}
        opened = settings.home / "store.json"
        with sentences(settings):
            settings.home.mkdir(parents=True, exist_ok=True)
            known = read_json(opened)
            known = known if isinstance(known, dict) and "experiment" in known else {}
            self._check(known)
            if known.items() >= version.items() and (not self._local or databases.there(self._database)):
                self._client, self._experiment = mlflow.MlflowClient(self._uri), known["experiment"]
            else:
                with self._while_made():
                    if self._local and not databases.there(self._database):
                        create(self._database, settings.artifact_root)
                    self._client = _migrated(self._uri)
                    found = self._client.get_experiment_by_name(EXPERIMENT)
                    location = settings.artifact_root.as_uri() if self._local else None
                    self._experiment = (
                        found.experiment_id if found else self._client.create_experiment(EXPERIMENT, location)
                    )
                    with suppress(OSError):  # of a read-only folder: it is only there to be quick the next time
                        write_json(opened, version | {"experiment": self._experiment})
            if self._local:  # an earlier opening in this process may have left connections to a file that was put aside
                self._client._tracking_client.store.engine.dispose()
            self._file = self._inode()

    def _check(self, known: dict) -> None:
        """Raise StoreDamaged where the file isn't what MLflow may open or make."""
        if not self._local:
            return
        if not databases.there(self._database):
            ours = known.get("uri") == self._uri
            kept = self._database.parent == self._settings.home and any(folder(self._settings).glob("runs-*.db"))
            if ours or kept:
                raise damaged(self._settings, "")
            return
        small = self._database.stat().st_size <= WHOLE_LOOK
        if small or known.get("uri") != self._uri:
            reason = databases.fault(self._database, self._patience)
            # Another tracker's store may be brought whose tables MLflow has yet to make; what holds none is no such.
            if reason and (known.get("uri") == self._uri or "no table" not in reason):
                raise damaged(self._settings, reason)
        else:
            databases.probe(self._database, self._patience)

    @contextmanager
    def _while_made(self) -> Iterator[None]:
        """Alone, where anything can be made: in a folder that can't be written a store can still be looked at."""
        try:
            lock = FileLock(self._settings.home / "store.lock", timeout=self._patience)
            lock.acquire()
        except Timeout:
            raise
        except OSError:
            if not (self._local and databases.there(self._database)):
                raise
            yield
            return
        try:
            yield
        finally:
            lock.release()

    def _inode(self) -> tuple[int, int] | None:
        if not self._local:
            return None
        found = self._database.stat()
        return found.st_dev, found.st_ino

    @contextmanager
    def reached(self, writing: bool = False) -> Iterator[None]:
        """
        Around whatever is asked of the store: errors become sentences, and who has to wait waits `patience` once.

        MLflow would wait 20 s at each of its own questions, and go on with a file that was put aside.
        """
        with sentences(self._settings):
            since, busy = self._held
            if time.monotonic() - since < AGAIN_SECONDS:  # fifty visitors in a row would else wait one after the other
                raise StoreBusy(**busy.received)
            if self._local:
                self._look(writing)
            yield

    def _look(self, writing: bool) -> None:
        if not databases.there(self._database):
            raise damaged(self._settings, "")
        if (file := self._inode()) != self._file:  # restored: MLflow keeps connections to the file that it was
            self._client._tracking_client.store.engine.dispose()
            self._file = file
        try:
            databases.probe(self._database, self._patience, writing)
        except sqlite3.Error as error:
            if isinstance(said := of_sqlite(error, self._settings), StoreBusy):
                self._held = (time.monotonic(), said)
            raise

    def keep_record(self, run_id: str, missing: bool = False) -> None:
        """Write what the store knows of the run beside its files, from which it can be brought back."""
        if self._local and not (missing and run_files.place(self._settings, run_id).exists()):
            with suppress(OSError, sqlite3.Error):  # a full disk: what was done is done all the same
                run_files.keep(self._settings, self._database, run_id, self._patience)

    def shared(self, tags: dict[str, str] | None = None) -> dict[str, str]:
        """Set and read tags of the experiment: what belongs to no single run."""
        for key, value in (tags or {}).items():
            self._client.set_experiment_tag(self._experiment, key, value)
        return self._client.get_experiment(self._experiment).tags

    def create(self, name: str, tags: dict[str, str]) -> str:
        """A new run with all its tags at once; returns its id."""
        return self._client.create_run(self._experiment, int(time.time() * 1000), tags, name).info.run_id

    def search(self, words: str, deleted: bool = False) -> list:
        """MLflow's runs that fit the filter; those that are there, or those that were deleted."""
        from mlflow.entities import ViewType

        which = ViewType.DELETED_ONLY if deleted else ViewType.ACTIVE_ONLY
        found, token = [], None
        while True:
            page = self._client.search_runs([self._experiment], words, which, max_results=PAGE, page_token=token)
            found += page
            if not (token := page.token):
                return found

    def log(
        self, run_id: str, tags: dict[str, str], metrics: dict[str, float] | None = None, params=None, step: int = 0
    ) -> None:
        """Write metrics and params, then tags."""
        from mlflow.entities import Metric, Param, RunTag

        stamp = int(time.time() * 1000)
        self._client.log_batch(
            run_id,
            metrics=[Metric(key, float(value), stamp, step) for key, value in (metrics or {}).items()],
            params=[Param(key, str(value)) for key, value in (params or {}).items()],
            tags=[RunTag(key, str(value)) for key, value in tags.items()],
        )

    def mirror(self, run_id: str, status: str, over: bool) -> None:
        """Set MLflow's own status, which Thaw never reads back."""
        if over:
            self._client.set_terminated(run_id, status)
        else:
            self._client.update_run(run_id, status=status)

    def rename(self, run_id: str, name: str) -> None:
        self._client.update_run(run_id, name=name)

    def delete(self, run_id: str) -> None:
        """Mark the run as deleted, as other MLflow tools do; its files and figures stay."""
        self._client.delete_run(run_id)

    def restore(self, run_id: str) -> None:
        self._client.restore_run(run_id)

    def forget(self, run_id: str) -> None:
        """Leave no row of a deleted run; only where the store is on this machine, as `mlflow gc` does it."""
        self._client._tracking_client.store._hard_delete_run(run_id)

    def history(self, run_id: str, metric: str) -> dict[int, float]:
        """Value a step. An attempt that resumed logs some steps again; what was written last counts."""
        logged = self._client.get_metric_history(run_id, metric)
        return {each.step: each.value for each in sorted(logged, key=lambda each: each.timestamp)}

    def folder(self, run_id: str, uri: str | None = None) -> Path | None:
        """Where the run's files lie on this machine; None where the tracker keeps them elsewhere."""
        if self._local:
            return self._settings.artifact_root / run_id / "artifacts"  # also after the home was moved
        parts = urlparse(uri or self._client.get_run(run_id).info.artifact_uri)
        return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None

    def fetch(self, run_id: str, name: str) -> Path:
        """The path of a run's file on this machine, where it may be missing; fetched where it lies elsewhere."""
        folder = self.folder(run_id)
        path = (folder or self._settings.cache / "artifacts" / run_id) / name
        if folder is None and not path.exists() and name in {each.path for each in self._client.list_artifacts(run_id)}:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._client.download_artifacts(run_id, name, str(path.parent))
        return path

    @contextmanager
    def room(self, run_id: str) -> Iterator[Path]:
        """A folder on the data folder's own disk where files are written that are published next."""
        folder = self._settings.home / "tmp" / f"{run_id}.{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def abandon(self, run_id: str) -> None:
        """Leave nothing of a run whose making failed and that is not listed, as far as that can be done now."""
        with suppress(Exception):  # what stays is swept later
            found = self._client.get_run(run_id)
            if found.data.tags.get(f"{PREFIX}status") != INCOMPLETE:  # the error came after the last change
                return
            self._client.delete_run(run_id)
            if folder := self.folder(run_id, found.info.artifact_uri):
                shutil.rmtree(folder.parent, ignore_errors=True)

    def publish(self, run_id: str, files: dict[str, Path]) -> None:
        """Put files under the run's artifacts, each whole or not at all."""
        folder = self.folder(run_id)
        target = folder or self._settings.cache / "publishing" / run_id
        for name, path in files.items():
            place(Path(path), target / name)
        if folder is None and files:
            self._client.log_artifacts(run_id, str(target))
            shutil.rmtree(target)


WHOLE_LOOK = 16 * 2**20  # bytes up to which a store is looked through at each opening; later its backups do that


def create(database: Path, artifact_root: Path) -> None:
    """Make a new store, whole or not at all."""
    from mlflow import MlflowClient

    beside = database.with_name(f".{database.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        client = MlflowClient(f"{databases.PREFIX}{beside}")
        client.create_experiment(EXPERIMENT, artifact_root.as_uri())
        client._tracking_client.store.engine.dispose()
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(database)
    finally:
        beside.unlink(missing_ok=True)
        beside.with_name(f"{beside.name}-journal").unlink(missing_ok=True)


def _migrated(uri: str):
    """A client on `uri`; a store made by an older MLflow is brought up to this one's tables first."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        return MlflowClient(uri)
    except MlflowException as error:
        if "out-of-date database schema" not in str(error):
            raise
        import sqlalchemy
        from mlflow.store.db.utils import _upgrade_db

        _upgrade_db(sqlalchemy.create_engine(uri))
        return MlflowClient(uri)
