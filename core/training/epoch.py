"""Which photos an epoch visits, and in which order: a pure function of labels, seed and epoch. No Keras here."""

from collections.abc import Sequence

import numpy as np

from core.augment.balancing import Oversample, oversampled, oversampled_counts
from core.errors import BatchTooLarge
from core.records import Phase

MOST_RECALLS = 30  # classes up to which each one's validation recall is told an epoch


def steps(photos: int, batch_size: int) -> int:
    """Batches an epoch; the last may be smaller."""
    return -(-photos // batch_size)


def order(photos: int, seed: int, epoch: int) -> np.ndarray:
    """ndarray of shape (photos,): the permutation in which an epoch visits the photos."""
    return np.random.default_rng([seed, epoch]).permutation(photos)


def repeated(labels: np.ndarray, rows: np.ndarray, oversample: Oversample, seed: int, epoch: int) -> np.ndarray:
    """`rows`, those of rare classes as often as `oversample` says; labels[rows] are their classes."""
    if oversample is None:
        return rows
    return rows[oversampled(labels[rows], oversample, np.random.default_rng([seed, epoch, 1]))]


def oversampling(phase: Phase) -> Oversample:
    return phase.recipe.oversample if phase.recipe is not None else None


def makes_copies(phase: Phase) -> bool:
    """Whether the phase trains on copies that were augmented once; a recipe without steps has nothing to copy."""
    return bool(phase.fixed_copies and phase.recipe is not None and phase.recipe.active.steps)


def photos_an_epoch(phase: Phase, counts: Sequence[int]) -> int:
    """Photos that an epoch of the phase shows. counts: training photos a class."""
    return sum(oversampled_counts(counts, oversampling(phase))) * (phase.fixed_copies if makes_copies(phase) else 1)


def with_batches_that_fit(phases: Sequence[Phase], counts: Sequence[int]) -> tuple[Phase, ...]:
    """The phases, no batch larger than an epoch. counts: training photos a class."""
    return tuple(
        phase.model_copy(update={"batch_size": min(phase.batch_size, max(1, photos_an_epoch(phase, counts)))})
        for phase in phases
    )


def check_batch_fits(phase: Phase, number: int, counts: Sequence[int]) -> None:
    """Raises BatchTooLarge where a batch asks for more photos than an epoch of phase `number` (from 1) shows.

    counts: training photos a class.
    """
    photos = photos_an_epoch(phase, counts)
    if phase.batch_size > photos:
        raise BatchTooLarge(phase=number, received=f"{phase.batch_size:,}", photos=f"{photos:,}")
