"""When some mistakes cost more than others: what a run costs a photo, and the answer that costs least."""

import numpy as np

from core.evaluation.figures import confusion
from core.evaluation.intervals import LEVEL
from core.evaluation.resampling import DRAWS
from core.records import PartPredictions


def plain_costs(n_classes: int) -> np.ndarray:
    """Every mistake costs 1: then the expected cost is the share of photos that are wrong. float64 (c, c)."""
    return 1.0 - np.eye(n_classes)


def checked(costs: np.ndarray, n_classes: int) -> np.ndarray:
    """Costs as float64 (c, c), rows true, columns said. Raises ValueError unless there is a number for each cell.

    A gain may be a negative cost.
    """
    found = np.asarray(costs, float)
    if found.shape != (n_classes, n_classes) or not np.isfinite(found).all():
        raise ValueError(f"Costs must be a number for each pair of {n_classes} classes. Received: {found.shape}")
    return found


def expected_cost(answers: np.ndarray | PartPredictions, costs: np.ndarray) -> float:
    """Mean cost of a photo.

    Parameters
    ----------
    answers : confusion matrix of shape (n_classes, n_classes), photo counts, rows true; or the answers themselves
    costs : float ndarray of shape (n_classes, n_classes), what it costs to take the row's class for the column's

    Returns 0 for no photos. Raises ValueError where the costs don't fit.
    """
    counts = _counts(answers)
    costs = checked(costs, len(counts))
    photos = counts.sum()
    return float((counts * costs).sum() / photos) if photos else 0.0


def cost_interval(
    answers: np.ndarray | PartPredictions, costs: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float] | None:
    """95 % percentile bootstrap interval of the expected cost, from counts; None for no photos."""
    counts = _counts(answers)
    costs, photos = checked(costs, len(counts)), int(counts.sum())
    if not photos:
        return None
    # Cells of equal cost are drawn together: few costs differ, and drawing is all the work.
    amounts, amount_of = np.unique(costs, return_inverse=True)
    shares = np.bincount(amount_of.ravel(), weights=counts.ravel()) / photos
    drawn = np.random.default_rng(seed).multinomial(photos, shares, size=draws)  # (draws, amounts)
    low, high = np.percentile(drawn @ amounts / photos, [100 * LEVEL / 2, 100 - 100 * LEVEL / 2])
    return float(low), float(high)


def expected_costs(answers: PartPredictions, costs: np.ndarray) -> np.ndarray:
    """What each answer would cost by the run's own probabilities: float64 (n_photos, n_classes)."""
    return answers.probabilities.astype(float) @ checked(costs, answers.probabilities.shape[1])


def cheapest(answers: PartPredictions, costs: np.ndarray) -> np.ndarray:
    """The answer that costs least in expectation (Elkan 2001), instead of the most probable one.

    It trusts the probabilities: scale them by a temperature first. Of equally cheap answers the most probable one, so
    that plain costs leave every answer as it is.

    Returns int64 ndarray of shape (n_photos,).
    """
    if not len(answers.true):
        return np.zeros(0, np.int64)
    if not np.isfinite(answers.probabilities).all():
        return answers.predicted
    expected = expected_costs(answers, costs)
    level = np.isclose(expected, expected.min(axis=1, keepdims=True), rtol=1e-9, atol=1e-12)
    return np.where(level, answers.probabilities, -1).argmax(axis=1)


def cheapest_cost(answers: PartPredictions, costs: np.ndarray) -> float:
    """Mean cost of a photo when the run says what costs least in expectation; 0 for no photos."""
    n_classes = answers.probabilities.shape[1]
    return expected_cost(confusion(answers.true, cheapest(answers, costs), n_classes), costs)


def _counts(answers: np.ndarray | PartPredictions) -> np.ndarray:
    if not isinstance(answers, PartPredictions):
        return np.asarray(answers)
    predicted = answers.predicted if len(answers.true) else answers.true
    return confusion(answers.true, predicted, answers.probabilities.shape[1])
