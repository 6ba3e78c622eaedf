"""Near copies: photos that show nearly the same picture. A burst, a resized, brightened, mirrored or turned copy.

Two photos are near copies when their 256-bit hashes differ in few bits. All pairs are never compared: the bits are
dealt to 12 bands of 21, photos are sorted by each band, and only those that agree in a band, up to two bits, are
looked at (pigeonhole: a pair that differs in at most 35 bits agrees so in some band, so none of them is missed; of
pairs at 46 bits 96 % are found, of pairs at 66 bits 55 %). Tried on 51 species photos: resized, brightened, mirrored,
turned by 90 degrees, turned by 2 degrees, cut by 3 %, saved at JPEG quality 20: all found; moved by 2 of 96 pixels:
80 %; cut by 8 %: 20 %; turned by 5 degrees: 6 %.
"""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.datasets.catalogue import photo_rows
from core.datasets.measures import BITS, Report, bound, kept_file, measures
from core.datasets.storage import write_text
from core.records import Dataset, content_hash
from core.settings import Settings

VERSION = 1  # of what counts as a near copy; a change raises it

# Looked at: of the species photos the only pairs below 82 bits are four real ones, at 4, 26, 46 (a burst over thin
# grass) and 66 (a burst, the light changed a little); from 82 on pairs show unrelated plants. All 26 repeated photos
# of Leaves lie at 10 to 42 bits, the next pair at 78. Unrelated photos lie at 127, give or take 8.
MOST_BITS = 72
# The look-alike drawings of Digits lie much closer, from 26 bits on (give or take 14). So a pair must also be closer
# than photos of different classes are: this many standard deviations below their mean. Species 67, Digits 24.
DEVIATIONS = 7.5
FEW_BITS = 60  # where there are too few pairs of different classes to learn that from
TURNED_BITS = 48  # for a photo that is the other one mirrored or turned; such copies are made by programs
FLAT = 4.0  # standard deviation of the grey below which a photo shows nothing that a hash could tell
LARGE = 50  # photos; a larger group must hold together at half the distance, or it is a chain of look-alikes

_BANDS, _WIDTH, _FLIPS = 12, 21, 2
_CROWD = 64  # different hashes that share a whole band: they share an empty background, not a picture
_NEIGHBOURS = 8  # of a crowd that each of it is compared to
_AT_ONCE = 30_000  # keys looked up in one go
_SAMPLE = 100_000  # pairs that the distance of unrelated photos is learned from


def near_copy_groups(settings: Settings, dataset: Dataset, report: Report | None = None) -> dict[str, int]:
    """Photo id -> number of its group, for every photo with a near copy; groups decided "nothing" are left out.

    Groups are numbered from 0 in the order of their smallest photo id. `report(done, total)` counts photos measured.
    """
    kept = [
        ids
        for ids in all_groups(settings, dataset, report)
        if dataset.decisions.get(finding_id("near_copies", ids)) != "nothing"
    ]
    return {photo_id: number for number, ids in enumerate(kept) for photo_id in ids}


def all_groups(settings: Settings, dataset: Dataset, report: Report | None = None) -> list[tuple[str, ...]]:
    """The groups of near copies whatever was decided: sorted photo ids each, sorted. Kept, once they are known."""
    file = _file(settings, dataset)
    try:
        return [tuple(ids) for ids in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        frame = measures(settings, dataset, report).set_index("id")
    frame["label"] = photo_rows(settings, dataset.id).set_index("id")["label"]
    found = _groups_of(frame[frame["contrast"] >= FLAT].sort_index())  # so the order photos come in plays no part
    if frame["hash"].notna().all():
        write_text(file, json.dumps(found))
        bound(file.parent)
    return found


def groups_known(settings: Settings, dataset: Dataset) -> bool:
    """Whether the groups were found before, so that all_groups is quick."""
    return _file(settings, dataset).exists()


def _file(settings: Settings, dataset: Dataset) -> Path:
    return kept_file(settings, dataset.id, f".groups-{VERSION}.json")


def _groups_of(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """The groups of a frame of hashes and labels by photo id."""
    if len(frame) < 2:
        return []
    hashes = np.frombuffer(b"".join(frame["hash"]), dtype=np.uint8).reshape(-1, BITS // 8)
    numbers = group(hashes, frame["label"].to_numpy())
    members: dict[int, list[str]] = {}
    for at in np.flatnonzero(numbers >= 0):
        members.setdefault(int(numbers[at]), []).append(str(frame.index[at]))
    return sorted(map(tuple, members.values()))


def finding_id(kind: str, ids: tuple[str, ...]) -> str:
    """What decisions are recorded under: the same photos are the same finding in every version."""
    return content_hash([kind, sorted(ids)])


def group(hashes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """ndarray of shape (n_photos,), int: the number of each photo's group of near copies, -1 for none.

    hashes: (n_photos, 32) uint8. labels: (n_photos,) int, the classes.
    """
    distinct, where = np.unique(hashes, axis=0, return_inverse=True)
    where = where.reshape(-1)
    most = reach(hashes, labels)
    first, second, bits = near_pairs(distinct, most)
    found = _components(len(distinct), first, second)
    large = np.bincount(found)[found] > LARGE
    if large.any():
        close = (bits <= most // 2) | ~large[first]
        found = _components(len(distinct), first[close], second[close])
    found = found[where]
    return np.where(np.bincount(found)[found] > 1, found, -1)


def reach(hashes: np.ndarray, labels: np.ndarray) -> int:
    """How many bits near copies may differ in, in this dataset: less where photos of all classes look alike."""
    n = len(hashes)
    distances = []
    for step in range(1, min(n, _SAMPLE // n + 2)):
        other = np.arange(step, n)
        other = other[labels[other] != labels[other - step]]
        distances.append(_differing(hashes[other], hashes[other - step]))
    apart = np.concatenate(distances) if distances else np.zeros(0)
    apart = apart[apart > BITS // 8]  # the same picture under two labels says nothing about unrelated ones
    if len(apart) < 1000:
        return FEW_BITS
    return int(np.clip(apart.mean() - DEVIATIONS * apart.std(), 0, MOST_BITS))


def near_pairs(hashes: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of different hashes that differ in at most `most` bits, one of them perhaps mirrored or turned.

    hashes: (n, 32) uint8, all different. Returns (first, second, bits), each of shape (n_pairs,).
    """
    pairs = [np.zeros((3, 0), np.int64)]
    bands = _bands(hashes)
    for swapped, turned in enumerate((hashes, _transposed(hashes))):
        turned_bands = _bands(turned)
        for mirrored, signs in enumerate(_MIRRORED):
            limit, flips = (min(most, TURNED_BITS), 1) if swapped or mirrored else (most, _FLIPS)
            for first, second in _candidates(bands, turned_bands ^ _bands(signs), flips):
                bits = _differing(turned[first] ^ signs, hashes[second])
                near = bits <= limit
                pairs.append(np.stack([first[near], second[near], bits[near]]))
    first, second, bits = np.concatenate(pairs, axis=1)
    order = np.lexsort((bits, second, first))  # a pair is found in several bands; as it is, and perhaps turned
    first, second, bits = first[order], second[order], bits[order]
    new = np.ones(len(first), dtype=bool)
    new[1:] = (np.diff(first) != 0) | (np.diff(second) != 0)
    return first[new], second[new], bits[new]


def _components(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """ndarray of shape (count,): the connected component of each, numbered in the order of its first member."""
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    return connected_components(links, directed=False)[1]


def _differing(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Number of differing bits of hashes (n, 32) uint8, pair by pair: (n,) int."""
    words = np.ascontiguousarray(some).view(np.uint64) ^ np.ascontiguousarray(others).view(np.uint64)
    return np.bitwise_count(words).sum(axis=1, dtype=np.int64)


def _mirrorings() -> list[np.ndarray]:
    """What to XOR a hash with to mirror its picture: not at all, down, across, both. (1, 32) uint8 each.

    Mirroring changes the sign of the odd frequencies, so the hash of a mirrored picture is known without the picture,
    but for the few bits that were hardly above the median.
    """
    odd = np.arange(16, dtype=np.uint8) % 2
    none = np.zeros_like(odd)
    signs = [down[:, None] ^ across for across in (none, odd) for down in (none, odd)]
    return [np.packbits(sign.reshape(1, BITS), axis=1) for sign in signs]


_MIRRORED = _mirrorings()


def _transposed(hashes: np.ndarray) -> np.ndarray:
    """The hashes of the pictures with rows and columns swapped; mirrored as well, they are turned by 90 degrees."""
    bits = np.unpackbits(hashes, axis=1).reshape(-1, 16, 16).transpose(0, 2, 1)
    return np.packbits(bits.reshape(-1, BITS), axis=1)


def _bands(hashes: np.ndarray) -> np.ndarray:
    """ndarray of shape (12, n), int64 below 2 ** 21: the bits dealt to 12 bands, each with some of all frequencies."""
    bits = np.unpackbits(hashes, axis=1)[:, : _BANDS * _WIDTH].reshape(-1, _WIDTH, _BANDS).transpose(2, 0, 1)
    low, middle, high = np.moveaxis(np.packbits(bits, axis=2, bitorder="little").astype(np.int64), 2, 0)
    return low | middle << 8 | high << 16


def _candidates(bands: np.ndarray, turned: np.ndarray, flips: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(places in `turned`, places in `bands`) of those that agree in a band up to `flips` bits."""
    masks = np.array(
        [sum(1 << bit for bit in bits) for count in range(flips + 1) for bits in combinations(range(_WIDTH), count)]
    )
    at_once = max(1, _AT_ONCE // max(turned.shape[1], 1))
    there = np.zeros(1 << _WIDTH, dtype=bool)  # small enough for a processor's cache, which `place` is not
    place = np.zeros(1 << _WIDTH, dtype=np.int32)  # of each key among the keys there are
    for keys, sought in zip(bands, turned, strict=True):
        order = np.argsort(keys, kind="stable")
        present, start, count = np.unique(keys[order], return_index=True, return_counts=True)
        # A crowd is not paired, only linked along the order of the whole hashes, in which the nearest are neighbours.
        for step in range(1, _NEIGHBOURS + 1):
            beside = np.flatnonzero(keys[order[:-step]] == keys[order[step:]])
            yield order[beside], order[beside + step]
        there[present] = count <= _CROWD
        place[present] = np.arange(len(present))
        asker = np.argsort(sought)  # in this order the look-ups are near one another, which is several times quicker
        sought = sought[asker]
        for some in np.split(masks, range(at_once, len(masks), at_once)):
            asked = sought ^ some[:, None]  # (n_masks, n)
            found = np.flatnonzero(there.take(asked))
            hit, asking = place[asked.ravel()[found]], asker[found % len(asker)]
            many = count[hit]
            within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
            first, second = np.repeat(asking, many), order[np.repeat(start[hit], many) + within]
            once = first < second  # the other way round it is found as well, of a turned picture by the turn back
            yield first[once], second[once]
        there[present] = False
