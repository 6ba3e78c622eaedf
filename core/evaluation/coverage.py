"""A run that may say "not sure": accuracy against the share of photos it answers (El-Yaniv and Wiener 2010)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import wilson
from core.evaluation.certainty import sureness
from core.records import PartPredictions

POINTS = 300  # of a curve: more can't be seen


@dataclass(frozen=True)
class AtThreshold:
    """What a run answers when it must be at least so sure."""

    threshold: float  # 0 to 1
    photos: int
    answered: int
    right: int  # of those answered
    low: float | None  # 95 % interval of the accuracy (Wilson 1927); None where nothing is answered
    high: float | None

    @property
    def coverage(self) -> float:
        """Share of the photos that are answered, 0 to 1; 0 for no photos."""
        return self.answered / self.photos if self.photos else 0.0

    @property
    def accuracy(self) -> float | None:
        """Share of the answers that are right; None where nothing is answered."""
        return self.right / self.answered if self.answered else None

    @property
    def not_sure(self) -> int:
        return self.photos - self.answered


def _cuts(answers: PartPredictions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every threshold that changes what is answered, falling; how many are answered from there, and how many right."""
    sure = sureness(answers.probabilities)
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], np.cumsum((answers.predicted == answers.true)[order])
    last = np.flatnonzero(np.append(np.diff(sure) != 0, True))  # equally sure answers come and go together
    return sure[last], last + 1, right[last]


def coverage_curve(answers: PartPredictions, points: int = POINTS) -> pd.DataFrame:
    """Accuracy of the answers against the share of photos that are answered.

    Returns
    -------
    One row a threshold, falling, at most `points`: threshold (the least probability that is answered), coverage,
    accuracy of the answers; each 0 to 1. The last row answers every photo. Empty for no photos or probabilities that
    are no numbers; a single row where only labels were brought.
    """
    columns = ["threshold", "coverage", "accuracy"]
    if not _usable(answers):
        return pd.DataFrame({name: np.zeros(0) for name in columns})
    threshold, answered, right = _cuts(answers)
    kept = np.unique(np.linspace(0, len(threshold) - 1, min(points, len(threshold))).round().astype(int))
    values = (threshold, answered / len(answers.true), right / answered)
    return pd.DataFrame({name: value[kept] for name, value in zip(columns, values, strict=True)})


def threshold_for(validation: PartPredictions, wanted: float) -> float | None:
    """The threshold on validation that answers most photos with at least `wanted` accuracy (0 to 1).

    None where no threshold reaches it, or there are no photos. Chosen on validation, it promises nothing exactly: what
    it does on test is what `at_threshold` says of test.
    """
    if not _usable(validation):
        return None
    threshold, answered, right = _cuts(validation)
    reached = np.flatnonzero(right >= wanted * answered)
    return float(threshold[reached[-1]]) if len(reached) else None


def at_threshold(answers: PartPredictions, threshold: float) -> AtThreshold:
    """What is answered, and how well, when the answer's probability must be at least `threshold`."""
    photos = len(answers.true)
    kept = sureness(answers.probabilities) >= threshold  # never true of what is no number
    answered = int(kept.sum())
    right = int((answers.predicted[kept] == answers.true[kept]).sum()) if answered else 0
    low, high = wilson(right, answered) if answered else (None, None)
    return AtThreshold(float(threshold), photos, answered, right, low, high)


def _usable(answers: PartPredictions) -> bool:
    return bool(len(answers.true) and np.isfinite(answers.probabilities).all())
