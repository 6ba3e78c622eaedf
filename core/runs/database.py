"""The SQLite file of the embedded run store, looked at without MLflow: is it there, whole, and free?"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

TABLES = {"experiments", "runs", "tags", "params", "metrics", "latest_metrics"}
PREFIX = "sqlite:///"
# Of the result codes of sqlite.org/rescode.html, which Python names only in part.
BUSY, READ_ONLY, FULL, CANT_OPEN, CORRUPT, NO_DATABASE = (5, 6), 8, 13, 14, 11, 26
MOVED = 1032  # the file was put aside while it was open
DAMAGED_TEXTS = ("no such table", "no such column", "Could not decode", "has no column", "datatype mismatch")


def database_of(tracking_uri: str) -> Path | None:
    """The file of an embedded store; None where the tracker is something else."""
    return Path(tracking_uri.removeprefix(PREFIX)) if tracking_uri.startswith(PREFIX) else None


@contextmanager
def connected(database: Path, patience: float) -> Iterator[sqlite3.Connection]:
    """A connection that waits so many seconds for others and, unlike sqlite3.connect, makes no file where none is."""
    uri = f"{database.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=patience)) as connection:
        yield connection


def there(database: Path) -> bool:
    """Whether there is anything in the file at all."""
    try:
        return database.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False


def probe(database: Path, patience: float, writing: bool = False) -> None:
    """See quickly that the store can be read, or written. Raises sqlite3.Error after `patience` seconds at most."""
    with connected(database, patience) as connection:
        if writing:  # nothing is written by this: it is the lock alone
            connection.execute("begin exclusive")
            connection.execute("rollback")
        else:
            connection.execute("select 1 from runs limit 1").fetchall()


def fault(database: Path, patience: float) -> str | None:
    """What is wrong with the file, None where it is whole. Raises sqlite3.Error where it can't be looked at."""
    if not database.exists():
        return "there is no such file"
    if not there(database):
        return "it is empty"
    try:
        with connected(database, patience) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", errors="replace")
            said = [str(row[0]) for row in connection.execute("pragma quick_check(1)")]
            tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    except sqlite3.Error as error:
        if damage(error):
            return str(error)
        raise
    except UnicodeDecodeError:
        return "its texts can't be read"
    if said != ["ok"]:
        return " ".join(said[0].replace("*** in database main ***", "").split())
    if missing := TABLES - tables:
        return f"it has no table {min(missing)}" if tables & TABLES else "it is no run store"
    return None


def code(error: sqlite3.Error) -> int:
    """The primary result code, 0 where there is none."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def damage(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged or none of ours."""
    return code(error) in (CORRUPT, NO_DATABASE) or any(text in str(error) for text in DAMAGED_TEXTS)


def counted(database: Path, patience: float) -> int:
    """Runs in the file, deleted ones too: a store only ever gets more of them."""
    with connected(database, patience) as connection:
        return connection.execute("select count(*) from runs").fetchone()[0]
