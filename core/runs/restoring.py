"""The store looked over, and brought back from its backup and from the records beside the runs' files."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from core.errors import NoLocalStore, NothingToRestore, StoreUnavailable
from core.runs import run_files
from core.runs.backups import Backup, back_up, backups, best, damaged
from core.runs.database import counted, database_of, fault
from core.runs.sentences import PAGE_SECONDS, sentences
from core.runs.tracker import create
from core.settings import Settings

BESIDE = ("-journal", "-wal", "-shm")  # SQLite's own, which belong to one database file and to no other


class Looked(NamedTuple):
    file: Path
    fault: str | None  # what is wrong with the store
    runs: int | None  # None where they can't be counted
    backups: list[Backup]
    unknown: list[str]  # runs that have files and a record, and that the store doesn't know
    lost: list[str]  # runs that have files, no record, and that the store doesn't know


class Restored(NamedTuple):
    backup: Backup | None
    damaged: Path | None  # where the damaged file lies now
    runs: int
    new: list[str]  # runs that the backup didn't know
    newer: list[str]  # runs that went on after the backup
    lost: list[str]  # runs that have files, and that neither the backup nor a record knows


def look(settings: Settings) -> Looked:
    """What `store check` tells. Raises NoLocalStore, StoreUnavailable where the store is held or may not be read."""
    database = _database(settings)
    with sentences(settings):
        wrong = fault(database, PAGE_SECONDS)
        known = run_files.known_runs(database, PAGE_SECONDS) if wrong is None else set()
        recorded = {record["id"] for record in run_files.records(settings)}
        return Looked(
            database,
            wrong,
            len(known) if wrong is None else None,
            backups(settings),
            sorted(recorded - known),
            sorted(set(run_files.without_record(settings)) - known),
        )


def backed_up(settings: Settings) -> tuple[Backup, bool]:
    """Back the store up now; the newest backup, and whether it is new: where nothing changed it isn't.

    Raises NoLocalStore, StoreUnavailable.
    """
    database = _database(settings)
    with sentences(settings):
        if reason := fault(database, PAGE_SECONDS):
            raise damaged(settings, reason)
        made = back_up(settings, every=0)
        known = backups(settings)
        if made is None and not known:
            raise StoreUnavailable(reason="there is no room for a backup, or another process makes one")
        return made or known[0], made is not None


def restore(settings: Settings, force: bool = False) -> Restored:
    """
    Go back to the best backup, or to an empty store where there is none, and bring back what the records tell.

    The damaged file is put aside, never deleted. Raises NothingToRestore where the store is whole, NoLocalStore,
    StoreUnavailable.
    """
    database = _database(settings)
    with sentences(settings), FileLock(settings.home / "runs.lock", timeout=PAGE_SECONDS):
        if fault(database, PAGE_SECONDS) is None and not force:
            raise NothingToRestore(file=database)
        backup = best(settings)
        beside = database.with_name(f".{database.name}.restoring")
        if backup is not None:
            shutil.copyfile(backup.path, beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
        else:
            create(beside, settings.artifact_root)
        aside = _put_aside(database)
        beside.replace(database)
        new, newer = run_files.bring_back(settings, database, backup.made.timestamp() if backup else 0.0, PAGE_SECONDS)
        known = run_files.known_runs(database, PAGE_SECONDS)
        lost = sorted(set(run_files.without_record(settings)) - known)
        return Restored(backup, aside, counted(database, PAGE_SECONDS), new, newer, lost)


def _put_aside(database: Path) -> Path | None:
    """Give the file, and what SQLite keeps beside it, another name; where it lies then."""
    aside = database.with_name(f"{database.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    for ending in BESIDE:  # first: a journal that stayed would be played back into the next file of this name
        if (path := database.with_name(database.name + ending)).exists():
            path.replace(aside.with_name(aside.name + ending))
    if not database.exists():
        return None
    database.replace(aside)
    return aside


def _database(settings: Settings) -> Path:
    database = database_of(settings.tracking_uri)
    if database is None:
        raise NoLocalStore(uri=settings.tracking_uri)
    return database
