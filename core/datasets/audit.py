"""The audit: what is wrong with a dataset, or might be, worst first, each with its photos and what can be done."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.datasets.catalogue import left_out, photo_rows
from core.datasets.measures import Report, measures
from core.datasets.near_copies import all_groups, finding_id
from core.datasets.odd_photos import odd_photos
from core.datasets.splitting import split_rows
from core.records import Dataset, Part, Split
from core.settings import Settings

UNEVEN = 2.0  # times the photos of the smallest class, from which classes are called uneven
_PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)
_TOLD = 3  # paths or classes in a sentence
# Worst first: what makes figures look better than they are, then what teaches wrong labels, then what may be harmless.
_ORDER = (
    "near_copies across",  # labels, or parts of the split
    "two_labels",
    "unreadable",
    "near_copies",
    "odd_colour",
    "odd_light",
    "odd_size",
    "imbalance",
    "exact_copies",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    id: str  # stands for its kind and photos; decisions are recorded under it
    kind: str  # near_copies, two_labels, unreadable, odd_colour, odd_light, odd_size, imbalance, exact_copies
    photos: tuple[str, ...]  # paths inside the dataset, class folder first; those that the dataset has come first
    ids: tuple[str, ...]  # ids of those that the dataset has, in the order of `photos`
    sentence: str  # plain text with figures
    action: str = "nothing"  # what happens where nothing is decided: "together" for near copies
    decision: str | None = None  # what a person decided: "leave_out", "together", "nothing"
    across_labels: bool = False  # the same picture under several labels
    across_parts: bool = False  # near copies in several parts of the split
    suggested: tuple[str, ...] = ()  # ids that are best left out, if any are


def audit(
    settings: Settings, dataset: Dataset, split: Split | None = None, report: Report | None = None
) -> list[Finding]:
    """What was found in the dataset, worst first; what a person has decided on comes last.

    With `split`, near copies in several parts of it come first of all. `report(done, total)` counts the photos that
    are measured, the first time. Raises UnknownDataset, UnknownSplit.
    """
    rows = photo_rows(settings, dataset.id)
    photos = rows.merge(measures(settings, dataset, report), on="id", how="left")
    parts = None if split is None else split_rows(settings, split.id, dataset.id).set_index("id")["part"]
    out = left_out(settings, dataset.id)
    found = [
        *_near_copies(photos, dataset, all_groups(settings, dataset), parts),
        *_two_labels(dataset, out),
        *_unreadable(photos, dataset, out),
        *_odd(photos, dataset),
        *_imbalance(dataset),
        *_exact_copies(rows, dataset, out),
    ]
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple:
    across = finding.across_parts + finding.across_labels
    place = _ORDER.index(f"{finding.kind} across" if across else finding.kind)
    return finding.decision is not None, place, -across, -finding.across_parts, -len(finding.photos), finding.photos


def _near_copies(
    photos: pd.DataFrame, dataset: Dataset, groups: list[tuple[str, ...]], parts: pd.Series | None
) -> Iterator[Finding]:
    # Plain dictionaries: thousands of groups are looked up one by one.
    known = dict(zip(photos["id"], photos[["path", "label", "width", "height"]].itertuples(index=False), strict=True))
    part_of = {} if parts is None else parts.to_dict()
    for ids in groups:
        ids = sorted(ids, key=lambda photo: known[photo].path)
        labels = [dataset.classes[label] for label in sorted({known[photo].label for photo in ids})]
        sides = [part for part in _PARTS if part in {part_of.get(photo) for photo in ids}]
        sentence = f"{len(ids)} photos show nearly the same picture"
        if len(labels) > 1:
            sentence += f", under {len(labels)} classes: {_listed(labels)}"
        if len(sides) > 1:
            sentence += f". The split has them in {' and '.join(sides)}"
            sentence += ", so the model is judged on what it was taught" if Part.TRAIN in sides else ""
        # The largest is the one to keep; under several labels nobody knows which is right, so none is.
        keep = max(ids, key=lambda photo: known[photo].width * known[photo].height)
        yield _finding(
            dataset,
            "near_copies",
            [known[photo].path for photo in ids],
            ids,
            sentence + ".",
            action="together",
            across_labels=len(labels) > 1,
            across_parts=len(sides) > 1,
            suggested=tuple(photo for photo in ids if len(labels) > 1 or photo != keep),
        )


def _two_labels(dataset: Dataset, out: pd.DataFrame) -> Iterator[Finding]:
    for photo_id, these in out[out["kind"] == "two_labels"].groupby("id", sort=False):
        paths = sorted(these["path"])
        classes = sorted({path.split("/")[0] for path in paths})
        sentence = f"The same file came under {len(classes)} classes: {_listed(classes)}. It was left out under each."
        yield _finding(dataset, "two_labels", paths, (), sentence, key=(str(photo_id),))


def _unreadable(photos: pd.DataFrame, dataset: Dataset, out: pd.DataFrame) -> Iterator[Finding]:
    broken = out[out["kind"] == "unreadable"]
    if len(broken):
        reasons = Counter(reason.split(" (")[0] for reason in broken["reason"]).most_common(_TOLD)
        told = ", ".join(f"{count} since {reason}" for reason, count in reasons)
        sentence = f"{_photos(len(broken), 'file')} could not be read and {_were(len(broken))} left out: {told}."
        paths = sorted(broken["path"])
        yield _finding(dataset, "unreadable", paths, (), sentence, key=tuple(paths))
    gone = photos[photos["hash"].isna()]
    if len(gone):
        sentence = (
            f"{_photos(len(gone))} can't be read any more: the file is missing or damaged. Import the photos again."
        )
        yield _finding(dataset, "unreadable", gone["path"], gone["id"], sentence, suggested=tuple(gone["id"]))


def _odd(photos: pd.DataFrame, dataset: Dataset) -> Iterator[Finding]:
    for way, places, why in odd_photos(photos):
        these = photos.iloc[places]
        share = f" ({100 * len(these) / len(photos):.1f} %)" if len(these) > 1 else ""
        sentence = f"{_photos(len(these))}{share} {_are(len(these))} {way.what}: {why}."
        label, most = Counter(these["label"]).most_common(1)[0]
        if len(these) >= 10 and most > 0.5 * len(these) and most > 2 * len(these) * dataset.counts[label] / len(photos):
            sentence += f" {most} of them are {dataset.classes[label]}, so it may be how that class looks."
        # Its id knows the way alone: which photos stand out moves a little with every photo that comes or goes.
        yield _finding(dataset, way.kind, these["path"], these["id"], sentence, key=(way.what,))


def _imbalance(dataset: Dataset) -> Iterator[Finding]:
    counts = np.asarray(dataset.counts)
    few, many = int(counts.argmin()), int(counts.argmax())
    if counts[many] >= UNEVEN * max(counts[few], 1):
        sentence = (
            f"{dataset.classes[many]} has {counts[many]:,} photos and {dataset.classes[few]} {counts[few]:,}: "
            f"{counts[many] / max(counts[few], 1):.1f} times as many. The model will favour the larger classes unless "
            "class weights or oversampling make up for it."
        )
        yield _finding(dataset, "imbalance", (), (), sentence)


def _exact_copies(rows: pd.DataFrame, dataset: Dataset, out: pd.DataFrame) -> Iterator[Finding]:
    place = rows.set_index("id")["path"]
    for photo_id, these in out[out["kind"] == "exact_copy"].groupby("id", sort=False):
        kept = [place[photo_id]] if photo_id in place.index else []
        copies = sorted(these["path"])
        sentence = f"{_photos(len(copies), 'exact copy', 'exact copies')} of one photo came; the photo was kept once."
        yield _finding(
            dataset, "exact_copies", [*kept, *copies], [photo_id] if kept else [], sentence, key=(str(photo_id),)
        )


def _finding(dataset: Dataset, kind: str, paths, ids, sentence: str, key: tuple[str, ...] = (), **more) -> Finding:
    """A finding that can be decided on; `key` stands for it where its photos don't."""
    ids = tuple(map(str, ids))
    identity = finding_id(kind, key or ids)
    return Finding(identity, kind, tuple(paths), ids, sentence, decision=dataset.decisions.get(identity), **more)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _photos(count: int, thing: str = "photo", several: str | None = None) -> str:
    return f"{count:,} {thing if count == 1 else several or thing + 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
