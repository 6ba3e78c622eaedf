"""Which run is the best by each figure, where the same photos say so."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from core.evaluation.differences import holm, mcnemar
from core.evaluation.intervals import LEVEL

LOWER_IS_BETTER = ("loss", "calibration_error")


def leaders(
    figures: Mapping[str, Mapping[str, float | None]],
    draws: Mapping[str, Mapping[str, np.ndarray]],
    right: Mapping[str, np.ndarray],
) -> dict[str, str | None]:
    """The run that leads each figure beyond the noise, None where none does.

    A run leads where it is better than every other one: by McNemar's exact test for accuracy, else by the normal test
    of the difference with the bootstrap's spread (Efron and Tibshirani 1993), held against all its rivals by Holm, and
    with 0 outside the 95 % paired bootstrap interval.

    Parameters
    ----------
    figures : run id -> figure -> value, None where the run has none; such a run is no rival by that figure
    draws : run id -> figure -> float ndarray of shape (draws,), on photos drawn alike for all runs
    right : run id -> bool ndarray of shape (n_photos,)
    """
    found = {}
    for name in next(iter(figures.values()), {}):
        sign = -1 if name in LOWER_IS_BETTER else 1
        values = {run: sign * of[name] for run, of in figures.items() if of[name] is not None and name in draws[run]}
        found[name] = None
        if len(values) > 1:
            best = max(values, key=values.get)
            rivals = [run for run in values if run != best]
            apart = np.stack([sign * (draws[best][name] - draws[run][name]) for run in rivals])  # (rivals, draws)
            if name == "accuracy":
                p_values = [_mcnemar(right[best], right[run]) for run in rivals]
            else:
                p_values = [
                    _normal(values[best] - values[run], spread)
                    for run, spread in zip(rivals, apart.std(axis=1), strict=True)
                ]
            low = np.percentile(apart, 100 * LEVEL / 2, axis=1)
            if holm(p_values).all() and (low > 0).all():
                found[name] = best
    return found


def _mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    return mcnemar(int((first & ~second).sum()), int((second & ~first).sum()))


def _normal(difference: float, spread: float) -> float:
    """Two-sided p-value; 1 where no draw differs from another."""
    return float(2 * norm.sf(abs(difference) / spread)) if spread > 0 else 1.0
