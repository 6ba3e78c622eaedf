"""Accuracy, per-class precision, recall and F1, and log loss of one part, from counts wherever counts are enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.certainty import calibration_error, photo_losses, within_first
from core.records import Part, PartPredictions, Predictions

METRICS = ("precision", "recall", "f1")
OF_PROBABILITIES = ("loss", "top2_accuracy", "calibration_error")  # figures that labels alone don't give
NO_NUMBERS = "Some probabilities are no numbers; loss, top-2 accuracy and calibration are left out."


@dataclass(frozen=True)
class Figures:
    """What one model gets right on one part."""

    # accuracy, precision, recall and F1 each _macro and _weighted, balanced_accuracy, top2_accuracy, calibration_error:
    # 0 to 1; loss in nats. What needs probabilities is None where only labels were brought
    summary: dict[str, float | None]
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


def accuracy_of(confusion: np.ndarray) -> float:
    """Share of the photos on the diagonal of a confusion matrix (n_classes, n_classes); 0 where it is empty."""
    return float(np.trace(confusion) / max(confusion.sum(), 1))


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
    return _rates(*_totals(counts))


def _totals(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photos of each class that are right, that are of it, and that were taken for it."""
    return np.diagonal(counts, axis1=-2, axis2=-1).astype(float), counts.sum(axis=-1), counts.sum(axis=-2)


def _rates(right, true, predicted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _share(right, predicted), _share(right, true), _share(2 * right, true + predicted)


def means(right: np.ndarray, true: np.ndarray, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """Every figure that counts give, for one set of answers or many at once, each an ndarray of shape (...), 0 to 1.

    Macro means are over all classes, absent ones counted as 0; weighted means count a class by its photos; balanced
    accuracy is the mean recall over the classes that have photos. All as in scikit-learn.

    Parameters
    ----------
    right, true, predicted : ndarray of shape (..., n_classes), photos of each class that are right, that are of it, and
        that were taken for it
    """
    of_classes = dict(zip(METRICS, _rates(right, true, predicted), strict=True))
    photos = true.sum(axis=-1)
    return (
        {"accuracy": _share(right.sum(axis=-1), photos)}
        | {f"{name}_macro": values.mean(axis=-1) for name, values in of_classes.items()}
        | {"balanced_accuracy": _share(of_classes["recall"].sum(axis=-1), (true > 0).sum(axis=-1))}
        | {f"{name}_weighted": _share((values * true).sum(axis=-1), photos) for name, values in of_classes.items()}
    )


def per_class(counts: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """One row a class: class, precision, recall, f1 (0 to 1) and support (photos of that class)."""
    precision, recall, f1 = rates(counts)
    return pd.DataFrame(
        {"class": list(classes), "precision": precision, "recall": recall, "f1": f1, "support": counts.sum(axis=1)}
    )


def summary(counts: np.ndarray) -> dict[str, float]:
    """What `means` gives, of one confusion matrix: an ndarray of shape (n_classes, n_classes), rows true."""
    return {name: float(value) for name, value in means(*_totals(counts)).items()}


def log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean negative log probability of the true class, in nats; 0 for no photos.

    Parameters
    ----------
    true : int ndarray of shape (n_photos,)
    probabilities : float ndarray of shape (n_photos, n_classes), 0 to 1, rows sum to 1; clipped away from 0 and 1 by
        float64's machine epsilon, as scikit-learn does, so one certain mistake costs 36 nats and not infinity
    """
    return float(photo_losses(true, probabilities).mean()) if len(true) else 0.0


def top2_accuracy(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Share of the photos whose true class is among the two most probable, 0 to 1; 0 for no photos."""
    return float(within_first(true, probabilities).mean()) if len(true) else 0.0


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
    probabilities : float ndarray of shape (n_photos, n_classes), or None: then what needs them is None. So it is where
        some are no numbers, with a note
    """
    counts = confusion(true, predicted, len(classes))
    notes = _notes(counts, classes)
    if probabilities is not None and not np.isfinite(probabilities).all():
        probabilities, notes = None, (*notes, NO_NUMBERS)
    of_probabilities = (
        dict.fromkeys(OF_PROBABILITIES)
        if probabilities is None
        else {
            "loss": log_loss(true, probabilities),
            "top2_accuracy": top2_accuracy(true, probabilities),
            "calibration_error": calibration_error(true, probabilities),
        }
    )
    return Figures(summary(counts) | of_probabilities, per_class(counts, classes), counts, notes)


def part_figures(part: PartPredictions, classes: Sequence[str], has_probabilities: bool = True) -> Figures:
    """All figures of one part; what needs probabilities is None where only labels were brought."""
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
