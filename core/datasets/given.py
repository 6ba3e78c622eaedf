"""The split that came with the photos: train, validation and test folders, or a column of a list of labels."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.datasets.catalogue import left_out, photo_rows
from core.datasets.dividing import group_sizes, place
from core.datasets.gathering import ACROSS
from core.datasets.splitting import Report, keep_split, near_copies_of, sides, split_rows
from core.errors import NothingToDraw, NoTraining
from core.records import Dataset, Part, Split
from core.settings import Settings

DRAWN = 0.15  # of all photos, for a part that did not come along
TOLD = 5  # classes named in a sentence
_VERBS = {Part.TRAIN: "the model can't learn it", Part.VALIDATION: "nothing is chosen by it"} | {
    Part.TEST: "nothing can be said of it there"
}


def given_split(settings: Settings, dataset: Dataset, report: Report | None = None) -> Split | None:
    """The split that the photos came in, made where it isn't there yet; None where they came undivided.

    A missing validation or test part is drawn from the training part: 15 % of each class's photos, seed 0, near copies
    on one side. Near copies across parts that were given stay where they came. `report` counts the photos measured for
    near copies, if any are. Raises NoTraining, NothingToDraw.
    """
    rows = photo_rows(settings, dataset.id)
    if "part" not in rows:
        return None
    check_given(rows, dataset.classes, dataset.name)
    planned = _to_draw(rows, len(dataset.classes))
    parts, kept = rows["part"].to_numpy(dtype=object), 0
    if planned.shape[1] > 1:
        groups = near_copies_of(settings, dataset, report)
        training = np.flatnonzero(parts == Part.TRAIN.value)
        ids, labels = rows["id"].to_numpy()[training], rows["label"].to_numpy()[training]
        drawn = place(ids, labels, dataset.classes, planned, 0, groups, strict=False)
        parts[training] = planned.columns.to_numpy()[drawn]
        kept = len(group_sizes(ids, groups))
    shares = tuple(float((parts == part.value).mean()) for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    return keep_split(settings, dataset, rows.assign(part=parts), shares, 0, given=True, together=kept)


def check_given(rows: pd.DataFrame, classes: Sequence[str], source: str) -> None:
    """Whether a split can be made of rows that came divided (columns label, part). Raises NoTraining, NothingToDraw."""
    found = set(rows["part"])
    if Part.TRAIN not in found:
        raise NoTraining(source=source, parts=" and ".join(sorted(found)))
    planned = _to_draw(rows, len(classes))
    for part in planned.columns[1:]:
        if not planned[part].sum():
            raise NothingToDraw(source=source, part=part)


def _to_draw(rows: pd.DataFrame, n_classes: int) -> pd.DataFrame:
    """Training photos by class and the part they go to: a column train, and one for each part that did not come."""
    found = set(rows["part"])
    missing = [part.value for part in (Part.VALIDATION, Part.TEST) if part.value not in found]
    training = rows["label"][rows["part"] == Part.TRAIN.value]
    counts = np.bincount(training, minlength=n_classes)
    if not missing:
        return pd.DataFrame({Part.TRAIN.value: counts})
    wanted = np.maximum(1, np.floor(DRAWN * np.bincount(rows["label"], minlength=n_classes) + 0.5).astype(int))
    # A class keeps a photo to learn from, whatever its other photos are asked for.
    each = np.clip(wanted, 0, np.maximum(counts - 1, 0) // len(missing))
    return pd.DataFrame({Part.TRAIN.value: counts - each * len(missing)} | dict.fromkeys(missing, each))


def given_notes(
    settings: Settings, dataset: Dataset, split: Split, groups: Mapping[str, int] | None = None
) -> list[str]:
    """What to know of a given split, a sentence each: drawn parts, missing classes, copies in two parts.

    groups: photo id -> group of near copies, where they are known.
    """
    came = photo_rows(settings, dataset.id)
    rows = split_rows(settings, split.id, dataset.id)
    sentences = []
    for part in (Part.VALIDATION, Part.TEST):
        if "part" in came and part.value not in set(came["part"]):
            sentences.append(
                f"No {part} photos came along: {split.counts[part]:,} were drawn from the training part, class by "
                "class, near copies together."
            )
    for part, verb in _VERBS.items():
        here = set(rows["label"][rows["part"] == part.value])
        missing = [name for label, name in enumerate(dataset.classes) if label not in here]
        if missing:
            more = f" and {len(missing) - TOLD} more" if len(missing) > TOLD else ""
            sentences.append(f"No photo in {part} of class {', '.join(missing[:TOLD])}{more}: {verb}.")
    copies = int(left_out(settings, dataset.id)["reason"].str.contains(ACROSS, regex=False).sum())
    if copies:
        sentences.append(
            f"{copies:,} {'photo' if copies == 1 else 'photos'} came in two parts; each stays in the one that judges: "
            "test before validation before train."
        )
    if groups and (across := len(sides(rows, groups))):
        sentences.append(
            f"{across:,} {'group' if across == 1 else 'groups'} of near copies lie in more than one part, which makes "
            "figures look better than they are. They stay where they came, since the division was given."
        )
    return sentences
