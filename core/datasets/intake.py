"""What every import does with the files that come in: decode, judge, publish the photos, store the dataset."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import pandas as pd

from core.datasets.catalogue import LEFT_OUT_COLUMNS, ROW_COLUMNS, store_dataset
from core.datasets.decoding import UnreadablePhoto
from core.datasets.staging import Kept, Staging
from core.errors import NoPhotos, OneClass
from core.records import Dataset
from core.settings import Settings

Report = Callable[[int, int | None], None]  # (files done, files in all or None where unknown)


@dataclass(frozen=True)
class Incoming:
    """One file on its way in."""

    class_name: str
    path: str  # inside the dataset, class first
    read: Callable[[], bytes]  # raises UnreadablePhoto


@dataclass
class Gathered:
    """What is known of the photos so far; a row a photo, no pixels."""

    rows: dict[str, tuple[str, str, int, int]] = field(default_factory=dict)  # id -> class, path, width, height
    torn: dict[str, list[str]] = field(default_factory=dict)  # id -> paths under different labels
    findings: list[tuple[str, str, str, str]] = field(default_factory=list)  # LEFT_OUT_COLUMNS

    def unreadable(self, path: str, reason: str) -> None:
        self.findings.append((path, "unreadable", reason, ""))

    def add(self, class_name: str, path: str, kept: Kept) -> None:
        """Keep an exact copy once; a photo under two labels under neither."""
        known = self.rows.get(kept.id)
        if kept.id in self.torn:
            self.torn[kept.id].append(path)
        elif known is None:
            self.rows[kept.id] = (class_name, path, kept.width, kept.height)
        elif known[0] == class_name:
            self.findings.append((path, "exact_copy", f"the same photo as {known[1]}", kept.id))
        else:
            self.torn[kept.id] = [known[1], path]
            del self.rows[kept.id]

    @property
    def copies(self) -> int:
        return sum(kind == "exact_copy" for _, kind, _, _ in self.findings)

    def frame(self) -> pd.DataFrame:
        """The findings with LEFT_OUT_COLUMNS, those of two labels last."""
        torn = [
            (
                path,
                "two_labels",
                f"the same photo is also {', '.join(other for other in paths if other != path)[:300]}",
                key,
            )
            for key, paths in self.torn.items()
            for path in paths
        ]
        return pd.DataFrame([*self.findings, *torn], columns=list(LEFT_OUT_COLUMNS), dtype=str)


def ingest(
    settings: Settings,
    name: str,
    source: str,
    incoming: Iterator[Incoming],
    total: int | None,
    gathered: Gathered,
    report: Report | None,
    parent: Dataset | None = None,
    edits: Callable[[], list[str]] = list,
) -> Dataset:
    """Decode what comes in, judge it, publish the photos, then the dataset.

    gathered: what is known already (a parent's rows, what was left out while listing). Raises NoPhotos, OneClass;
    then, and when `report` raises, nothing was stored.
    """
    before, copies = set(gathered.rows), gathered.copies
    with Staging(settings) as staging:
        # Closed before the staging folder goes, so that no thread writes into it any more.
        with closing(_decoded(staging, incoming)) as decoded:
            for done, (photo, kept) in enumerate(decoded, start=1):
                if isinstance(kept, UnreadablePhoto):
                    gathered.unreadable(photo.path, str(kept))
                else:
                    gathered.add(photo.class_name, photo.path, kept)
                if report is not None:
                    report(done, total)
        classes = tuple(sorted({class_name for class_name, *_ in gathered.rows.values()}))
        if parent is not None and copies < gathered.copies and before == set(gathered.rows):
            return parent  # everything was there already
        if before == set(gathered.rows):
            raise NoPhotos(source=source)
        if len(classes) == 1:
            raise OneClass(name=classes[0], source=source)
        index = {class_name: label for label, class_name in enumerate(classes)}
        rows = pd.DataFrame(
            [(key, path, index[label], width, height) for key, (label, path, width, height) in gathered.rows.items()],
            columns=list(ROW_COLUMNS),
        )
        staging.publish(gathered.rows)
    return store_dataset(
        settings,
        name,
        classes,
        rows,
        parent=parent.id if parent else None,
        edits=edits(),
        findings=gathered.frame(),
    )


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
