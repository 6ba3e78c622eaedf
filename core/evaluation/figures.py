"""Accuracy, per-class precision, recall and F1, and log loss of one part, from counts wherever counts are enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.records import Part, PartPredictions, Predictions

METRICS = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Figures:
    """What one model gets right on one part."""

    summary: dict[str, float | None]  # accuracy, precision_macro, recall_macro, f1_macro, loss; 0 to 1, loss in nats
    per_class: pd.DataFrame  # one row a class: class, precision, recall, f1, support
    confusion: np.ndarray  # int64 (n_classes, n_classes), rows true, columns predicted
    notes: tuple[str, ...] = ()  # a sentence for each figure that counts as 0 for want of photos

    @property
    def photos(self) -> int:
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        return self.summary["accuracy"]

    def per_class_json(self) -> list[dict]:
        """[{class, precision, recall, f1, support}], in the order of the classes."""
        return self.per_class.to_dict(orient="records")

    def confusion_json(self) -> list[list[int]]:
        """Rows true, columns predicted, in the order of the classes."""
        return self.confusion.tolist()


def confusion(true: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Confusion matrix.

    Parameters
    ----------
    true, predicted : int ndarray of shape (n_photos,), indices 0 to n_classes - 1

    Returns
    -------
    int64 ndarray of shape (n_classes, n_classes), rows true, columns predicted.
    """
    true, predicted = np.asarray(true, np.int64), np.asarray(predicted, np.int64)
    if true.shape != predicted.shape:
        raise ValueError(f"true and predicted must have one entry a photo. Received: {true.shape}, {predicted.shape}")
    for labels in (true, predicted):
        # bincount would fold a label that is out of range into a neighbouring row.
        if labels.size and not (labels.min() >= 0 and labels.max() < n_classes):
            raise ValueError(f"Labels must be 0 to {n_classes - 1}. Received: {labels.min()} to {labels.max()}")
    return np.bincount(true * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, and 0 where whole is 0, so that an absent class counts 0 and is never NaN."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole != 0)


def rates(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, for one confusion matrix or many at once.

    Parameters
    ----------
    counts : ndarray of shape (..., n_classes, n_classes), rows true, columns predicted

    Returns
    -------
    three float64 ndarrays of shape (..., n_classes), 0 to 1; 0 where a class is absent or never predicted
    (scikit-learn's `zero_division=0`).
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1).astype(float)
    true, predicted = counts.sum(axis=-1), counts.sum(axis=-2)
    return _share(right, predicted), _share(right, true), _share(2 * right, true + predicted)


def per_class(counts: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """One row a class: class, precision, recall, f1 (0 to 1) and support (photos of that class)."""
    precision, recall, f1 = rates(counts)
    return pd.DataFrame(
        {"class": list(classes), "precision": precision, "recall": recall, "f1": f1, "support": counts.sum(axis=1)}
    )


def summary(counts: np.ndarray) -> dict[str, float]:
    """Accuracy and the macro means over all classes, absent ones counted as 0; each 0 to 1.

    `counts` is an ndarray of shape (n_classes, n_classes), rows true, columns predicted.
    """
    precision, recall, f1 = rates(counts)
    return {
        "accuracy": float(_share(np.trace(counts), counts.sum())),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
    }


def log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean negative log probability of the true class, in nats; 0 for no photos.

    Parameters
    ----------
    true : int ndarray of shape (n_photos,)
    probabilities : float ndarray of shape (n_photos, n_classes), 0 to 1, rows sum to 1; clipped away from 0 and 1 by
        float64's machine epsilon, as scikit-learn does, so one certain mistake costs 36 nats and not infinity
    """
    if len(true) == 0:
        return 0.0
    epsilon = np.finfo(float).eps
    given_to_true = np.asarray(probabilities)[np.arange(len(true)), true].astype(float)
    return float(-np.log(np.clip(given_to_true, epsilon, 1 - epsilon)).mean())


def _notes(counts: np.ndarray, classes: Sequence[str]) -> tuple[str, ...]:
    true, predicted = counts.sum(axis=1), counts.sum(axis=0)
    notes = []
    for index, name in enumerate(classes):
        if not true[index]:
            notes.append(f"{name} has no photo in this part; its recall and F1 count as 0.")
        elif not predicted[index]:
            notes.append(f"No photo was taken for {name}; its precision and F1 count as 0.")
    return tuple(notes)


def figures_of(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str], probabilities: np.ndarray | None = None
) -> Figures:
    """All figures of one set of answers.

    Parameters
    ----------
    true, predicted : int ndarray of shape (n_photos,)
    classes : the class names, in the order of the indices
    probabilities : float ndarray of shape (n_photos, n_classes), or None: then the loss is None
    """
    counts = confusion(true, predicted, len(classes))
    loss = None if probabilities is None else log_loss(true, probabilities)
    return Figures(
        summary=summary(counts) | {"loss": loss},
        per_class=per_class(counts, classes),
        confusion=counts,
        notes=_notes(counts, classes),
    )


def part_figures(part: PartPredictions, classes: Sequence[str], has_probabilities: bool = True) -> Figures:
    """All figures of one part; the loss is None where only labels were brought."""
    return figures_of(part.true, part.predicted, classes, part.probabilities if has_probabilities else None)


def figures_by_part(predictions: Predictions) -> dict[Part, Figures]:
    """The figures of each part that `predictions` has."""
    return {
        part: part_figures(answers, predictions.classes, predictions.has_probabilities)
        for part, answers in predictions.parts.items()
    }


def final_figures(predictions: Predictions) -> dict[str, float]:
    """ "validation_accuracy", "test_f1_macro" and so on: what the run store keeps and other MLflow tools show."""
    return {
        f"{part}_{name}": value
        for part, of_part in figures_by_part(predictions).items()
        for name, value in of_part.summary.items()
        if value is not None
    }


def figures_json(predictions: Predictions) -> dict[str, dict]:
    """The fields metrics, per_class and confusion of `show --json`, each by part."""
    by_part = figures_by_part(predictions)
    return {
        "metrics": {str(part): of_part.summary for part, of_part in by_part.items()},
        "per_class": {str(part): of_part.per_class_json() for part, of_part in by_part.items()},
        "confusion": {str(part): of_part.confusion_json() for part, of_part in by_part.items()},
    }
