"""A CSV that says which photo shows which class: read within bounds, and matched with the files beside it."""

import csv
import io
import itertools
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.folders import read_photo
from core.datasets.layout import PART_NAMES, divided, is_photo_name
from core.datasets.names import checked_name, printable
from core.errors import BadLabels, BadName
from core.records import Part

PATH_COLUMNS = (
    "path", "file_path", "filepath", "file", "filename", "file_name",
    "image", "image_path", "imagepath", "image_name", "photo", "img",
)  # fmt: skip
LABEL_COLUMNS = ("label", "class", "species", "category", "class_name", "label_name", "target")
PART_COLUMNS = ("split", "part", "set", "subset")
MOST_ROWS = 1_000_000
MOST_TABLES = 10  # CSVs at the top that are looked into
TOLD = 3  # bad rows that a message names

Parts = tuple[str, ...]  # path parts of a file


class Listed(NamedTuple):
    """One photo that the CSV names."""

    file: Parts
    label: str
    part: Part | None


class _Row(NamedTuple):
    number: int  # as a spreadsheet counts: the header is row 1
    path: str
    label: str
    part: str


@dataclass(frozen=True)
class Table:
    """A CSV that was read and has the columns."""

    name: str  # how messages call it
    folder: Parts  # its paths start here
    rows: list[_Row]


def read_table(content: bytes, name: str, folder: Parts = ()) -> Table:
    """The rows of a CSV with a column for the photo's path and one for its class, and optionally one for its part.

    UTF-8 with or without a byte order mark; commas, semicolons or tabs. Raises BadLabels.
    """
    name = printable(name)
    if len(content) > MOST_BYTES:
        raise BadLabels(name=name, reason=f"it is larger than {MOST_BYTES // 2**20} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadLabels(
            name=name, reason='it is no UTF-8 text. Save it as "CSV UTF-8" from your spreadsheet program'
        ) from None
    if "\0" in text or not text.strip():
        raise BadLabels(name=name, reason="it is empty" if not text.strip() else "it is no text, so no CSV")
    header_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    numbered = enumerate(records, start=1)
    try:
        header = next((record for _, record in numbered if any(cell.strip() for cell in record)), [])
        path, label, part = _columns(header, name)
        rows = []
        for number, record in numbered:
            if any(cell.strip() for cell in record):
                cells = [cell.strip() for cell in record] + [""] * (max(path, label, part or 0) + 1 - len(record))
                rows.append(_Row(number, cells[path], cells[label], cells[part] if part is not None else ""))
            if len(rows) > MOST_ROWS:
                raise BadLabels(name=name, reason=f"it has more than {MOST_ROWS:,} rows")
    except csv.Error as error:
        raise BadLabels(name=name, reason=f"row {records.line_num} is no CSV ({printable(str(error))[:80]})") from None
    if not rows:
        raise BadLabels(name=name, reason="it has a header but no rows")
    return Table(name, folder, rows)


def _columns(header: Sequence[str], name: str) -> tuple[int, int, int | None]:
    """Which columns hold path, label and part (None where there is none)."""
    called = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in header]

    def first(names: Sequence[str]) -> int | None:
        return next((called.index(one) for one in names if one in called), None)

    path, label = first(PATH_COLUMNS), first(LABEL_COLUMNS)
    if path is None or label is None:
        shown = ", ".join(printable(cell)[:30] for cell in header[:8]) + (" ..." if len(header) > 8 else "")
        raise BadLabels(
            name=name,
            reason="its first row must name a column for the photo (path, file, filename or image) and one for the "
            f"class (label, class, species or category). It names: {shown}",
        )
    return path, label, first(PART_COLUMNS)


def read_labels(path: Path) -> bytes:
    """The bytes of a CSV on this computer. Raises BadLabels where it is no plain file, too large or can't be read."""
    try:
        return read_photo(path)
    except UnreadablePhoto as error:
        raise BadLabels(name=printable(path.name), reason=str(error)) from None


def find_table(files: Mapping[Parts, Callable[[], bytes]]) -> tuple[Table | None, BadLabels | None]:
    """The one CSV at the top of the files that has the columns; else None, and why the only CSV there has not.

    files: path parts of every file -> what reads it. Raises BadLabels where two fit, and where a file called
    labels.csv can't be used.
    """
    top = _shared_folder([parts for parts in files if is_photo_name(parts[-1])])
    candidates = [
        parts for parts in files if parts[-1].lower().endswith(".csv") and parts[:-1] == top[: len(parts) - 1]
    ]
    tables, errors = [], {}
    for parts in candidates[:MOST_TABLES]:
        try:
            tables.append(read_table(files[parts](), "/".join(parts), parts[:-1]))
        except BadLabels as error:
            errors[parts] = error
        except UnreadablePhoto as error:
            errors[parts] = BadLabels(name=printable("/".join(parts)), reason=str(error))
    if len(tables) > 1:
        called = " and ".join(table.name for table in tables[:3])
        raise BadLabels(name=called, reason="each of them names photos and classes; keep the one that holds")
    if tables:
        return tables[0], None
    for parts, error in errors.items():
        if parts[-1].lower() == "labels.csv":
            raise error
    return None, next(iter(errors.values())) if len(errors) == 1 else None


def _shared_folder(photos: Sequence[Parts]) -> Parts:
    """The deepest folder that all photos lie in."""
    if not photos:
        return ()
    first, last = min(photos)[:-1], max(photos)[:-1]
    return tuple(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def match(table: Table, photos: Sequence[Parts]) -> list[Listed]:
    """The file, class and part of every row. photos: path parts of every file that is called as photos are.

    A path starts at the CSV's folder or at the folder that holds all photos. Raises BadLabels, which names the first
    rows that can't be used.
    """
    folders = list(dict.fromkeys((table.folder, _shared_folder(photos))))
    known = {_composed(parts): parts for parts in photos} | {parts: parts for parts in photos}
    called = {row.part.lower() for row in table.rows}
    has_parts = bool(called & PART_NAMES.keys())
    bad, failed, listed, names = [], 0, [], {}
    for row in table.rows:
        try:
            file = _file(row, folders, known)
            if row.label not in names:
                names[row.label] = _label(row)
            listed.append(Listed(file, names[row.label], _part(row) if has_parts else None))
        except _BadRow as problem:
            failed += 1
            if failed <= TOLD:
                bad.append(f"row {row.number}: {problem}")
    if failed > TOLD:
        bad.append(f"and {failed - TOLD:,} more {'row' if failed == TOLD + 1 else 'rows'}")
    if bad:
        raise BadLabels(name=table.name, reason="; ".join(bad))
    return _with_parts(listed, table)


class _BadRow(Exception):
    """Why a row can't be used."""


def _file(row: _Row, folders: Sequence[Parts], known: Mapping[Parts, Parts]) -> Parts:
    shown = printable(row.path)[:80]
    written = row.path.replace("\\", "/")
    parts = tuple(part for part in written.split("/") if part not in ("", "."))
    if not parts:
        raise _BadRow("the path is empty")
    if written.startswith(("/", "~")) or parts[0][1:2] == ":":
        raise _BadRow(f"{shown} is an absolute path; give it from the folder of the photos on")
    if ".." in parts:
        raise _BadRow(f"{shown} leads out of the folder")
    for folder in folders:
        if found := known.get((*folder, *parts)) or known.get(_composed((*folder, *parts))):
            return found
    raise _BadRow(f"there is no photo {shown}")


def _composed(parts: Parts) -> Parts:
    """Path parts in Unicode's composed form: macOS writes names decomposed, spreadsheets don't."""
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def _label(row: _Row) -> str:
    if not row.label:
        raise _BadRow("the label is empty")
    try:
        return checked_name(row.label, "class")
    except BadName as error:
        raise _BadRow(f"{str(error).rstrip('.')}") from None


def _part(row: _Row) -> Part:
    if row.part.lower() in PART_NAMES:
        return PART_NAMES[row.part.lower()]
    shown = printable(row.part)[:30] or "empty"
    raise _BadRow(f"the part is {shown}, not train, validation or test")


def _with_parts(listed: list[Listed], table: Table) -> list[Listed]:
    """The list with parts where it is divided: by its own column, else by train and test folders in its paths."""
    if any(row.part for row in listed):
        parts = {str(row.part): row.part for row in listed}
        if not divided(parts, table.name):  # all rows name one part: that is no division
            return [row._replace(part=None) for row in listed]
        return listed
    depth = len(_shared_folder([row.file for row in listed]))
    if all(len(row.file) > depth + 1 for row in listed):
        folders = divided(dict.fromkeys(row.file[depth] for row in listed), table.name)
        if all(row.file[depth] in folders for row in listed):
            return [row._replace(part=folders[row.file[depth]]) for row in listed]
    return listed
