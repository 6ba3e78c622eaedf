"""What goes wrong with the run store, in sentences; and how long anybody waits for it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import Timeout

from core import disk_errors
from core.errors import DiskFull, FolderReadOnly, StoreBusy, StoreUnavailable
from core.runs import database as databases
from core.runs.backups import damaged
from core.runs.database import database_of
from core.settings import Settings

LOCK_SECONDS = 60  # how long a job or the supervisor waits for a store that another process holds
PAGE_SECONDS = 5  # how long a page or a command does: a person looks at it


@contextmanager
def sentences(settings: Settings) -> Iterator[None]:
    """Turns what a disk, SQLite or a tracker raises into StoreUnavailable, or the kind of it that says what to do."""
    import sqlalchemy
    from mlflow.exceptions import MlflowException

    try:
        yield
    except UnicodeDecodeError as error:
        if database_of(settings.tracking_uri) is None:
            raise
        raise damaged(settings, "its texts can't be read") from error
    except (OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, MlflowException) as error:
        if (said := _said(error, settings)) is None:
            raise
        raise said from error


def _said(error: Exception, settings: Settings) -> StoreUnavailable | None:
    """The sentence of an error; None where it is not about the store's state."""
    for each in disk_errors.chain(error):
        if isinstance(each, Timeout):
            return StoreBusy(reason=f"{Path(each.lock_file).name} is locked")
        if isinstance(each, sqlite3.Error) and (said := of_sqlite(each, settings)):
            return said
    if said := disk_errors.in_words(error, settings.home):
        return said
    unreachable = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "BAD_REQUEST")
    if getattr(error, "error_code", None) in (None, *unreachable):
        return StoreUnavailable(reason=(str(error) or type(error).__name__).splitlines()[0])
    return None


def of_sqlite(error: sqlite3.Error, settings: Settings) -> StoreUnavailable | None:
    database, number = database_of(settings.tracking_uri), databases.code(error)
    if database is None:
        return None
    if getattr(error, "sqlite_errorcode", 0) == databases.MOVED:
        return StoreBusy(reason=f"{database.name} was put aside just now")
    if number in databases.BUSY:
        return StoreBusy(reason=f"{database.name} is locked")
    if number == databases.READ_ONLY:
        return FolderReadOnly(folder=settings.home, reason=f"{database.name} is read-only")
    if number == databases.FULL:
        return DiskFull(folder=settings.home)
    if databases.damage(error) or not databases.there(database):
        return damaged(settings, str(error))
    if number == databases.CANT_OPEN and not os.access(database.parent, os.W_OK):  # no journal can be made there
        return FolderReadOnly(folder=settings.home, reason=str(error))
    return None
