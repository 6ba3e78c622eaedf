"""Deleted runs deleted for good: what they take on the disk, and giving it back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RunKeptElsewhere, RunStillThere, UnknownRun
from core.runs.database import database_of
from core.runs.keeping import RunKeeping
from core.runs.sentences import LOCK_SECONDS
from core.settings import Settings


class RunEmptying(RunKeeping):
    """
    The end of deleted runs.

    Photos, splits and frozen weights stay: other runs stand on them. So do the trained weights that a run lent, which
    were copied when the other run was queued.
    """

    def __init__(self, settings: Settings, patience: float = LOCK_SECONDS):
        super().__init__(settings, patience)
        self._settings = settings

    def bytes_of(self, run_id: str) -> int:
        """What the run's files on this machine take: what it published, its logs and its checkpoints."""
        return sum(_size(place) for pair in self._folders(run_id) for place in pair)

    def delete_for_good(self, run_id: str) -> int:
        """
        Take a deleted run away with its files; returns the bytes that came free. Nothing brings it back.

        Raises RunStillThere where it isn't deleted, UnknownRun, RunKeptElsewhere where the tracker is a team's server.
        """
        with self._lock():
            if run_id in self._listing.runs():
                raise RunStillThere(name=self._listing.runs()[run_id].name)
            if all(run.id != run_id for run in self.deleted()):
                raise UnknownRun(run=run_id)
            freed = self.bytes_of(run_id)
            with self._put_aside(run_id):
                self._tracker.forget(run_id)
        for _, aside in self._folders(run_id):
            shutil.rmtree(aside, ignore_errors=True)
        return freed

    @contextmanager
    def _put_aside(self, run_id: str) -> Iterator[None]:
        """
        The run's folders under another name, each in one step; back where they were if what follows fails.

        Should this process die meanwhile, the run is still in the list of deleted ones, to be deleted again, and no
        record beside its files brings it back by itself.
        """
        moved = [(folder, aside) for folder, aside in self._folders(run_id) if folder.exists()]
        for folder, aside in moved:
            aside.parent.mkdir(exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)  # of an attempt that was broken off
            folder.rename(aside)
        try:
            yield
        except BaseException:
            for folder, aside in moved:
                aside.rename(folder)
            raise

    def _folders(self, run_id: str) -> list[tuple[Path, Path]]:
        """Where the run's files lie, and where they are put aside."""
        if database_of(self._settings.tracking_uri) is None:
            raise RunKeptElsewhere(uri=self._settings.tracking_uri)
        folders = (self._settings.artifact_root / run_id, self._settings.jobs / run_id)
        return [(one, self._settings.home / "tmp" / f"{run_id}.{one.parent.name}.gone") for one in folders]


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
