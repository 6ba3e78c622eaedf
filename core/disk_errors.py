"""What the disk says, in sentences: it is full, or the data folder may not be written. For every room that stores."""

import errno
import functools
from collections.abc import Iterator
from pathlib import Path

from core.errors import DiskFull, FolderReadOnly, StoreBusy, StoreUnavailable

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
# HDF5 and Arrow tell it by their text alone.
FULL_TEXTS = ("No space left on device", "Disk quota exceeded", "database or disk is full")
CLOSED_TEXTS = ("Read-only file system", "readonly database")


def in_words(error: BaseException, home: Path) -> StoreUnavailable | None:
    """The error a person may see in place of `error`, where it is the disk of the data folder; None for any other."""
    for each in chain(error):
        if isinstance(each, StoreUnavailable):
            return each
        if isinstance(each, TimeoutError) and hasattr(each, "lock_file"):  # filelock's
            return StoreBusy(reason=f"{Path(each.lock_file).name} is locked")
        text = str(each)
        number = each.errno if isinstance(each, OSError) else None
        if number in FULL or any(said in text for said in FULL_TEXTS):
            return DiskFull(folder=home)
        if number in CLOSED and _ours(each, home):
            return FolderReadOnly(folder=home, reason=_reason(each, home))
        if number is None and any(said in text for said in CLOSED_TEXTS):
            return FolderReadOnly(folder=home, reason="it is read-only")
    return None


def speaking(function):
    """A function of settings and more whose OSErrors become the sentence, where there is one."""

    @functools.wraps(function)
    def told(settings, *given, **named):
        try:
            return function(settings, *given, **named)
        except OSError as error:
            if (said := in_words(error, settings.home)) is None:
                raise
            raise said from error

    return told


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those it was raised from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def _ours(error: OSError, home: Path) -> bool:
    """Whether it is about the data folder: a photo that may not be read elsewhere is another matter."""
    names = [Path(str(name)) for name in (error.filename, error.filename2) if isinstance(name, str | Path)]
    return not names or any(name == home or home in name.parents or name in home.parents for name in names)


def _reason(error: OSError, home: Path) -> str:
    said = (error.strerror or "not allowed").lower()
    if error.errno == errno.EROFS or not isinstance(error.filename, str | Path):
        return said
    path = Path(str(error.filename))
    return f"{path.relative_to(home) if home in path.parents else path}: {said}"
