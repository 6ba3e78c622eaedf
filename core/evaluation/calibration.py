"""Whether "90 % sure" is right nine times in ten: the reliability diagram, and one temperature that mends it."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest

from core.evaluation.certainty import EPSILON, bins_of, sureness
from core.records import PartPredictions

BARS = 10  # of a reliability diagram: ten can be read, the error itself is counted in 15 bins
COLDEST, HOTTEST = 0.05, 20.0


def reliability(answers: PartPredictions, bins: int = BARS) -> pd.DataFrame:
    """Reliability diagram (Niculescu-Mizil and Caruana 2005): answers gathered by how sure they were.

    Returns
    -------
    One row a bin of equal width that has photos: low, high (its edges, the upper one included), photos, confidence
    (mean probability of the answers), accuracy, accuracy_low, accuracy_high (95 %, Wilson 1927); all shares 0 to 1.
    """
    sure, right = sureness(answers.probabilities), _right(answers)
    kept = np.isfinite(sure)
    sure, right = sure[kept], right[kept]
    bin_of = bins_of(sure, bins)
    photos = np.bincount(bin_of, minlength=bins)
    promised, rights = (np.bincount(bin_of, weights=of, minlength=bins) for of in (sure, right))
    filled = np.flatnonzero(photos)
    ends = [wilson(int(rights[at]), int(photos[at])) for at in filled]
    return pd.DataFrame(
        {
            "low": filled / bins,
            "high": (filled + 1) / bins,
            "photos": photos[filled],
            "confidence": promised[filled] / photos[filled],
            "accuracy": rights[filled] / photos[filled],
            "accuracy_low": [low for low, _ in ends],
            "accuracy_high": [high for _, high in ends],
        }
    )


def wilson(right: int, photos: int) -> tuple[float, float]:
    """95 % interval of a share that was counted (Wilson 1927), 0 to 1; all of it for no photos."""
    if photos == 0:
        return 0.0, 1.0
    ends = binomtest(right, photos).proportion_ci(method="wilson")
    return float(ends.low), float(ends.high)


def temperature(validation: PartPredictions) -> float:
    """The temperature that gives the least log loss on validation (temperature scaling, Guo et al. 2017, 1706.04599).

    The logits of a softmax are its log probabilities up to a constant, so no network is needed. Above 1 the run is too
    sure of itself, below 1 not sure enough. The loss is convex in 1 / temperature, so what is found is the least.

    Returns a float from 0.05 to 20; 1 where there is nothing to fit: no photos, labels only, or no numbers.
    """
    if not fits(validation):
        return 1.0
    scores, rows, true = _scores(validation.probabilities), np.arange(len(validation.true)), validation.true

    def loss(log_temperature: float) -> float:
        return -log_softmax(scores / np.exp(log_temperature), axis=1)[rows, true].mean()

    found = minimize_scalar(loss, bounds=np.log([COLDEST, HOTTEST]), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def fits(answers: PartPredictions) -> bool:
    """Whether a temperature can be fitted: there are photos, and probabilities between 0 and 1 that are numbers."""
    probabilities = answers.probabilities
    return bool(len(probabilities) and np.isfinite(probabilities).all() and ((probabilities % 1) != 0).any())


def scaled(answers: PartPredictions, t: float) -> PartPredictions:
    """The answers at temperature `t`: the same classes are the most probable, more sure below 1 and less above.

    Raises ValueError unless `t` is above 0.
    """
    if not t > 0:
        raise ValueError(f"A temperature must be above 0. Received: {t}")
    if t == 1 or not fits(answers):
        return answers
    return answers.model_copy(
        update={"probabilities": np.exp(log_softmax(_scores(answers.probabilities) / t, axis=1)).astype(np.float32)}
    )


def _scores(probabilities: np.ndarray) -> np.ndarray:
    """Logits, up to a constant a row; a probability of 0 counts as the least that a loss knows."""
    return np.log(np.maximum(probabilities.astype(float), EPSILON))


def _right(answers: PartPredictions) -> np.ndarray:
    return answers.predicted == answers.true if len(answers.true) else np.zeros(0, bool)
