"""The first batch of a run that would start now: the trainer's own stream, asked for one batch. Needs Keras."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.records import Part, RunSpec
from core.settings import Settings
from core.training.copies import Copies
from core.training.epoch import makes_copies, photos_an_epoch
from core.training.phase_input import Source, stream
from core.training.pixels import squares


class FirstBatch(NamedTuple):
    """What the network is given first in a phase."""

    ids: tuple[str, ...]  # photo ids, in the batch's order
    images: np.ndarray  # float32 (b, h, w, 3), 0 to 255
    labels: np.ndarray  # float32 (b, classes), rows sum to 1
    photos_an_epoch: int
    phase: int  # from 0
    epoch: int  # the epoch it belongs to, from 1 over all phases


def first_batch(
    settings: Settings,
    spec: RunSpec,
    split_rows: pd.DataFrame,
    phase: int = 0,
    limit: int | None = None,
) -> FirstBatch:
    """What phase `phase` (from 0) of `spec` is given first, bit for bit; where no earlier phase stops early.

    split_rows : frame with columns id, label (int) and part. limit : photos of the batch that are returned, all where
    None. Only the photos that the batch needs are decoded; where earlier frozen layers are computed once, these are
    the photos that go into them. Raises what `core.training.pixels` and the recipe's check raise.
    """
    classes = int(split_rows["label"].max()) + 1  # every class has photos in some part
    rows = split_rows[split_rows["part"] == str(Part.TRAIN)].sort_values("id")
    ids, labels = rows["id"].tolist(), rows["label"].to_numpy(np.int64)
    plan, every = spec.phases[phase], np.arange(len(ids))
    read = _Rows((len(ids), spec.input_size, spec.input_size, 3), np.dtype("u1"), _Decoded(settings, ids, spec))
    source = Source(read, labels, every)
    if makes_copies(plan):
        copies = Copies(spec, plan, read, labels, every, classes)
        made = _Made(copies)
        pixels = _Rows((copies.length, *read.shape[1:]), np.dtype("u1"), lambda index: made(index)["pixels"])
        truth = _Rows((copies.length, classes), np.dtype("f4"), lambda index: made(index)["label"])
        source = Source(pixels, truth, np.arange(copies.length))
    epoch = 1 + sum(earlier.epochs for earlier in spec.phases[:phase])
    unaugmented = plan.model_copy(update={"class_weights": None})  # weights need every label, and show nothing
    images, shown, *_ = next(iter(stream(spec, unaugmented, source, classes, epoch, epoch)))
    first = copies.photos_of(source.array.asked) if makes_copies(plan) else source.array.asked
    counts = np.bincount(labels, minlength=classes)
    return FirstBatch(
        tuple(ids[row] for row in first[:limit]),
        np.asarray(images)[:limit],
        np.asarray(shown)[:limit],
        photos_an_epoch(plan, counts),
        phase,
        epoch,
    )


class _Rows:
    """Looks like an array of `shape` whose rows are read when they are asked for; remembers which were asked first."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, read):
        self.shape, self.dtype, self.ndim, self._read = shape, dtype, len(shape), read
        self.asked: np.ndarray | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        if self.asked is None:
            self.asked = np.asarray(index)
        return self._read(index)


class _Decoded:
    def __init__(self, settings: Settings, ids: Sequence[str], spec: RunSpec):
        self._settings, self._ids, self._size = settings, ids, spec.input_size

    def __call__(self, index: np.ndarray) -> np.ndarray:
        return squares(self._settings, [self._ids[row] for row in index], self._size)


class _Made:
    """Rows of copies, made a batch of copies at a time and only where one is asked for."""

    def __init__(self, copies: Copies):
        self._copies, self._batches = copies, {}

    def __call__(self, index: np.ndarray) -> np.ndarray:
        made = np.empty(len(index), self._copies.dtype)
        for place, row in enumerate(index):
            number = self._copies.number(row)
            if number not in self._batches:
                self._batches[number] = self._copies.batch(number)
            made[place] = self._batches[number][row - self._copies.start(number)]
        return made
