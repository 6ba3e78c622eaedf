"""Stacking: a logistic regression learns what the members' probabilities together mean (Wolpert 1992)."""

import numpy as np
from sklearn.linear_model import LogisticRegression

LEAST = 1e-4  # probabilities below are alike: a logarithm would make much of nothing
SHRINKAGE = 0.01  # scikit-learn's C; a few hundred validation photos bear few free weights
ROUNDS = 500


def stacked(stack: np.ndarray, true: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Probabilities that the regression gives to other photos.

    Parameters
    ----------
    stack : float ndarray of shape (n_members, n_photos, n_classes), the members' answers to photos with labels
    true : int ndarray of shape (n_photos,), those labels
    answered : float ndarray of shape (n_members, n_others, n_classes), the members' answers to the other photos

    Returns
    -------
    float64 ndarray of shape (n_others, n_classes), rows sum to 1; a class without a label is given 0.
    """
    found = np.zeros(answered.shape[1:])
    known = np.unique(true)
    if len(known) < 2:  # nothing to tell apart
        found[:, known if len(known) else 0] = 1
        return found
    model = LogisticRegression(C=SHRINKAGE, max_iter=ROUNDS).fit(_features(stack), true)
    found[:, model.classes_] = model.predict_proba(_features(answered))
    return found


def _features(stack: np.ndarray) -> np.ndarray:
    """float64 ndarray of shape (n_photos, n_members * n_classes): logarithms, a photo's mean taken out."""
    logs = np.log(np.clip(stack.astype(float), LEAST, 1))
    logs -= logs.mean(axis=2, keepdims=True)
    return logs.transpose(1, 0, 2).reshape(stack.shape[1], -1)
