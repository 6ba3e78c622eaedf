"""What a person does about what the audit found: photos are left out of the next version, decisions are remembered."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from core.datasets.catalogue import (
    LEFT_OUT_COLUMNS,
    exam_rows,
    left_out,
    photo_rows,
    record_decisions,
    store_dataset,
)
from core.datasets.near_copies import all_groups, finding_id
from core.errors import ClassLeftEmpty, NothingToLeaveOut
from core.records import Dataset
from core.settings import Settings


def leave_out(
    settings: Settings,
    dataset: Dataset,
    photo_ids: Collection[str],
    reason: str,
    decisions: Mapping[str, str] | None = None,
) -> Dataset:
    """The next version of the dataset, without these photos; runs and splits on the old version keep theirs.

    reason: why, after a colon ("near copies of photos that stay"); it stands in the new version's edits and with each
    photo in what was left out. decisions: by finding id, recorded with the new version. Raises NothingToLeaveOut,
    ClassLeftEmpty; then nothing was stored.
    """
    rows = photo_rows(settings, dataset.id)
    gone = rows["id"].isin(set(photo_ids))
    if not gone.any():
        raise NothingToLeaveOut(name=dataset.name)
    counts = np.bincount(rows["label"][~gone], minlength=len(dataset.classes))
    for name, count, before in zip(dataset.classes, counts, dataset.counts, strict=True):
        if count == 0:
            raise ClassLeftEmpty(name=name, count=before)
    chosen = rows.loc[gone, ["path", "id"]].assign(kind="chosen", reason=reason)
    before = left_out(settings, dataset.id)
    count = int(gone.sum())
    carried = _decisions_of_the_rest(settings, dataset, set(rows["id"][gone]))
    return store_dataset(
        settings,
        dataset.name,
        dataset.classes,
        rows[~gone],
        parent=dataset.id,
        edits=(*dataset.edits, f"{count:,} photo{'s'[: count != 1]} left out: {reason}"),
        findings=pd.concat([before, chosen], ignore_index=True)[list(LEFT_OUT_COLUMNS)].astype(str),
        exam=exam_rows(settings, dataset.id),
        decisions={**dataset.decisions, **carried, **(decisions or {})},
    )


def decide(settings: Settings, dataset: Dataset, decisions: Mapping[str, str | None]) -> Dataset:
    """The dataset with decisions recorded by finding id: "leave_out", "together", "nothing", None takes one back.

    Its id, its photos and its version stay. Raises UnknownDataset, ValueError for another word.
    """
    return record_decisions(settings, dataset, decisions)


def _decisions_of_the_rest(settings: Settings, dataset: Dataset, gone: set[str]) -> dict[str, str]:
    """Decisions on groups of near copies that lose photos and are still groups: theirs is the same decision."""
    if not dataset.decisions:
        return {}
    carried = {}
    for ids in all_groups(settings, dataset):
        rest = tuple(photo_id for photo_id in ids if photo_id not in gone)
        decision = dataset.decisions.get(finding_id("near_copies", ids))
        if decision is not None and 1 < len(rest) < len(ids):
            carried[finding_id("near_copies", rest)] = decision
    return carried
