"""Confusion matrices on their own: most confused pairs, shares, mean and difference, and an order for many classes."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

By = Literal["counts", "row", "column"]


def most_confused(confusion: np.ndarray, classes: Sequence[str], most: int = 20) -> pd.DataFrame:
    """Which class was taken for which, the pair with most photos first; of equals the larger share of its class.

    Parameters
    ----------
    confusion : ndarray of shape (n_classes, n_classes), photo counts (or means of several), rows true
    most : pairs that are kept

    Returns
    -------
    One row a pair that has photos: true, said (names), true_index, said_index, photos, share (of the true class).
    """
    confusion = np.asarray(confusion)
    true, said = np.nonzero(confusion * (1 - np.eye(len(confusion), dtype=int)))
    photos, share = confusion[true, said], shares(confusion, "row")[true, said]
    order = np.lexsort((said, true, -share, -photos))[:most]
    names = np.array(list(classes), object)
    return pd.DataFrame(
        {
            "true": names[true[order]],
            "said": names[said[order]],
            "true_index": true[order],
            "said_index": said[order],
            "photos": photos[order],
            "share": share[order],
        }
    )


def shares(confusion: np.ndarray, by: By = "row") -> np.ndarray:
    """The matrix as it is counted: photos, or shares of their row (of the true class) or column (of the answer).

    Returns float64 ndarray of the same shape (..., n_classes, n_classes); 0 where a class has no photos.
    """
    confusion = np.asarray(confusion, float)
    if by == "counts":
        return confusion.copy()
    whole = confusion.sum(axis=-1 if by == "row" else -2, keepdims=True)
    return np.divide(confusion, whole, out=np.zeros(confusion.shape), where=whole != 0)


def merged(confusions: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of several matrices of the same photos, cell by cell: float64 (n_classes, n_classes).

    Raises ValueError for none, or for matrices of different shapes.
    """
    return _stack(confusions).mean(axis=0)


def spread(confusions: Sequence[np.ndarray], by: By = "row") -> np.ndarray:
    """How far repeats differ, cell by cell: standard deviation of the photos or shares; 0 for a single matrix."""
    stack = shares(_stack(confusions), by)
    return stack.std(axis=0, ddof=1) if len(stack) > 1 else np.zeros(stack.shape[1:])


def difference(first: np.ndarray, second: np.ndarray, by: By = "row") -> np.ndarray:
    """`second` minus `first`, in photos or in shares (-1 to 1): float64 (n_classes, n_classes)."""
    both = _stack([first, second])
    return shares(both[1], by) - shares(both[0], by)


def _stack(confusions: Sequence[np.ndarray]) -> np.ndarray:
    shapes = [np.shape(one) for one in confusions]
    if not shapes or len(set(shapes)) > 1:
        raise ValueError(f"Matrices must be of the same classes, and one at least. Received: {shapes or 'none'}")
    return np.stack([np.asarray(one, float) for one in confusions])


def order(confusion: np.ndarray) -> np.ndarray:
    """An order of the classes that puts those beside each other that are taken for each other.

    Hierarchical clustering with average linkage of the distance 1 minus the mean share taken either way, and the order
    of leaves in which neighbours are nearest (Bar-Joseph et al. 2001).

    Returns int64 ndarray of shape (n_classes,), indices of classes.
    """
    share = shares(confusion, "row")
    if len(share) < 3:
        return np.arange(len(share))
    apart = 1 - (share + share.T) / 2
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(np.clip(apart, 0, None), checks=False), "average", optimal_ordering=True)
    return leaves_list(tree).astype(np.int64)


def reordered(confusion: np.ndarray, by_order: np.ndarray) -> np.ndarray:
    """The matrix with rows and columns in the order given."""
    return np.asarray(confusion)[np.ix_(by_order, by_order)]
