"""Which file of a folder, a zip or a dropped folder shows which class, before any photo is read."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.datasets.labels_csv import Parts, Table, find_table, match, read_table
from core.datasets.layout import find_layout, is_photo_name, refuse_twins
from core.datasets.names import printable
from core.errors import NoPhotos, OneClass
from core.records import Part

UNLISTED = "unlisted"  # kind of what a list of labels does not name


class PlannedPhoto(NamedTuple):
    file: Parts
    class_name: str
    path: str  # inside the dataset, class first
    part: Part | None


class LeftOut(NamedTuple):
    path: str
    reason: str
    kind: str = "unreadable"


@dataclass(frozen=True)
class Plan:
    photos: list[PlannedPhoto]
    left_out: list[LeftOut]
    divided: bool  # the photos come in train, validation and test parts


def plan_import(
    files: Mapping[Parts, Callable[[], bytes]],
    source: str,
    known: Collection[str] = (),
    labels: tuple[str, bytes] | None = None,
) -> Plan:
    """By the list of labels that is given or lies at the top, else by class folders, divided into parts or not.

    files: path parts of every file, hidden ones left out, sorted -> what reads it. known: classes of the dataset that
    the photos are added to. labels: name and bytes of a CSV. Raises what find_layout raises, and BadLabels.
    """
    table, problem = (read_table(labels[1], labels[0]), None) if labels else find_table(files)
    if table is not None:
        return _by_table(table, list(files), source, known)
    try:
        layout = find_layout(files, source, known)
    except (NoPhotos, OneClass):
        if problem is not None:  # no class folders, and a CSV that lacks something: that is what is to be mended
            raise problem from None
        raise
    photos, left_out = [], []
    for file in files:
        place = layout.place(file)
        if not isinstance(place, str):
            photos.append(PlannedPhoto(file, *place))
        elif is_photo_name(file[-1]):  # a photo outside the class folders is listed, a README is not
            left_out.append(LeftOut(printable("/".join(file)), place))
    return Plan(photos, left_out, bool(layout.parts))


def _by_table(table: Table, files: list[Parts], source: str, known: Collection[str]) -> Plan:
    named = [file for file in files if is_photo_name(file[-1])]
    listed = match(table, named)
    classes = dict.fromkeys(row.label for row in listed)
    refuse_twins([*known, *(name for name in classes if name not in known)], source)
    if len(classes) == 1 and not known:
        raise OneClass(name=next(iter(classes)), source=source)
    depth = len(table.folder)
    photos = [PlannedPhoto(row.file, row.label, _inside(row.file[depth:], row.label), row.part) for row in listed]
    missing = sorted(set(named) - {photo.file for photo in photos})
    reason = f"no row of {table.name} names it"
    left_out = [LeftOut(printable("/".join(file)), reason, UNLISTED) for file in missing]
    return Plan(photos, left_out, any(row.part for row in listed))


def _inside(file: Parts, label: str) -> str:
    """A photo's path inside the dataset: the class first, once, then the path that the file has."""
    behind = file[1:] if len(file) > 1 and file[0] == label else file
    return printable("/".join((label, *behind)))
