"""What a phase trains on: the stream of its batches. The trainer and the screens take it from here alike."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf

from core.augment.balancing import oversampled_counts
from core.augment.pipeline import Augmenter
from core.records import Part, Phase, RunSpec
from core.settings import Settings
from core.training.epoch import oversampling
from core.training.input import batches
from core.training.pixels import decoded
from core.training.reporting import Reporter

PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)


class Source(NamedTuple):
    """Where a part's inputs are: `array[rows]`, with `labels[rows]`."""

    array: np.ndarray  # (m, ...), uint8 photos or float32 features of a frozen prefix, a memory map
    labels: np.ndarray  # (m,) int, or (m, classes) float32 where they were mixed when the copies were made
    rows: np.ndarray  # row numbers of the part


@dataclass(frozen=True)
class Photos:
    """The photos of a split, in the order of their sorted ids."""

    ids: list[str]
    labels: np.ndarray  # (n,), int64
    rows: dict[Part, np.ndarray]  # row numbers of each part
    pixels: np.ndarray  # (n, s, s, 3), uint8, a memory map

    def source(self, part: Part) -> Source:
        return Source(self.pixels, self.labels, self.rows[part])


def read_photos(settings: Settings, split_rows: pd.DataFrame, size: int, reporter: Reporter) -> Photos:
    """The photos of a split at `size` px; columns id, label (int) and part, parts other than the three are ignored.

    Always those of all three parts, so that whoever reads the same split shares what was decoded. Raises TrainingFailed
    where a photo can't be read, and what the reporter's `tick` raises.
    """
    rows = split_rows[split_rows["part"].isin([str(part) for part in PARTS])].sort_values("id")
    ids, part = rows["id"].tolist(), rows["part"].astype(str).to_numpy()

    def tick(done):
        reporter.tick(note=f"reading photos: {done} of {len(ids)}")

    pixels = decoded(settings, ids, size, tick)
    numbers = {name: np.flatnonzero(part == str(name)) for name in PARTS}
    return Photos(ids, rows["label"].to_numpy(np.int64), numbers, pixels)


def balanced(counts: np.ndarray) -> np.ndarray:
    """Weight of each class, (classes,), from photos a class, (classes,): n / (classes * count), as scikit-learn's
    "balanced". Absent classes weigh 0."""
    return np.divide(counts.sum(), len(counts) * counts, out=np.zeros(len(counts)), where=counts > 0)


def stream(spec: RunSpec, phase: Phase, source: Source, classes: int, epoch: int, last: int) -> tf.data.Dataset:
    """Batches of epochs `epoch` to `last` (from 1, over all phases), as core.training.input.batches yields them."""
    array, labels, rows = source
    soft, augmenter, oversample = labels.ndim == 2, None, None
    if not soft:
        oversample = oversampling(phase)
        if phase.recipe is not None and phase.recipe.active.steps:
            augmenter = Augmenter(phase.recipe, spec.seed, array.shape[1], array.shape[2], classes)
    weights = None
    if phase.class_weights == "balanced":  # from the training part alone
        counts = labels[rows].sum(axis=0) if soft else np.bincount(labels[rows], minlength=classes)
        weights = balanced(counts if soft else np.array(oversampled_counts(counts, oversample), float))
    return batches(
        array,
        labels,
        classes,
        augmenter,
        phase.batch_size,
        spec.seed,
        epoch,
        True,
        epochs=last - epoch + 1,
        rows=rows,
        oversample=oversample,
        class_weights=weights,
    )
