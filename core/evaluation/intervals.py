"""How far each figure would swing on other photos of the same kind: 95 % percentile bootstrap intervals."""

from collections.abc import Mapping

import numpy as np

from core.evaluation.figures import confusion
from core.evaluation.resampling import DRAWS, count_draws, resampled
from core.records import PartPredictions

LEVEL = 0.05  # what the intervals leave outside

Interval = tuple[float, float]


def intervals(
    answers: PartPredictions, n_classes: int, has_probabilities: bool = True, draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval]:
    """Figure name (as in `Figures.summary`) -> (low, high), the middle 95 % of the bootstrap.

    What needs probabilities is left out where there are none, everything where there are no photos. The calibration
    error of a draw counts the luck of the draw too, so its interval lies higher than the error itself where that is
    small.
    """
    return intervals_of({"": answers}, n_classes, {"": has_probabilities}, draws, seed)[""]


def intervals_of(
    answers: Mapping[str, PartPredictions],
    n_classes: int,
    has_probabilities: Mapping[str, bool] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, dict[str, Interval]]:
    """`intervals` of several runs, by run id, on the same photos: drawn once for all, which is most of the work."""
    with_them = {
        run: (has_probabilities or {}).get(run, True) and bool(np.isfinite(of.probabilities).all())
        for run, of in answers.items()
    }
    if not any(with_them.values()):  # then counts are all there is
        return {run: count_intervals(confusion(of.true, of.predicted, n_classes), draws) for run, of in answers.items()}
    drawn = resampled(list(answers.values()), n_classes, list(with_them.values()), draws, seed)
    return {run: middle(of) for run, of in zip(answers, drawn, strict=True)}


def count_intervals(counts: np.ndarray, draws: int = DRAWS, seed: int = 0) -> dict[str, Interval]:
    """Intervals of what counts give, from a confusion matrix of shape (n_classes, n_classes) alone."""
    return middle(count_draws(counts, draws, seed))


def middle(drawn: Mapping[str, np.ndarray]) -> dict[str, Interval]:
    """The middle 95 % of each figure's draws."""
    if not drawn:
        return {}
    tail = 100 * LEVEL / 2
    low, high = np.percentile(np.stack(list(drawn.values())), [tail, 100 - tail], axis=1)
    return {name: (float(low[at]), float(high[at])) for at, name in enumerate(drawn)}
