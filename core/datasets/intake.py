"""What every import does with the files that come in: decode, judge, publish the photos, store the dataset."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pandas as pd

from core.datasets.catalogue import exam_rows, store_dataset
from core.datasets.decoding import UnreadablePhoto
from core.datasets.decoding_process import DECODERS, TOGETHER, TOGETHER_BYTES, Decoding
from core.datasets.gathering import Gathered, Incoming
from core.datasets.given import check_given, given_split
from core.datasets.staging import Kept, Staging
from core.errors import NoPhotos, OneClass
from core.records import Dataset
from core.settings import Settings

_IN_MEMORY = 96 * 2**20  # bytes of files read and not decoded yet
_Read = tuple[Incoming, bytes | UnreadablePhoto]
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
    NoTraining, NothingToDraw, DecoderNotStarted, TooManyCrashes; then, and when `report` raises, nothing was stored.
    """
    before = dict(gathered.rows)
    copied = False
    with DECODERS.use() as decoding, Staging(settings) as staging:
        # Closed before the staging folder goes, so that no thread writes into it any more.
        with closing(_decoded(decoding, staging, incoming)) as decoded:
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


def _decoded(
    decoding: Decoding, staging: Staging, incoming: Iterable[Incoming]
) -> Iterator[tuple[Incoming, Kept | UnreadablePhoto]]:
    """Each file with what was kept of it, in the order they came; only a few are in memory at a time."""
    threads = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="thaw-import") as pool:
        window: deque[tuple[list[_Read], Future]] = deque()
        try:
            for batch in _batches(incoming):
                contents = [content for _, content in batch if isinstance(content, bytes)]
                window.append((batch, pool.submit(staging.keep, contents, decoding.kept)))
                while len(window) > 2 * threads or sum(_bytes(batch) for batch, _ in window) > _IN_MEMORY:
                    yield from _finished(*window.popleft())
            while window:
                yield from _finished(*window.popleft())
        finally:
            for _, future in window:
                future.cancel()
            decoding.stop()  # what an import that was given up still decodes must not be waited for


def _batches(incoming: Iterable[Incoming]) -> Iterator[list[_Read]]:
    """The files with their bytes, or why they have none; small ones together, so that a process is asked less often."""
    batch: list[_Read] = []
    for photo in incoming:
        try:
            batch.append((photo, photo.read()))
        except UnreadablePhoto as reason:
            batch.append((photo, reason))
        if len(batch) == TOGETHER or _bytes(batch) >= TOGETHER_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _bytes(batch: list[_Read]) -> int:
    return sum(len(content) for _, content in batch if isinstance(content, bytes))


def _finished(batch: list[_Read], future: Future) -> Iterator[tuple[Incoming, Kept | UnreadablePhoto]]:
    kept = iter(future.result())
    for photo, content in batch:
        yield photo, next(kept) if isinstance(content, bytes) else content
