"""A disk that is full from the n-th thing on that needs room: every place where it can hit, without any rights.

What counts is opening a file to write, each write that reaches the system, a new folder, name or link, a sync, what is
reserved or copied, a Parquet file (half of it stays), each change that SQLite is asked for, and its commit.
"""

import builtins
import errno
import io
import os
import sqlite3
from pathlib import Path

import pandas as pd
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

TEXT = os.strerror(errno.ENOSPC)


class FullDisk:
    """Full inside the block, from the n-th place on (counted from 1); `only` frees it again right after that one."""

    def __init__(self, home: Path, at: int, only: bool = False):
        self._home, self._at, self._only = home.resolve(), at, only
        self.places: list[str] = []

    @property
    def hit(self) -> bool:
        return len(self.places) >= self._at

    def place(self, what: str, *names) -> None:
        """One more; raises where the disk is full here."""
        if not any(self._inside(name) for name in names):
            return
        if self.counts(what):
            raise OSError(errno.ENOSPC, TEXT, str(names[0]))

    def counts(self, what: str) -> bool:
        self.places.append(what)
        number = len(self.places)
        return number == self._at if self._only else number >= self._at

    def _inside(self, name) -> bool:
        try:
            if isinstance(name, int):
                link = Path(f"/proc/self/fd/{name}")
                name = link.readlink() if link.exists() else self._home
            path = Path(os.path.abspath(os.fspath(name)))  # noqa: PTH100  resolve() would open what is counted
        except (TypeError, OSError, ValueError):
            return False
        return self._home in (path, *path.parents)

    def __enter__(self) -> "FullDisk":
        disk, self._undo = self, []
        self._put(io, "open", lambda real: lambda *args, **more: _opened(disk, real, *args, **more))
        self._put(builtins, "open", lambda _real: io.open)
        for name in ("mkdir", "link", "rename", "replace", "fsync", "posix_fallocate"):
            if hasattr(os, name):
                self._put(os, name, lambda real, name=name: _counted(disk, real, name))
        self._put(os, "open", lambda real: lambda path, flags, *a, **k: _os_opened(disk, real, path, flags, *a, **k))
        self._put(pd.DataFrame, "to_parquet", lambda real: lambda *args, **more: _parquet(disk, real, *args, **more))
        self._put(sqlite3, "connect", lambda real: lambda *args, **more: _connected(disk, real, *args, **more))

        def execute(connection, _cursor, statement, parameters, _context, _many):
            if statement.lstrip().lower().startswith(("insert", "update", "delete", "create", "alter")):
                disk.sqlite("statement", statement, parameters)
                connection.info["changed"] = True

        def commit(connection):
            if connection.info.pop("changed", False):  # an empty one needs no room
                disk.sqlite("commit", "commit", ())

        for name, listener in (("before_cursor_execute", execute), ("commit", commit)):
            event.listen(Engine, name, listener)
            self._undo.append(lambda name=name, listener=listener: event.remove(Engine, name, listener))
        return self

    def sqlite(self, what: str, statement: str, parameters) -> None:
        if self.counts(what):
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise sqlalchemy.exc.OperationalError(statement, parameters, full) from full

    def _put(self, owner, name: str, make) -> None:
        real = getattr(owner, name)
        setattr(owner, name, make(real))
        self._undo.append(lambda: setattr(owner, name, real))

    def __exit__(self, *_) -> None:
        for undo in reversed(self._undo):
            undo()


class _Raw(io.FileIO):
    """A file whose every write that reaches the system counts."""

    disk: FullDisk

    def write(self, content):
        self.disk.place("write", self.name)
        return super().write(content)


def _opened(
    disk, real, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None
):
    if not set(mode) & set("wax+") or opener is not None or not disk._inside(file):
        return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
    disk.place("open", file)
    raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd=closefd)
    raw.disk = disk
    if buffering == 0:
        return raw
    binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    return binary if "b" in mode else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)


def _os_opened(disk, real, path, flags, *args, **more):
    if flags & os.O_CREAT and not Path(path).exists():
        disk.place("create", path)
    return real(path, flags, *args, **more)


def _counted(disk, real, name):
    def call(*args, **more):
        disk.place(name, *args[:2] if name in ("link", "rename", "replace") else args[:1])
        return real(*args, **more)

    return call


def _parquet(disk, real, frame, path, **more):
    if disk.counts("parquet"):
        real(frame, path, **more)
        os.truncate(path, Path(path).stat().st_size // 2)
        raise OSError(errno.ENOSPC, TEXT, str(path))
    return real(frame, path, **more)


def _connected(disk, real, database, *args, **more):
    if isinstance(database, Path) and not database.exists():
        disk.place("database", database)
    return real(database, *args, **more)
