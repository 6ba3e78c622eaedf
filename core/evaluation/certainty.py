"""What probabilities say photo by photo: what the truth cost, whether it came among the first, how sure a model was."""

import numpy as np

BINS = 15  # of equal width, as Guo et al. 2017 (arXiv 1706.04599) count them
EPSILON = np.finfo(float).eps  # probabilities are kept so far from 0 and 1, as scikit-learn does: a loss stays finite


def photo_losses(true: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Negative log probability of the true class, in nats: float64 ndarray of shape (n_photos,), 0 to 36.

    Parameters
    ----------
    true : int ndarray of shape (n_photos,)
    probabilities : float ndarray of shape (n_photos, n_classes), 0 to 1, rows sum to 1
    """
    given_to_true = np.asarray(probabilities)[np.arange(len(true)), true].astype(float)
    return -np.log(np.clip(given_to_true, EPSILON, 1 - EPSILON))


def within_first(true: np.ndarray, probabilities: np.ndarray, first: int = 2) -> np.ndarray:
    """Whether the true class is among the `first` most probable ones: bool ndarray of shape (n_photos,).

    Of classes exactly level the first in the order counts as more probable, as in the answer itself, so that what is
    right is always within. (scikit-learn's `top_k_accuracy_score` takes the last of them.)
    """
    if not len(true):
        return np.zeros(0, bool)
    probabilities, column = np.asarray(probabilities), np.asarray(true)[:, None]
    given_to_true = np.take_along_axis(probabilities, column, axis=1)  # (n, 1)
    level_before = (probabilities == given_to_true) & (np.arange(probabilities.shape[1]) < column)
    return ((probabilities > given_to_true) | level_before).sum(axis=1) < first


def sureness(probabilities: np.ndarray) -> np.ndarray:
    """The probability of the answer, the highest of the row: float64 ndarray of shape (n_photos,), 0 to 1."""
    probabilities = np.asarray(probabilities)
    if not len(probabilities):
        return np.zeros(0)
    return np.clip(probabilities.max(axis=1).astype(float), 0, 1)


def bins_of(sure: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Which of `bins` bins of equal width holds each probability, its upper edge included: int64, 0 to bins - 1."""
    return np.clip(np.ceil(sure * bins) - 1, 0, bins - 1).astype(np.int64)


def calibration_error(true: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error of the answers (Naeini et al. 2015; Guo et al. 2017), 0 to 1; 0 for no photos.

    Photos are gathered by the probability of the answer into `bins` bins of equal width, and what counts is the mean
    distance between that probability and the share that is right, each bin weighed by its photos.
    """
    if not len(true):
        return 0.0
    sure = sureness(probabilities)
    apart = (np.asarray(probabilities).argmax(axis=1) == true) - sure
    return float(np.abs(np.bincount(bins_of(sure, bins), weights=apart, minlength=bins)).sum() / len(true))
