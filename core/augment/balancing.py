"""Balancing: rare classes are seen more often. Counts and positions only; it takes labels and knows no photo."""

from collections.abc import Sequence

import numpy as np

Oversample = str | int | None  # "largest", photos a class at least, or None: each photo once


def oversampled_counts(counts: Sequence[int], oversample: Oversample) -> list[int]:
    """Photos a class and epoch: each class is repeated up to the largest one, or up to `oversample` photos at least.

    counts: training photos a class. A class that has more keeps all of them, an empty one stays empty.
    """
    if oversample is None:
        return [int(count) for count in counts]
    aim = max(counts, default=0) if oversample == "largest" else int(oversample)
    return [max(int(count), aim) if count else 0 for count in counts]


def oversampled(labels: np.ndarray, oversample: Oversample, random: np.random.Generator) -> np.ndarray:
    """ndarray of shape (sum of oversampled_counts,), int64: positions in `labels`, class by class.

    labels: int array of shape (n,). Every photo comes as often as every other of its class, but for the last round,
    for which `random` draws photos without replacement.
    """
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=1)
    taken = []
    for label, aim in enumerate(oversampled_counts(counts, oversample)):
        members = np.flatnonzero(labels == label)
        if not len(members):
            continue
        rounds, rest = divmod(aim, len(members))
        taken += [np.tile(members, rounds), random.permutation(members)[:rest]]
    return np.concatenate(taken).astype(np.int64) if taken else np.empty(0, np.int64)
