"""Folders on the computer Thaw runs on: which may be read, and the files in them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.names import is_hidden, printable
from core.errors import PathNotAllowed, PathNotFound
from core.settings import Settings

_DEEPEST = 32  # folders within folders
_OURS = frozenset({"photos", "datasets", "splits", "recipes", "weights", "cache", "jobs", "artifacts"})


def allowed_roots(settings: Settings) -> tuple[Path, ...]:
    """Folders a visitor may import from: the operator's, else the user's home and the `incoming` folder of Thaw."""
    if settings.photo_roots is not None:
        return settings.photo_roots
    return (Path.home().resolve(), (settings.home / "incoming").resolve())


def allowed_path(settings: Settings, text: str, visitor: bool = True) -> Path:
    """The folder or zip that `text` names, absolute, symlinks resolved.

    A visitor stays inside allowed_roots and outside what Thaw itself keeps; so does the person at the shell where the
    operator named folders (THAW_PHOTOS), else that person may read any path. A relative path starts at a visitor's
    first root, at the shell in the working folder. Raises PathNotFound, PathNotAllowed (before it is looked whether
    there is anything).
    """
    typed = text.strip().strip("\"'")
    if not typed or "\0" in typed:
        raise PathNotFound(path=repr(printable(text)))
    roots = allowed_roots(settings) if visitor or settings.photo_roots is not None else None
    path = Path(typed)
    try:
        path = path.expanduser()
        if not path.is_absolute() and visitor and roots:
            path = roots[0] / path
        path = path.resolve()
        if roots is not None and not _may_read(settings, path, roots):
            raise PathNotAllowed(path=printable(typed), allowed=", ".join(map(str, roots)))
        if not (path.is_dir() or path.is_file()) or not os.access(path, os.R_OK):
            raise PathNotFound(path=printable(typed))
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, an unknown ~user
        raise PathNotFound(path=printable(typed)) from None
    return path


def _may_read(settings: Settings, path: Path, roots: tuple[Path, ...]) -> bool:
    home = settings.home.resolve()
    ours = path.is_relative_to(home) and (path == home or path.relative_to(home).parts[0] in _OURS)
    return not ours and any(path.is_relative_to(root) for root in roots)


def walk(folder: Path, roots: tuple[Path, ...] | None) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """(path parts below `folder`, why it is left out or None) of every file, sorted, hidden ones left out.

    Links are followed into the folder itself and into `roots`; everywhere where that is None. What is no plain file
    (a pipe would be waited on for ever), and links that lead elsewhere, come with the reason.
    """
    inside = None if roots is None else (folder.resolve(), *roots)
    seen: set[tuple[int, int]] = set()

    def below(path: Path, parts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str | None]]:
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in seen or len(parts) > _DEEPEST:
                return  # a link that leads back up
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield (*parts, ""), f"the folder can't be read ({error.strerror})"
            return
        for entry in entries:
            if is_hidden(entry.name):
                continue
            here = (*parts, entry.name)
            try:
                target = Path(entry.path)
                if entry.is_symlink() and inside is not None:
                    target = target.resolve()
                    if not any(target.is_relative_to(root) for root in inside):
                        yield here, "it is a link that leads out of the folder"
                        continue
                if entry.is_dir():
                    yield from below(target, here)
                elif entry.is_file():
                    yield here, None
                else:
                    yield here, "it is no plain file"
            except (OSError, RuntimeError) as error:
                yield here, f"it can't be read ({type(error).__name__})"

    yield from below(folder, ())


def readable(settings: Settings, folder: Path, visitor: bool) -> tuple[Path, ...] | None:
    """Where links in a folder that is imported may lead; None: everywhere."""
    return (folder.resolve(), *allowed_roots(settings)) if visitor else None


def read_photo(path: Path, inside: tuple[Path, ...] | None = None) -> bytes:
    """The bytes of a file as it is; with `inside` only of one that lies in these folders once it is open.

    Between the listing of a folder and the reading of its files somebody may put a link or a pipe in a file's place.
    Raises UnreadablePhoto where it is too large, no plain file, elsewhere, or can't be read.
    """
    try:
        # A pipe would be waited on for ever; without a block it is opened, and seen to be one.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadablePhoto("it is no plain file")
            if inside is not None and not _lies_in(path, inside, status):
                raise UnreadablePhoto("it is a link that leads out of the folder")
            if status.st_size > MOST_BYTES:
                raise UnreadablePhoto(f"it is larger than {MOST_BYTES // 2**20} MB")
            return file.read(MOST_BYTES)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise UnreadablePhoto(f"it can't be read ({getattr(error, 'strerror', None) or 'a loop of links'})") from None


def _lies_in(path: Path, inside: tuple[Path, ...], opened: os.stat_result) -> bool:
    """Whether the file that was opened is the one to which the path leads now, in one of the folders."""
    real = path.resolve()
    return any(real.is_relative_to(root) for root in inside) and os.path.samestat(opened, real.stat())
