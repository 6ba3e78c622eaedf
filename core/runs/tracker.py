"""MLflow, in as few words as Thaw needs: opened, created or migrated under a lock, its errors turned into sentences."""

import logging
import os
import shutil
import socket
import sqlite3
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

from filelock import FileLock, Timeout

from core.errors import StoreUnavailable
from core.runs.files import place, read_json, write_json
from core.settings import Settings

EXPERIMENT = "thaw"
LOCK_SECONDS = 60
PAGE = 10_000  # runs fetched at once


@contextmanager
def sentences():
    """Turns a full disk, a read-only folder or a tracker that doesn't answer into StoreUnavailable."""
    import sqlalchemy
    from mlflow.exceptions import MlflowException

    try:
        yield
    except Timeout as error:
        raise StoreUnavailable(reason=f"another process has held {error.lock_file} for {LOCK_SECONDS} s") from error
    except (OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError) as error:
        raise StoreUnavailable(reason=_first_line(error)) from error
    except MlflowException as error:
        if error.error_code in ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "BAD_REQUEST"):
            raise StoreUnavailable(reason=_first_line(error)) from error
        raise


def _first_line(error: Exception) -> str:
    line = (str(error) or type(error).__name__).splitlines()[0]
    return line.removeprefix("(sqlite3.OperationalError) ")


def home_id(settings: Settings) -> str:
    """A name for this data folder that no other has, made once; a path would be the same on two machines."""
    path = settings.home / "home.json"
    with sentences():
        if known := read_json(path):
            return known["id"]
        with FileLock(settings.home / "home.lock", timeout=LOCK_SECONDS):
            known = read_json(path)
            if not known:
                host = "".join(letter for letter in socket.gethostname().lower() if letter.isalnum() or letter == "-")
                known = {"id": f"{host[:40]}-{uuid.uuid4().hex[:12]}"}
                write_json(path, known)
        return known["id"]


class Tracker:
    """
    One MLflow tracker with our experiment in it.

    A missing SQLite store is created and an older one migrated under `home/store.lock`: several processes that create
    one at once leave it broken. Later openings of the same store take no lock. Raises StoreUnavailable.
    """

    def __init__(self, settings: Settings):
        # Before MLflow is imported, which reads these once. Without a bound, a team's server that is down would hold
        # a page for minutes.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        import mlflow

        for name in ("mlflow", "mlflow.store.db.utils", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is raised; the log would say it twice
        self._settings = settings
        self._uri = settings.tracking_uri
        self._local = self._uri.startswith("sqlite:")
        version = {"uri": self._uri, "mlflow": mlflow.__version__}
        opened = settings.home / "store.json"
        with sentences():
            settings.home.mkdir(parents=True, exist_ok=True)
            known = read_json(opened)
            if known and known.items() >= version.items() and self._is_there():
                self._client, self._experiment = mlflow.MlflowClient(self._uri), known["experiment"]
                return
            with FileLock(settings.home / "store.lock", timeout=LOCK_SECONDS):
                self._client = _migrated(self._uri)
                found = self._client.get_experiment_by_name(EXPERIMENT)
                location = settings.artifact_root.as_uri() if self._local else None
                self._experiment = (
                    found.experiment_id if found else self._client.create_experiment(EXPERIMENT, location)
                )
                write_json(opened, version | {"experiment": self._experiment})

    def _is_there(self) -> bool:
        if not self._local:
            return True
        database = Path(self._uri.removeprefix("sqlite:///"))
        return database.exists() and database.stat().st_size > 0

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

    def publish(self, run_id: str, files: dict[str, Path]) -> None:
        """Put files under the run's artifacts, each whole or not at all."""
        folder = self.folder(run_id)
        target = folder or self._settings.cache / "publishing" / run_id
        for name, path in files.items():
            place(Path(path), target / name)
        if folder is None and files:
            self._client.log_artifacts(run_id, str(target))
            shutil.rmtree(target)


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
