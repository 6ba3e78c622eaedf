"""Photos in: from class folders, divided or not, photos with a list of labels, a zip of either, or dropped files.

All stream: a photo's bytes are in memory only while it is decoded, in a process of its own (decoding_process), and what
is kept of each is one row. What can't be read is listed, not fatal; an import that fails leaves nothing. With `parent`
the photos are added to those of a dataset, as its next version; runs on the parent keep theirs, and a photo that the
parent has under another class is left out under both.
"""

from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import BinaryIO

from core.datasets.archives import LIMITS, Limits, entry_parts, open_zip, read_entry
from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.folders import allowed_roots, read_photo, readable, walk
from core.datasets.gathering import Gathered, Incoming
from core.datasets.intake import Report, ingest
from core.datasets.layout import refuse_twins
from core.datasets.names import checked_name, is_hidden, printable
from core.datasets.plan import LeftOut, plan_import
from core.records import Dataset
from core.settings import Settings

Labels = tuple[str, bytes]  # name and content of a CSV of paths and labels that came beside the photos
Tree = list[tuple[tuple[str, ...], Callable[[], bytes]]]  # files: path parts, what reads it


def import_path(
    settings: Settings,
    path: Path,
    name: str,
    report: Report | None = None,
    visitor: bool = True,
    parent: Dataset | None = None,
    labels: Labels | None = None,
) -> Dataset:
    """A folder or a zip on this computer, as import_folder or import_zip."""
    if path.is_dir():
        return import_folder(settings, path, name, report, visitor, parent, labels)
    return import_zip(settings, path, name, report, parent=parent, labels=labels)


def import_folder(
    settings: Settings,
    path: Path,
    name: str,
    report: Report | None = None,
    visitor: bool = True,
    parent: Dataset | None = None,
    labels: Labels | None = None,
) -> Dataset:
    """A folder of photos as dataset `name`; photos in deeper folders belong to their class folder.

    It holds one folder a class; or train, validation and test folders with class folders inside, kept as a given split;
    or photos and a CSV of paths and labels (see labels_csv), in it or as `labels`. Links are followed inside the folder
    and into what a visitor may read; with visitor=False everywhere. `path` is taken as allowed (see allowed_path).
    Raises NoPhotos, OneClass, CaseTwins, BadName, NoTraining, PartsWithoutClasses, NothingToDraw, BadLabels.
    """
    checked_name(name)
    path = Path(path)
    files, left_out = [], []
    for parts, reason in walk(path, allowed_roots(settings) if visitor else None):
        if reason is None:
            files.append(parts)
        else:
            left_out.append(LeftOut(printable("/".join(parts)), reason))
    inside = readable(settings, path, visitor)
    tree = [(parts, lambda parts=parts: read_photo(path.joinpath(*parts), inside)) for parts in files]
    return _import_tree(settings, name, printable(str(path)), tree, left_out, report, parent, labels)


def import_zip(
    settings: Settings,
    path_or_file: Path | BinaryIO,
    name: str,
    report: Report | None = None,
    filename: str = "",
    limits: Limits = LIMITS,
    parent: Dataset | None = None,
    labels: Labels | None = None,
) -> Dataset:
    """A zip of what import_folder takes, as dataset `name`; nothing is unpacked under a name from the zip.

    Entries that are links, encrypted, damaged or lead out of the zip are left out and listed. `filename` is how
    messages call an uploaded file. Raises BadZip, ZipTooLarge and what import_folder raises.
    """
    checked_name(name)
    source = Path(path_or_file) if isinstance(path_or_file, str | Path) else path_or_file
    called = printable(filename or (source.name if isinstance(source, Path) else "") or "The zip")
    with open_zip(source, called, limits) as archive:
        entries, seen, left_out = [], set(), []
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
                left_out.append(LeftOut(printable("/".join(parts)), reason))
        tree = [(parts, lambda entry=entry: read_entry(archive, entry)) for parts, entry in entries]
        return _import_tree(settings, name, called, tree, left_out, report, parent, labels)


def import_dropped_folder(
    settings: Settings,
    files: Iterable[tuple[str, BinaryIO]],
    name: str,
    report: Report | None = None,
    parent: Dataset | None = None,
    labels: Labels | None = None,
) -> Dataset:
    """A folder dropped on a page, as dataset `name`: (path inside it with slashes, binary file) each.

    Raises what import_folder raises.
    """
    checked_name(name)
    tree = []
    for written, file in files:
        parts = _parts(written)
        if parts and not any(is_hidden(part) for part in parts):
            tree.append((parts, lambda file=file: _read_file(file)))
    return _import_tree(settings, name, "the dropped folder", tree, [], report, parent, labels)


def import_files(
    settings: Settings,
    files: Iterable[tuple[str, str, BinaryIO]],
    name: str,
    report: Report | None = None,
    parent: Dataset | None = None,
) -> Dataset:
    """Files dropped into classes: (class name, file name, binary file) each, as dataset `name`.

    Raises NoPhotos, OneClass, CaseTwins, BadName.
    """
    checked_name(name)
    gathered = Gathered.of(settings, parent, divided=False)
    free = _Paths(gathered)
    classes = dict.fromkeys(parent.classes if parent else ())

    def incoming() -> Iterator[Incoming]:
        for number, (class_name, filename, file) in enumerate(files):
            class_name = checked_name(class_name, "class")
            classes.setdefault(class_name)
            refuse_twins(classes, "the dropped files")
            inside = _parts(filename)
            if inside and not is_hidden(inside[-1]):
                path = free.take(printable(f"{class_name}/{inside[-1]}"), number)
                yield Incoming(class_name, path, lambda file=file: _read_file(file))

    total = len(files) if isinstance(files, Sized) else None
    return ingest(settings, name, "the dropped files", incoming(), total, gathered, report, parent)


def _parts(written: str) -> tuple[str, ...]:
    """A browser's file name as path parts that lead nowhere else."""
    return tuple(part for part in written.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _import_tree(
    settings: Settings,
    name: str,
    source: str,
    tree: Tree,
    left_out: list[LeftOut],
    report: Report | None,
    parent: Dataset | None,
    labels: Labels | None,
) -> Dataset:
    """Files in folders, once it is known which of them show which class."""
    # In the order of names, so that which of two exact copies is kept depends on no zip and no browser.
    files = dict(sorted(tree, key=lambda file: file[0]))
    plan = plan_import(files, source, parent.classes if parent else (), labels)
    gathered = Gathered.of(settings, parent, plan.divided)
    for path, reason, kind in (*left_out, *plan.left_out):
        gathered.leave_out(path, reason, kind)
    free = _Paths(gathered)
    incoming = (
        Incoming(photo.class_name, free.take(photo.path, photo.file), files[photo.file], str(photo.part or ""))
        for photo in plan.photos
    )
    return ingest(settings, name, source, incoming, len(plan.photos), gathered, report, parent)


class _Paths:
    """Paths inside a dataset, each given to one file: phones number their photos anew, and folders do too."""

    def __init__(self, gathered: Gathered):
        self._owners: dict[str, object] = {row.path: None for row in gathered.rows.values()}

    def take(self, path: str, owner: object) -> str:
        """`path`, or with a number where another file has it."""
        stem, dot, suffix = path.rpartition(".")
        free, number = path, 2
        while self._owners.setdefault(free, owner) != owner:
            free, number = (f"{stem} ({number}).{suffix}" if dot else f"{path} ({number})"), number + 1
        return free


def _read_file(file: BinaryIO) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadablePhoto(f"it is larger than {MOST_BYTES // 2**20} MB")
    return content
