"""What every import does with the files that come in: decode, judge, publish the photos, store the dataset."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pandas as pd

from core.datasets.catalogue import exam_rows, store_dataset
from core.datasets.decoding import UnreadablePhoto
from core.datasets.gathering import Gathered, Incoming
from core.datasets.given import check_given, given_split
from core.datasets.staging import Kept, Staging
from core.errors import NoPhotos, OneClass
from core.records import Dataset
from core.settings import Settings

Report = Callable[[int, int | None], None]  # (files done, files in all or None where unknown)


def ingest(
    settings: Settings,
    name: str,
    source: str,
    incoming: Iterable[Incoming],
    total: int | None,
    gathered: Gathered,
    report: Report | None,
    parent: Dataset | None = None,
) -> Dataset:
    """Decode what comes in, judge it, publish the photos, then the dataset and the split it came with.

    gathered: what is known already (a parent's rows, what was left out while listing). Raises NoPhotos, OneClass,
    NoTraining, NothingToDraw; then, and when `report` raises, nothing was stored.
    """
    before = dict(gathered.rows)
    copied = False
    with Staging(settings) as staging:
        # Closed before the staging folder goes, so that no thread writes into it any more.
        with closing(_decoded(staging, incoming)) as decoded:
            for done, (photo, kept) in enumerate(decoded, start=1):
                if isinstance(kept, UnreadablePhoto):
                    gathered.leave_out(photo.path, str(kept))
                else:
                    copied |= kept.id in before
                    gathered.add(photo, kept)
                if report is not None:
                    report(done, total)
        classes = tuple(sorted({row.class_name for row in gathered.rows.values()}))
        if parent is not None and copied and before == gathered.rows:
            return parent  # everything was there already
        if before == gathered.rows:
            raise NoPhotos(source=source)
        if len(classes) == 1:
            raise OneClass(name=classes[0], source=source)
        rows = gathered.frame(classes)
        if gathered.divided:
            check_given(rows, classes, source)
        staging.publish(gathered.rows)
    dataset = store_dataset(
        settings,
        name,
        classes,
        rows,
        parent=parent.id if parent else None,
        edits=gathered.edits(parent, before) if parent else (),
        findings=gathered.left_out(),
        exam=_exam(settings, parent, classes) if parent else None,
    )
    if gathered.divided:
        given_split(settings, dataset, report)
    return dataset


def _exam(settings: Settings, parent: Dataset, classes: tuple[str, ...]) -> pd.DataFrame | None:
    """The sealed exam rows of the parent, whose labels now count among these classes."""
    rows = exam_rows(settings, parent.id)
    if rows is None:
        return None
    names = rows["label"].map(dict(enumerate(parent.classes)))
    rows = rows[names.isin(classes)]
    return rows.assign(label=names[rows.index].map({name: label for label, name in enumerate(classes)}))


def _decoded(staging: Staging, incoming: Iterable[Incoming]) -> Iterator[tuple[Incoming, Kept | UnreadablePhoto]]:
    """Each file with what was kept of it, in the order they came; only a few are in memory at a time."""

    def finished(waiting: tuple[Incoming, Future]) -> tuple[Incoming, Kept | UnreadablePhoto]:
        photo, future = waiting
        try:
            return photo, future.result()
        except UnreadablePhoto as reason:
            return photo, reason

    threads = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="thaw-import") as pool:
        window: deque[tuple[Incoming, Future]] = deque()
        try:
            for photo in incoming:
                try:
                    content = photo.read()
                except UnreadablePhoto as reason:
                    failed: Future = Future()
                    failed.set_exception(reason)
                    window.append((photo, failed))
                else:
                    window.append((photo, pool.submit(staging.keep, content)))
                if len(window) > 2 * threads:
                    yield finished(window.popleft())
            while window:
                yield finished(window.popleft())
        finally:
            for _, future in window:
                future.cancel()
