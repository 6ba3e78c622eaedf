"""Which folders are the classes, seen from file names alone; the same for folders, zips and dropped files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.datasets.decoding import SUFFIXES
from core.datasets.names import checked_name, printable, twin_key
from core.errors import AlreadyDivided, CaseTwins, NoPhotos, OneClass

_PARTS = frozenset({"train", "training", "valid", "val", "validation", "test", "testing"})


@dataclass(frozen=True)
class Layout:
    depth: int  # how many folders wrap the class folders
    classes: dict[str, str]  # class folder as it is called -> class name

    def place(self, parts: Sequence[str]) -> tuple[str, str] | None:
        """(class name, path inside the dataset with the class first), or None for a file in no class folder."""
        inside = parts[self.depth :]
        name = self.classes.get(inside[0]) if len(inside) > 1 else None
        return (name, printable("/".join((name, *inside[1:])))) if name is not None else None


def is_photo_name(name: str) -> bool:
    """Whether a file is called as photos are; what it holds is seen when it is read."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def find_layout(files: Iterable[Sequence[str]], source: str) -> Layout:
    """The level at which class folders are; one folder wrapped around them, or several, is fine.

    files: path parts of every file, hidden ones left out. Raises NoPhotos, OneClass, AlreadyDivided (train and test
    folders), CaseTwins, BadName; `source` is how the messages call what was given.
    """
    files = list(files)
    photos = [parts for parts in files if is_photo_name(parts[-1])] or files
    depth = 0
    while True:
        folders = dict.fromkeys(parts[depth] for parts in photos if len(parts) > depth + 1)
        loose = any(len(parts) == depth + 1 for parts in photos)
        deeper = any(len(parts) > depth + 2 for parts in photos)
        if len(folders) != 1 or loose or not deeper:
            break
        depth += 1
    if not folders:
        raise NoPhotos(source=source)
    lowered = {folder.lower() for folder in folders}
    if len(folders) > 1 and lowered <= _PARTS:
        raise AlreadyDivided(source=source, parts=" and ".join(sorted(map(printable, folders))))
    classes = {folder: checked_name(folder, "class") for folder in folders}
    refuse_twins(classes.values(), source)
    if len(classes) == 1:
        raise OneClass(name=next(iter(classes.values())), source=source)
    return Layout(depth, classes)


def refuse_twins(names: Iterable[str], source: str) -> None:
    """Raises CaseTwins where two class names, each given once, differ only in capitals or how Unicode writes them."""
    seen: dict[str, str] = {}
    for name in names:
        if (key := twin_key(name)) in seen:
            raise CaseTwins(first=seen[key], second=name, source=source)
        seen[key] = name
