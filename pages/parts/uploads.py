"""What visitors drop on a screen: the file lies in the server's spool, and the uploader holds a mark in its place."""

import io
from collections.abc import Iterable
from typing import BinaryIO

from core.errors import UploadGone
from core.serving import spool_of
from core.serving.spool import Spooled, token_of
from core.settings import settings


def opened(file) -> BinaryIO:
    """The content of an uploaded file, to be read. Raises UploadGone where the server no longer has it."""
    content = file.getvalue()
    if token_of(content) is None:
        return io.BytesIO(content)  # nothing stands between this uploader and the page: a test
    found = spool_of(settings()).file(content)
    if found is None:
        raise UploadGone(name=file.name)
    return found


def content(file) -> bytes:
    """The whole content of a small uploaded file. Raises UploadGone."""
    with opened(file) as reading:
        return reading.read()


def size(files: Iterable[BinaryIO]) -> int:
    """Bytes of opened files."""
    return sum(file.seek(0, io.SEEK_END) - file.seek(0) for file in files)  # the second leaves each at its start


def take(files: Iterable[BinaryIO]) -> None:
    """Keep these until `drop`: an import reads them, whatever becomes of the screen."""
    for token in _tokens(files):
        spool_of(settings()).take(token)


def drop(files: Iterable[BinaryIO]) -> None:
    """Remove them: they were read."""
    for token in _tokens(files):
        spool_of(settings()).drop(token, even_taken=True)


def _tokens(files: Iterable[BinaryIO]) -> list[str]:
    return [file.token for file in files if isinstance(file, Spooled)]
