"""The spool: what visitors upload lies on disk from its first byte, under names of ours, until it was imported."""

import io
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.settings import Settings

GB = 2**30
A_VISITOR = 2 * GB  # bytes of one visitor's uploads at a time
IN_ALL = 16 * GB
MOST_FILES = 50_000  # of one visitor at a time: a dropped folder
FREE = GB  # bytes of the disk that uploads leave alone
HOURS = 6  # an upload that nobody imported is dropped after that
TAKEN_HOURS = 24  # one that an import reads, or that lies on the camera's tray
_MARK = b"thaw-upload:"
_TOKEN = re.compile(rb"thaw-upload:([0-9a-f]{32})")


class NoRoom(Exception):
    """An upload that is not taken: the HTTP status and the sentence that say why."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass
class Upload:
    token: str
    owner: str
    size: int  # bytes that were told beforehand
    since: float = field(default_factory=time.monotonic)
    taken: bool = False  # an import reads it: only that drops it


class Spool:
    """The uploads of this server. They end with it: the screens that knew of them do."""

    def __init__(
        self,
        folder: Path,
        a_visitor: int = A_VISITOR,
        in_all: int = IN_ALL,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._folder, self._a_visitor, self._in_all, self._clock = folder, a_visitor, in_all, clock
        self._lock = threading.Lock()
        self._known: dict[str, Upload] = {}

    def empty(self) -> None:
        """Remove what an earlier server left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def reserve(self, owner: str, size: int) -> Upload:
        """Room for an upload of so many bytes, before any is read. Raises NoRoom."""
        self._drop_old()
        with self._lock:
            mine = [upload for upload in self._known.values() if upload.owner == owner]
            if sum(upload.size for upload in mine) + size > self._a_visitor or len(mine) >= MOST_FILES:
                raise NoRoom(
                    413,
                    f"Your uploads that are not imported yet would pass {self._a_visitor / GB:.0f} GB or "
                    f"{MOST_FILES:,} files. Import or remove some first.\n",
                )
            if sum(upload.size for upload in self._known.values()) + size > self._in_all:
                raise NoRoom(503, "Too much is being uploaded at this moment. Try again in a few minutes.\n")
            self._folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free - size < FREE:
                raise NoRoom(507, "The disk of the computer Thaw runs on is nearly full, so nothing was uploaded.\n")
            upload = Upload(secrets.token_hex(16), owner, size, self._clock())
            self._known[upload.token] = upload
        return upload

    def path(self, upload: Upload) -> Path:
        return self._folder / upload.token

    def drop(self, token: str, even_taken: bool = False) -> None:
        """Forget an upload and its file; one that an import reads stays unless `even_taken`."""
        with self._lock:
            upload = self._known.get(token)
            if upload is None or (upload.taken and not even_taken):
                return
            del self._known[token]
        (self._folder / token).unlink(missing_ok=True)

    def file(self, content: bytes) -> "Spooled | None":
        """The upload whose mark this is, to be read; None where it is none, or was dropped."""
        token = token_of(content)
        return Spooled(self._folder / token) if token and token in self._known else None

    def take(self, token: str) -> None:
        """Keep an upload until `drop(even_taken=True)`, whatever its visitor does: an import reads it."""
        with self._lock:
            if token in self._known:
                self._known[token].taken = True

    def holds(self, token: str) -> bool:
        return token in self._known

    def held(self) -> tuple[int, int]:
        """(uploads, bytes) that lie here."""
        with self._lock:
            return len(self._known), sum(upload.size for upload in self._known.values())

    def _drop_old(self) -> None:
        now = self._clock()
        with self._lock:
            old = [
                token
                for token, upload in self._known.items()
                if now - upload.since > 3600 * (TAKEN_HOURS if upload.taken else HOURS)
            ]
        for token in old:
            self.drop(token, even_taken=True)


class Spooled(io.RawIOBase):
    """A file of the spool, opened only while it is read: a dropped folder holds more files than a process may open."""

    def __init__(self, path: Path):
        super().__init__()
        self.token = path.name
        self._path, self._at = path, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        handle = os.open(self._path, os.O_RDONLY)
        try:
            content = os.pread(handle, len(buffer), self._at)
        finally:
            os.close(handle)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._path.stat().st_size}[whence]
        if start + offset < 0:
            raise ValueError(f"a place in a file is at least 0. Received: {start + offset}")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at


def mark(upload: Upload) -> bytes:
    """What stands for an upload where its content would: short, and known to nobody before."""
    return _MARK + upload.token.encode()


def token_of(content: bytes) -> str | None:
    """The token in a mark; None for anything else."""
    found = _TOKEN.fullmatch(content)
    return found[1].decode() if found else None


@lru_cache(maxsize=4)
def spool_of(settings: Settings) -> Spool:
    """The one spool of a data folder's server."""
    return Spool(settings.home / "uploads")
