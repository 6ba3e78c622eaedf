"""What each member brings: what leaving it out costs, and its fair share of what all know together (Shapley 1953)."""

from math import factorial

import numpy as np
import pandas as pd

from core.ensembles.margins import Margins, Report, gray_sets
from core.ensembles.voting import Scores

EXACT = 12  # members: up to here every set is looked at
ORDERS = 400  # orders in which the members are drawn to come, beyond


def contributions(scores: Scores, report: Report | None = None, seed: int = 0) -> pd.DataFrame:
    """One row a member: run, alone, left_out, shapley, error.

    alone : accuracy of the member by itself, 0 to 1
    left_out : accuracy of all less that of all without it, -1 to 1; of a single member what it adds to nobody
    shapley : mean over all orders of coming of what its coming adds, -1 to 1. All of them sum to the accuracy of all
        less `baseline`, the accuracy of always saying the most frequent class
    error : standard error of shapley where the orders were drawn, beyond `EXACT` members (Castro, Gomez and Tejada
        2009); 0 where all sets were looked at
    """
    margins, m = Margins(scores), len(scores.runs)
    everyone = np.ones((1, m), bool)
    singles, without = np.eye(m, dtype=bool), ~np.eye(m, dtype=bool)
    photos, nobody = max(margins.photos, 1), baseline(scores)
    together = margins.count_right(everyone)[0] / photos
    alone = margins.count_right(singles) / photos
    rest = margins.count_right(without) / photos if m > 1 else np.array([nobody])
    values, errors = _exact(margins, m, nobody, report) if m <= EXACT else _drawn(margins, m, nobody, report, seed)
    return pd.DataFrame(
        {"run": scores.runs, "alone": alone, "left_out": together - rest, "shapley": values, "error": errors}
    )


def baseline(scores: Scores) -> float:
    """Accuracy of an ensemble of nobody, which says the most frequent class, 0 to 1."""
    return float(np.bincount(scores.true).max() / len(scores.true)) if len(scores.true) else 0.0


def _exact(margins: Margins, m: int, nobody: float, report: Report | None) -> tuple[np.ndarray, np.ndarray]:
    sets = gray_sets(m)
    value = np.empty(2**m)
    value[0] = nobody
    keys = sets @ (1 << np.arange(m))
    value[keys] = margins.count_right(sets, report) / max(margins.photos, 1)
    every = np.arange(2**m)
    sizes = np.array([key.bit_count() for key in every.tolist()])
    weights = np.array([factorial(size) * factorial(m - size - 1) / factorial(m) for size in range(m)])
    found = np.empty(m)
    for member in range(m):
        without = every[(every >> member & 1) == 0]
        found[member] = weights[sizes[without]] @ (value[without | 1 << member] - value[without])
    return found, np.zeros(m)


def _drawn(margins: Margins, m: int, nobody: float, report: Report | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator, added = np.random.default_rng(seed), np.empty((ORDERS, m))
    for number in range(ORDERS):
        order = generator.permutation(m)
        sets = np.zeros((m, m), bool)
        for place, member in enumerate(order):
            sets[place:, member] = True
        value = np.concatenate([[nobody], margins.count_right(sets) / max(margins.photos, 1)])
        added[number, order] = np.diff(value)
        if report:
            report(number + 1, ORDERS)
    return added.mean(axis=0), added.std(axis=0, ddof=1) / np.sqrt(ORDERS)
