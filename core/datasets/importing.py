"""Photos in: from class folders, a zip of them, or files dropped into classes.

All three stream: a photo's bytes are in memory only while it is decoded, by a few threads (Pillow lets go of Python's
lock while it unpacks), and what is kept of each is one row. What can't be read is listed, not fatal; an import that
fails leaves nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from core.datasets.archives import LIMITS, Limits, entry_parts, open_zip, read_entry
from core.datasets.catalogue import left_out, photo_rows
from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.folders import allowed_roots, read_photo, walk
from core.datasets.intake import Gathered, Incoming, Report, ingest
from core.datasets.layout import find_layout, is_photo_name, refuse_twins
from core.datasets.names import checked_name, is_hidden, printable
from core.records import Dataset
from core.settings import Settings

NO_CLASS = "it lies in no class folder"


def import_path(
    settings: Settings, path: Path, name: str, report: Report | None = None, visitor: bool = True
) -> Dataset:
    """A folder or a zip on this computer, as import_folder or import_zip."""
    if path.is_dir():
        return import_folder(settings, path, name, report, visitor=visitor)
    return import_zip(settings, path, name, report)


def import_folder(
    settings: Settings, path: Path, name: str, report: Report | None = None, visitor: bool = True
) -> Dataset:
    """A folder with one folder a class, as dataset `name`; photos in deeper folders belong to their class folder.

    Links are followed inside the folder and into what a visitor may read; with visitor=False everywhere.
    Raises NoPhotos, OneClass, CaseTwins, AlreadyDivided, BadName. `path` is taken as allowed (see allowed_path).
    """
    checked_name(name)
    path = Path(path)
    gathered = Gathered()
    files = []
    for parts, reason in walk(path, allowed_roots(settings) if visitor else None):
        if reason is None:
            files.append(parts)
        else:
            gathered.unreadable(printable("/".join(parts)), reason)
    tree = [(parts, lambda parts=parts: read_photo(path.joinpath(*parts))) for parts in files]
    return _import_tree(settings, name, printable(str(path)), tree, gathered, report)


def import_zip(
    settings: Settings,
    path_or_file: Path | BinaryIO,
    name: str,
    report: Report | None = None,
    filename: str = "",
    limits: Limits = LIMITS,
) -> Dataset:
    """A zip of class folders, as dataset `name`; nothing is unpacked under a name from the zip.

    Entries that are links, encrypted, damaged or lead out of the zip are left out and listed. `filename` is how
    messages call an uploaded file. Raises BadZip, ZipTooLarge and what import_folder raises.
    """
    checked_name(name)
    source = Path(path_or_file) if isinstance(path_or_file, str | Path) else path_or_file
    called = printable(filename or (source.name if isinstance(source, Path) else "") or "The zip")
    with open_zip(source, called, limits) as archive:
        gathered = Gathered()
        entries, seen = [], set()
        for entry in archive.infolist():
            found = entry_parts(entry)
            if found is None:
                continue
            parts, reason = found
            if reason is None and parts in seen:
                reason = "its name is in the zip twice"
            if reason is None:
                seen.add(parts)
                entries.append((parts, entry))
            else:
                gathered.unreadable(printable("/".join(parts)), reason)
        tree = [(parts, lambda entry=entry: read_entry(archive, entry)) for parts, entry in entries]
        return _import_tree(settings, name, called, tree, gathered, report)


def import_dropped_folder(
    settings: Settings, files: Iterable[tuple[str, BinaryIO]], name: str, report: Report | None = None
) -> Dataset:
    """A folder dropped on a page, as dataset `name`: (path inside it with slashes, binary file) each.

    Raises what import_folder raises.
    """
    checked_name(name)
    gathered = Gathered()
    tree = []
    for written, file in files:
        parts = _parts(written)
        if parts and not any(is_hidden(part) for part in parts):
            tree.append((parts, lambda file=file: _read_file(file)))
    return _import_tree(settings, name, "the dropped folder", tree, gathered, report)


def import_files(
    settings: Settings,
    files: Iterable[tuple[str, str, BinaryIO]],
    name: str,
    report: Report | None = None,
    parent: Dataset | None = None,
) -> Dataset:
    """Files dropped into classes: (class name, file name, binary file) each, as dataset `name`.

    With `parent` they are added to its photos as the next version; runs on the parent keep theirs. A photo that the
    parent has under another class is left out under both. Raises NoPhotos, OneClass, CaseTwins, BadName.
    """
    checked_name(name)
    gathered = Gathered()
    if parent is not None:
        for row in photo_rows(settings, parent.id).itertuples():
            gathered.rows[row.id] = (parent.classes[row.label], row.path, row.width, row.height)
        before = left_out(settings, parent.id)
        for row in before[before["kind"] == "two_labels"].itertuples():
            gathered.torn.setdefault(row.id, []).append(row.path)
        gathered.findings.extend(before[before["kind"] != "two_labels"].itertuples(index=False, name=None))
    taken = {path for _, path, _, _ in gathered.rows.values()}
    added: dict[str, int] = {}

    def incoming() -> Iterator[Incoming]:
        for class_name, filename, file in files:
            class_name = checked_name(class_name, "class")
            refuse_twins({*(parent.classes if parent else ()), *added, class_name}, "the dropped files")
            added[class_name] = added.get(class_name, 0) + 1
            inside = _parts(filename)
            if not inside or is_hidden(inside[-1]):
                continue
            path = _free(printable(f"{class_name}/{inside[-1]}"), taken)
            yield Incoming(class_name, path, lambda file=file: _read_file(file))

    def edits() -> list[str]:
        came = [f"{count} file{'s'[: count != 1]} added to {class_name}" for class_name, count in added.items()]
        return [*parent.edits, *came]

    return ingest(
        settings,
        name,
        "the dropped files",
        incoming(),
        None,
        gathered,
        report,
        parent=parent,
        edits=edits if parent is not None else list,
    )


def _parts(written: str) -> tuple[str, ...]:
    """A browser's file name as path parts that lead nowhere else."""
    return tuple(part for part in written.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _import_tree(
    settings: Settings,
    name: str,
    source: str,
    tree: list[tuple[tuple[str, ...], Callable[[], bytes]]],
    gathered: Gathered,
    report: Report | None,
) -> Dataset:
    """Files in folders, (path parts, how to read it) each, once it is known which folders are the classes."""
    # In the order of names, so that which of two exact copies is kept depends on no zip and no browser.
    tree.sort(key=lambda file: file[0])
    layout = find_layout([parts for parts, _ in tree], source)

    def incoming() -> Iterator[Incoming]:
        for parts, read in tree:
            if place := layout.place(parts):
                yield Incoming(*place, read)
            elif is_photo_name(parts[-1]):  # a photo outside the class folders is listed, a README is not
                gathered.unreadable(printable("/".join(parts)), NO_CLASS)

    return ingest(settings, name, source, incoming(), len(tree), gathered, report)


def _free(path: str, taken: set[str]) -> str:
    """`path`, or with a number where another dropped file has that name: phones number their photos anew."""
    stem, dot, suffix = path.rpartition(".")
    free, number = path, 2
    while free in taken:
        free, number = (f"{stem} ({number}).{suffix}" if dot else f"{path} ({number})"), number + 1
    taken.add(free)
    return free


def _read_file(file: BinaryIO) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadablePhoto(f"it is larger than {MOST_BYTES // 2**20} MB")
    return content
