"""Which folders are the classes, seen from file names alone; the same for folders, zips and dropped files."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from core.datasets.decoding import SUFFIXES
from core.datasets.names import checked_name, printable, twin_key
from core.errors import BadName, CaseTwins, NoPhotos, NoTraining, OneClass, PartsWithoutClasses
from core.records import Part

PART_NAMES = {
    **dict.fromkeys(("train", "training"), Part.TRAIN),
    **dict.fromkeys(("valid", "val", "validation"), Part.VALIDATION),
    **dict.fromkeys(("test", "testing"), Part.TEST),
}
NO_CLASS = "it lies in no class folder"
NO_PART = "it lies outside the folders of the parts"


class Place(NamedTuple):
    """Where a photo belongs."""

    class_name: str
    path: str  # inside the dataset, class first
    part: Part | None = None  # where the photos came divided


@dataclass(frozen=True)
class Layout:
    depth: int  # how many folders wrap the class folders, or the folders of the parts
    classes: dict[str, str]  # class folder as it is called -> class name
    parts: dict[str, Part] = field(default_factory=dict)  # folder as it is called -> part; empty where undivided

    def place(self, parts: Sequence[str]) -> Place | str:
        """Where the file of these path parts belongs, or why it is left out."""
        inside = parts[self.depth :]
        if not self.parts:
            return self._place(inside, inside[1:], None)
        if len(inside) < 2 or inside[0] not in self.parts:
            return NO_PART
        # "test/Oak/1.jpg" becomes "Oak/test/1.jpg": the class comes first, and two parts may use one file name.
        return self._place(inside[1:], (inside[0], *inside[2:]), self.parts[inside[0]])

    def _place(self, inside: Sequence[str], behind: Sequence[str], part: Part | None) -> Place | str:
        name = self.classes.get(inside[0]) if len(inside) > 1 else None
        return NO_CLASS if name is None else Place(name, printable("/".join((name, *behind))), part)


def is_photo_name(name: str) -> bool:
    """Whether a file is called as photos are; what it holds is seen when it is read."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def find_layout(files: Iterable[Sequence[str]], source: str, known: Collection[str] = ()) -> Layout:
    """The level at which class folders are, or train, validation and test folders with class folders inside.

    One folder wrapped around them, or several, is fine. files: path parts of every file, hidden ones left out. known:
    classes of the dataset that the photos are added to; a single class is then enough. `source` is how messages call
    what was given. Raises NoPhotos, OneClass, NoTraining, PartsWithoutClasses, CaseTwins, BadName.
    """
    files = list(files)
    photos = [parts for parts in files if is_photo_name(parts[-1])] or files
    depth = 0
    while True:
        folders = dict.fromkeys(parts[depth] for parts in photos if len(parts) > depth + 1)
        loose = any(len(parts) == depth + 1 for parts in photos)
        deeper = any(len(parts) > depth + 2 for parts in photos)
        if len(folders) != 1 or loose or not deeper or _is_class(next(iter(folders)), known):
            break
        depth += 1
    if not folders:
        raise NoPhotos(source=source)
    parts = divided(folders, source)
    if parts:
        inside = [path[depth + 1] for path in photos if path[depth] in parts and len(path) > depth + 2]
        folders = dict.fromkeys(inside)
        if not folders:
            raise PartsWithoutClasses(source=source, parts=" and ".join(sorted(map(printable, parts))))
    classes = {folder: checked_name(folder, "class") for folder in folders}
    refuse_twins([*known, *(name for name in classes.values() if name not in known)], source)
    if len(classes) == 1 and not known:
        raise OneClass(name=next(iter(classes.values())), source=source)
    return Layout(depth, classes, parts)


def divided(folders: Iterable[str], source: str) -> dict[str, Part]:
    """Those of the folders that are parts of a split, with their part; empty where the photos are not divided.

    They are, where there is a training part and another one beside it. Raises NoTraining where all folders are parts
    and none is the training part.
    """
    folders = list(folders)
    parts = {folder: PART_NAMES[folder.lower()] for folder in folders if folder.lower() in PART_NAMES}
    if len(set(parts.values())) < 2:
        return {}
    if Part.TRAIN in parts.values():
        return parts
    if len(parts) == len(folders):
        raise NoTraining(source=source, parts=" and ".join(sorted(map(printable, parts))))
    return {}


def _is_class(folder: str, known: Collection[str]) -> bool:
    try:
        return bool(known) and checked_name(folder, "class") in known
    except BadName:
        return False


def refuse_twins(names: Iterable[str], source: str) -> None:
    """Raises CaseTwins where two class names, each given once, differ only in capitals or how Unicode writes them."""
    seen: dict[str, str] = {}
    for name in names:
        if (key := twin_key(name)) in seen:
            raise CaseTwins(first=seen[key], second=name, source=source)
        seen[key] = name
