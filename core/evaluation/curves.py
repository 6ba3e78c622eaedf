"""One class against the rest: precision against recall, and hits against false alarms, over all thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from core.records import PartPredictions

POINTS = 300  # of a curve: more can't be seen


@dataclass(frozen=True)
class Curve:
    """A curve of one class; without points and area where the class, or all others, have no photos."""

    # recall, precision, threshold by rising recall; or false_alarms, hits, threshold by rising false alarms; 0 to 1
    points: pd.DataFrame
    area: float | None  # 0 to 1: average precision, or the area under the ROC curve
    photos: int  # of the class


def precision_recall(answers: PartPredictions, index: int, has_probabilities: bool = True) -> Curve:
    """Precision against recall of class `index` (its place in the classes), and average precision (scikit-learn's)."""
    is_class, scores = _one_against_rest(answers, index)
    if not _both(is_class, scores, has_probabilities):
        return _none(("recall", "precision", "threshold"), is_class)
    precision, recall, threshold = precision_recall_curve(is_class, scores)
    # The last point, recall 0 and precision 1, stands for no answer at all: its threshold is above all others
    columns = {"recall": recall, "precision": precision, "threshold": np.append(threshold, 1.0)}
    points = pd.DataFrame(columns).iloc[::-1].reset_index(drop=True)
    return Curve(_thinned(points), float(average_precision_score(is_class, scores)), int(is_class.sum()))


def roc(answers: PartPredictions, index: int, has_probabilities: bool = True) -> Curve:
    """Hits (recall) against false alarms of class `index`, and the area under the curve (scikit-learn's)."""
    is_class, scores = _one_against_rest(answers, index)
    if not _both(is_class, scores, has_probabilities):
        return _none(("false_alarms", "hits", "threshold"), is_class)
    false_alarms, hits, threshold = roc_curve(is_class, scores)
    # scikit-learn's first threshold is infinite: nothing is answered
    points = pd.DataFrame({"false_alarms": false_alarms, "hits": hits, "threshold": np.minimum(threshold, 1.0)})
    return Curve(_thinned(points), float(roc_auc_score(is_class, scores)), int(is_class.sum()))


def areas(answers: PartPredictions, classes: Sequence[str], has_probabilities: bool = True) -> pd.DataFrame:
    """One row a class: class, support, average_precision, roc_area (0 to 1; None where they don't exist)."""
    found = {"class": list(classes), "support": [], "average_precision": [], "roc_area": []}
    for index in range(len(classes)):
        is_class, scores = _one_against_rest(answers, index)
        there = _both(is_class, scores, has_probabilities)
        found["support"].append(int(is_class.sum()))
        found["average_precision"].append(float(average_precision_score(is_class, scores)) if there else None)
        found["roc_area"].append(float(roc_auc_score(is_class, scores)) if there else None)
    # As objects: else None would become NaN
    return pd.DataFrame(
        {name: pd.Series(of, dtype=None if name == "support" else object) for name, of in found.items()}
    )


def _one_against_rest(answers: PartPredictions, index: int) -> tuple[np.ndarray, np.ndarray]:
    return answers.true == index, answers.probabilities[:, index].astype(float)


def _both(is_class: np.ndarray, scores: np.ndarray, has_probabilities: bool) -> bool:
    """Whether there are photos on either side, and probabilities that are numbers."""
    return has_probabilities and 0 < is_class.sum() < len(is_class) and bool(np.isfinite(scores).all())


def _none(columns: tuple[str, ...], is_class: np.ndarray) -> Curve:
    return Curve(pd.DataFrame({name: np.zeros(0) for name in columns}), None, int(is_class.sum()))


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """At most POINTS rows, both ends among them, spread evenly along the curve as it is seen."""
    if len(points) <= POINTS:
        return points
    along = np.append(0, np.cumsum(np.abs(np.diff(points.iloc[:, :2].to_numpy(), axis=0)).sum(axis=1)))
    kept = np.unique(np.searchsorted(along, np.linspace(0, along[-1], POINTS - 1)))
    return points.iloc[np.unique(np.append(kept[:-1], [0, len(points) - 1]))].reset_index(drop=True)
