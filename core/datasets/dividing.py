"""How many photos each part gets and which: a function of photo ids, classes, groups and the seed alone."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import BadFractions, ClassTooSmall, EmptyPart, NearCopiesStuck
from core.records import Part

PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)
FRACTIONS = (0.7, 0.15, 0.15)


def part_counts(count: int, fractions: Sequence[float]) -> tuple[int, int, int]:
    """How many of a class's `count` photos each part gets: within one photo of the fractions, none left over.

    The largest remainders are rounded up (Hamilton's method), empty parts first; a part whose share is below half a
    photo gets none.
    """
    shares = [count * fraction for fraction in fractions]
    counts = [math.floor(share + 1e-9) for share in shares]
    waiting = sorted(
        range(3), key=lambda part: (counts[part] == 0 and shares[part] >= 0.5, shares[part] - counts[part], -part)
    )
    for _ in range(count - sum(counts)):
        counts[waiting.pop()] += 1
    for part in (1, 2):
        if counts[part] == 0 and shares[part] >= 0.5 and max(counts) > 1:
            counts[counts.index(max(counts))] -= 1
            counts[part] = 1
    return tuple(counts)


def planned_counts(classes: Sequence[str], counts: Sequence[int], fractions: Sequence[float]) -> pd.DataFrame:
    """Photos a class and part as a split would have them: a row a class, columns train, validation, test (int).

    Near copies that stay together move them by at most the size of a group. counts: photos a class. Raises
    BadFractions, ClassTooSmall, EmptyPart.
    """
    fractions = checked_fractions(fractions)
    table = []
    for name, count in zip(classes, map(int, counts), strict=True):
        if count < len(PARTS):
            raise ClassTooSmall(name=name, count=count, needed=len(PARTS))
        table.append(part_counts(count, fractions))
        for part, size in zip(PARTS, table[-1], strict=True):
            if size == 0:
                raise EmptyPart(part=part.value, name=name, count=count)
    return pd.DataFrame(table, index=pd.Index(classes, name="class"), columns=[part.value for part in PARTS])


def checked_fractions(fractions: Sequence[float]) -> tuple[float, float, float]:
    """Three fractions above 0 that add up to 1 (within 1e-6). Raises BadFractions."""
    shown = ", ".join(f"{fraction:g}" for fraction in fractions)
    if len(fractions) != 3 or not all(math.isfinite(fraction) and 0 < fraction < 1 for fraction in fractions):
        raise BadFractions(fractions=shown)
    if abs(sum(fractions) - 1) > 1e-6:
        raise BadFractions(fractions=shown)
    return tuple(float(fraction) for fraction in fractions)


def divide(
    ids: Sequence[str],
    labels: Sequence[int],
    classes: Sequence[str],
    fractions: Sequence[float],
    seed: int,
    groups: Mapping[str, int] | None = None,
) -> np.ndarray:
    """ndarray of shape (n_photos,) of Part names, in the order of `ids`.

    groups: photo id -> group number, for the photos that must lie on one side. Without groups each class is within one
    photo of the fractions, with groups of one class within the largest group. Raises BadFractions, ClassTooSmall,
    EmptyPart, NearCopiesStuck.
    """
    labels = np.asarray(labels)
    planned = planned_counts(classes, np.bincount(labels, minlength=len(classes)), fractions)
    parts = place(ids, labels, classes, planned, seed, groups)
    return np.array([part.value for part in PARTS], dtype=object)[parts]


def group_sizes(ids: Sequence[str], groups: Mapping[str, int]) -> Counter:
    """Group number -> how many of `ids` it holds, for groups that hold two or more."""
    sizes = Counter(groups[photo] for photo in ids if photo in groups)
    return Counter({number: size for number, size in sizes.items() if size > 1})


@dataclass
class _Unit:
    """Photos that lie on one side: a group, or a single photo."""

    digest: bytes  # hash of the seed and the smallest photo id: the order in which units are placed
    members: list[int]  # positions in `ids`
    counts: list[tuple[int, int]]  # (label, photos), the most frequent label first
    part: int = -1


def place(
    ids: Sequence[str],
    labels: np.ndarray,
    classes: Sequence[str],
    planned: pd.DataFrame,
    seed: int,
    groups: Mapping[str, int] | None = None,
    strict: bool = True,
) -> np.ndarray:
    """ndarray of shape (n_photos,), int: the column of `planned` (photos a class and part) that each photo goes to.

    Units in the order of a hash of seed and smallest id, so the answer knows neither the order photos come in nor a
    random generator's version, and a photo more moves few others. Each goes into the first part that has room for it;
    where none has, into the one with the most room. Where a part that should have photos of a class can't get one,
    raises NearCopiesStuck if `strict`.
    """
    room = planned.to_numpy().tolist()
    every = range(planned.shape[1])
    units = _units(ids, labels, seed, groups or {})
    for unit in units:
        (main, size), *_ = unit.counts
        unit.part = next(
            (part for part in every if all(room[label][part] >= count for label, count in unit.counts)),
            next(
                (part for part in every if room[main][part] >= size),
                max(every, key=lambda part, main=main: room[main][part]),
            ),
        )
        for label, count in unit.counts:
            room[label][unit.part] -= count
    if groups:
        _fill(units, planned, classes, strict)
    parts = np.empty(len(ids), dtype=np.int64)
    for unit in units:
        parts[unit.members] = unit.part
    return parts


def _units(ids: Sequence[str], labels: np.ndarray, seed: int, groups: Mapping[str, int]) -> list[_Unit]:
    together: dict[object, list[int]] = {}
    for at, photo in enumerate(ids):
        together.setdefault(groups.get(photo, photo), []).append(at)
    units = []
    for members in together.values():
        smallest = min(ids[at] for at in members)
        counts = Counter(int(labels[at]) for at in members)
        by_frequency = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        units.append(_Unit(hashlib.sha256(f"{seed}:{smallest}".encode()).digest(), members, by_frequency))
    return sorted(units, key=lambda unit: unit.digest)


def _fill(units: list[_Unit], planned: pd.DataFrame, classes: Sequence[str], strict: bool) -> None:
    """Give every part that should have photos of a class at least one: the smallest unit that is not missed elsewhere.

    Groups that found no room lie where other photos should have gone, which may leave a small part empty.
    """
    wanted = planned.to_numpy()
    have = np.zeros_like(wanted)
    for unit in units:
        for label, count in unit.counts:
            have[label, unit.part] += count
    for label, part in np.argwhere((wanted > 0) & (have == 0)):
        free = [
            unit
            for unit in units
            if any(one == label for one, _ in unit.counts)
            and all(have[one, unit.part] > count or wanted[one, unit.part] == 0 for one, count in unit.counts)
        ]
        if not free and not strict:
            continue
        if not free:
            of_class = [unit for unit in units if any(one == label for one, _ in unit.counts)]
            raise NearCopiesStuck(
                name=classes[label], count=int(have[label].sum()), units=len(of_class), part=planned.columns[part]
            )
        moved = min(
            free,
            key=lambda unit: (len(unit.members), wanted[label, unit.part] - have[label, unit.part], unit.digest),
        )
        for one, count in moved.counts:
            have[one, moved.part] -= count
            have[one, part] += count
        moved.part = int(part)
