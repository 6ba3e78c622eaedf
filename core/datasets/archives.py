"""Zips: judged before they are read, streamed entry by entry, never unpacked to names a visitor chose."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.names import is_hidden, printable
from core.errors import BadZip, ZipTooLarge


@dataclass(frozen=True)
class Limits:
    files: int = 200_000  # entries
    bytes: int = 20 * 2**30  # unpacked
    ratio: float = 100  # unpacked to packed; photos hardly pack at all
    ratio_from: int = 16 * 2**20  # bytes unpacked below which the ratio is not looked at: small drawings pack well


LIMITS = Limits()

_TAIL = 65_535 + 22 + 20 + 56  # longest comment, end record, ZIP64 locator and end record
_ENTRY = 512  # bytes of the table of contents an entry may take on average
_LOCAL = 30  # bytes of an entry's header before its name
_LONGEST_NAME = 255  # bytes of a file's or a folder's name; no disk holds a longer one
_CHUNK = 2**20


@contextmanager
def open_zip(source: Path | BinaryIO, name: str, limits: Limits = LIMITS) -> Iterator[zipfile.ZipFile]:
    """The zip, once it is known to be one and to stay inside the limits; `name` is how messages call it.

    Raises BadZip (no zip, cut short, empty, damaged, overlapping entries), ZipTooLarge.
    """
    name = printable(name)
    with source.open("rb") if isinstance(source, Path) else _borrowed(source) as file:
        _check_end(file, name, limits)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, EOFError):
            raise BadZip(name=name, reason="its table of contents is damaged or it is cut short") from None
        with archive:
            _check_contents(archive, file, name, limits)
            yield archive


@contextmanager
def _borrowed(file: BinaryIO) -> Iterator[BinaryIO]:
    """A file that whoever gave it closes."""
    yield file


def _length(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _check_end(file: BinaryIO, name: str, limits: Limits) -> None:
    """Look at the end record alone: the table of contents of a million entries is itself too large to read."""
    length = _length(file)
    file.seek(max(0, length - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(b"PK\5\6")
    file.seek(0)
    if length == 0:
        raise BadZip(name=name, reason="it is an empty file")
    if at < 0 or len(tail) < at + 22:
        raise BadZip(name=name, reason="it is cut short" if file.read(2) == b"PK" else "it is not a zip file")
    entries, size = struct.unpack("<HI", tail[at + 10 : at + 16])
    wide = tail.rfind(b"PK\6\6", 0, at)
    # zipfile believes the wide record wherever there is one, whether or not the other says so.
    if wide >= 0 and b"PK\6\7" in tail[wide:at]:
        entries, size = struct.unpack("<QQ", tail[wide + 32 : wide + 48])
        at = wide
    if entries > limits.files or size > limits.files * _ENTRY:
        raise ZipTooLarge(name=name, reason=f"it holds {max(entries, size // _ENTRY):,} files; {limits.files:,} may be")
    # And it reads what the table holds, however many entries the end record speaks of.
    held = _held(file, max(0, length - len(tail) + at - size), size)
    if held > limits.files:
        raise ZipTooLarge(name=name, reason=f"it holds {held:,} files; {limits.files:,} may be")


def _held(file: BinaryIO, start: int, size: int) -> int:
    """Entries that the table of contents can hold at most, counted without keeping it."""
    file.seek(start)
    held, rest = 0, b""
    while size > 0 and (chunk := file.read(min(_CHUNK, size))):
        size -= len(chunk)
        held += (rest + chunk).count(b"PK\1\2")
        rest = chunk[-3:]
    return held


def _check_contents(archive: zipfile.ZipFile, file: BinaryIO, name: str, limits: Limits) -> None:
    entries = archive.infolist()
    if not any(not entry.is_dir() for entry in entries):
        raise BadZip(name=name, reason="it is empty")
    if len(entries) > limits.files:
        raise ZipTooLarge(name=name, reason=f"it holds {len(entries):,} files; {limits.files:,} may be")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > limits.bytes:
        raise ZipTooLarge(
            name=name, reason=f"it unpacks to {unpacked / 2**30:,.1f} GB; {limits.bytes / 2**30:,.0f} GB may be"
        )
    if unpacked > limits.ratio_from and unpacked > packed * limits.ratio:
        raise ZipTooLarge(
            name=name,
            reason=f"it unpacks to {unpacked / max(packed, 1):,.0f} times its size; {limits.ratio:.0f} times may be",
        )
    if packed > _length(file) or _overlapping(entries, archive.start_dir):
        raise BadZip(name=name, reason="its entries overlap or it is cut short")


def _overlapping(entries: list[zipfile.ZipInfo], table: int) -> bool:
    """Whether entries share bytes, as those of a bomb do that unpacks one of them a million times."""
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < at:
            return True
        # The name in front of the content may be written otherwise there, but never longer by much; none is counted.
        at = entry.header_offset + _LOCAL + entry.compress_size
    return at > table


def entry_parts(entry: zipfile.ZipInfo) -> tuple[tuple[str, ...], str | None] | None:
    """(path parts, why it is left out or None); None for folders and for hidden files, which are no photos."""
    if entry.is_dir():
        return None
    written = entry.filename.replace("\\", "/")  # some Windows programs write backslashes
    parts = tuple(part for part in written.split("/") if part not in ("", "."))
    if not parts or any(is_hidden(part) for part in parts if part != ".."):
        return None
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if any(len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in parts):
        return parts, "its name is too long"
    if "\0" in entry.orig_filename:
        return parts, "its name holds a zero byte"
    if ".." in parts or written.startswith("/") or parts[0][1:2] == ":":
        return parts, "its name leads out of the zip"
    if kind == stat.S_IFLNK:
        return parts, "it is a link"
    if kind not in (0, stat.S_IFREG):
        return parts, "it is no plain file"
    if entry.flag_bits & 0x1:
        return parts, "it is encrypted"
    if entry.file_size > MOST_BYTES:
        return parts, f"it is larger than {MOST_BYTES // 2**20} MB"
    return parts, None


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The entry's bytes, checked against its CRC; at most 64 MB. Raises UnreadablePhoto."""
    try:
        with archive.open(entry) as file:
            content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES or file.read(1):
                raise UnreadablePhoto(f"it is larger than {MOST_BYTES // 2**20} MB")
            if len(content) != entry.file_size:
                raise UnreadablePhoto("it is cut short")
            return content
    except UnreadablePhoto:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error) as error:
        raise UnreadablePhoto(f"it is damaged in the zip ({printable(str(error))[:80]})") from None
    except (RuntimeError, NotImplementedError):  # a password; a way of packing that Python lacks
        raise UnreadablePhoto("it is packed in a way that can't be read") from None
    except Exception as error:  # LZMA and others have errors of their own
        raise UnreadablePhoto(f"it is damaged in the zip ({type(error).__name__})") from None
