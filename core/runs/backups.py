"""Backups of the embedded run store: made while it is in use, checked, and two kept; and the way back to them."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from core.errors import StoreDamaged, StoreMissing
from core.runs.database import connected, counted, database_of, fault, there
from core.settings import Settings

KEPT = 2
EVERY_SECONDS = 3600
SPARE = 200 * 2**20  # bytes that a backup leaves free
PATIENCE = 30.0  # s
_STAMP = "%Y%m%dT%H%M%SZ"
COMMAND = "python -m core store restore"


class Backup(NamedTuple):
    path: Path
    made: datetime
    runs: int  # deleted ones too


def folder(settings: Settings) -> Path:
    return settings.home / "backups"


def backups(settings: Settings) -> list[Backup]:
    """The backups that are whole, newest first."""
    found = []
    for path in sorted(folder(settings).glob("runs-*.db"), reverse=True):
        try:
            made = datetime.strptime(path.stem.removeprefix("runs-"), _STAMP).replace(tzinfo=UTC)
            if fault(path, 1.0) is None:
                found.append(Backup(path, made, counted(path, 1.0)))
        except (ValueError, OSError, sqlite3.Error):
            continue
    return found


def best(settings: Settings) -> Backup | None:
    """The backup to go back to: the one with the most runs, and of equal ones the newest."""
    return max(backups(settings), key=lambda one: (one.runs, one.made), default=None)


def back_up(settings: Settings, every: float = EVERY_SECONDS) -> Backup | None:
    """
    Back the store up where runs changed since the last time and that is `every` seconds ago; None where it isn't due.

    A copy that isn't whole is thrown away, and so never takes the place of a good one; neither does one with fewer
    runs, which only a store that was lost and begun anew can have. Raises StoreDamaged, OSError, sqlite3.Error.
    """
    database = database_of(settings.tracking_uri)
    if database is None or not there(database):
        return None
    folder(settings).mkdir(exist_ok=True)
    try:
        with FileLock(folder(settings) / "backups.lock", timeout=0):
            return _backed_up(settings, database, every)
    except Timeout:  # another process is at it
        return None


def _backed_up(settings: Settings, database: Path, every: float) -> Backup | None:
    changed = database.stat()
    known = backups(settings)
    if known and known[0].path.stat().st_mtime_ns == changed.st_mtime_ns:
        return None
    now = datetime.now(UTC).replace(microsecond=0)
    if known and 0 <= (now - known[0].made).total_seconds() < max(
        every, 1
    ):  # a clock that was set back waits for nothing
        return None
    if shutil.disk_usage(settings.home).free < changed.st_size + SPARE:
        return None
    target = folder(settings) / f"runs-{now.strftime(_STAMP)}.db"
    beside = target.with_name(f".{target.name}.part")
    beside.unlink(missing_ok=True)
    try:
        with connected(database, PATIENCE) as source, closing(sqlite3.connect(beside)) as copy:
            source.backup(copy)
        if reason := fault(beside, PATIENCE):
            raise damaged(settings, reason)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        os.utime(beside, ns=(changed.st_atime_ns, changed.st_mtime_ns))  # what it is a copy of, told by its time
        beside.replace(target)
    except sqlite3.DatabaseError as error:
        if reason := fault(database, PATIENCE):
            raise damaged(settings, reason) from error
        raise
    finally:
        beside.unlink(missing_ok=True)
    _thin(settings)
    return Backup(target, now, counted(target, PATIENCE))


def _thin(settings: Settings) -> None:
    """Keep the newest, and of the others those with the most runs, newer ones first."""
    for old in sorted(backups(settings)[1:], key=lambda one: (one.runs, one.made), reverse=True)[KEPT - 1 :]:
        old.path.unlink(missing_ok=True)


def damaged(settings: Settings, reason: str) -> StoreDamaged:
    """The sentence about a store that can't be read, with the way back."""
    database = database_of(settings.tracking_uri)
    if there(database):
        return StoreDamaged(file=database, reason=reason, way_back=way_back(settings))
    reason = "it is empty" if database.exists() else "there is no such file"
    return StoreMissing(file=database, reason=reason, way_back=way_back(settings))


def way_back(settings: Settings) -> str:
    """What a person can do about a damaged store."""
    kept = "the damaged file is kept beside"
    if backup := best(settings):
        runs = "1 run" if backup.runs == 1 else f"{backup.runs:,} runs"
        return (
            f"A backup of {backup.made:%Y-%m-%d %H:%M} UTC with {runs} is there: `{COMMAND}` goes back to it and "
            f"brings back what was recorded of runs since; {kept}."
        )
    return f"There is no backup yet. `{COMMAND}` begins a new store with all runs whose record is still there; {kept}."
