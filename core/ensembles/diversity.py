"""How differently the members err: what an ensemble lives on (Kuncheva and Whitaker 2003)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from core.ensembles.voting import check_members
from core.records import Part, Predictions


class Measure(NamedTuple):
    title: str
    help: str
    low: float  # what it can be at least
    high: float


MEASURES = {
    "disagreement": Measure("Disagreement", "Share of the photos where exactly one of the two is right.", 0, 1),
    "q": Measure(
        "Q statistic", "1: right on the same photos; 0: independent; below 0: right on different photos.", -1, 1
    ),
    "double_fault": Measure("Double fault", "Share of the photos where both are wrong: nobody is left to ask.", 0, 1),
    "correlation": Measure("Error correlation", "Correlation of being wrong; the lower, the more a vote gains.", -1, 1),
}


@dataclass(frozen=True)
class Diversity:
    """All pairs of members on one part."""

    runs: tuple[str, ...]  # ids in the order of the matrices: those that err alike beside each other
    matrices: dict[str, np.ndarray]  # measure -> float64 (n_members, n_members), symmetric
    accuracies: np.ndarray  # float64 (n_members,), 0 to 1
    someone: float  # share of the photos that at least one member gets right: no choice among answers beats it
    everyone: float  # share of the photos that all get right
    photos: int

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair: first, second (run ids), accuracy (their mean) and each measure: the members' plane."""
        rows = [
            {"first": self.runs[i], "second": self.runs[j], "accuracy": self.accuracies[[i, j]].mean()}
            | {name: matrix[i, j] for name, matrix in self.matrices.items()}
            for i, j in combinations(range(len(self.runs)), 2)
        ]
        return pd.DataFrame(rows, columns=["first", "second", "accuracy", *MEASURES])


def diversity(predictions: Mapping[str, Predictions], part: Part, names: Mapping[str, str] | None = None) -> Diversity:
    """Raises DifferentTest, TooFewRuns, BadPredictions."""
    check_members(predictions, names)
    runs = sorted(predictions)
    right = np.stack([predictions[run].parts[part].predicted == predictions[run].parts[part].true for run in runs])
    matrices = pairwise(right)
    order = cluster_order(matrices["correlation"])
    return Diversity(
        runs=tuple(runs[place] for place in order),
        matrices={name: matrix[np.ix_(order, order)] for name, matrix in matrices.items()},
        accuracies=_mean(right)[order],
        someone=float(_mean(right.any(axis=0)[None])[0]),
        everyone=float(_mean(right.all(axis=0)[None])[0]),
        photos=right.shape[1],
    )


def _mean(right: np.ndarray) -> np.ndarray:
    return right.mean(axis=1) if right.shape[1] else np.zeros(len(right))


def pairwise(right: np.ndarray) -> dict[str, np.ndarray]:
    """The measures of every pair.

    Parameters
    ----------
    right : bool ndarray of shape (n_members, n_photos)

    Returns
    -------
    measure -> float64 ndarray of shape (n_members, n_members), symmetric. On the diagonal a member beside itself. Where
    a measure is not defined (a member that is always right or always wrong) Q and correlation are 0, and 1 on the
    diagonal.
    """
    m, n = right.shape
    hits = right.astype(float)
    both = hits @ hits.T
    one = hits.sum(axis=1)[:, None] - both  # row right, column wrong
    neither = n - both - one - one.T
    of = max(n, 1)
    ahead, behind = both * neither, one * one.T
    spread = np.sqrt(np.outer(*[hits.sum(axis=1) * (n - hits.sum(axis=1))] * 2))
    return {
        "disagreement": (one + one.T) / of,
        "q": _ratio(ahead - behind, ahead + behind, m),
        "double_fault": neither / of,
        "correlation": _ratio(ahead - behind, spread, m),
    }


def _ratio(part: np.ndarray, whole: np.ndarray, m: int) -> np.ndarray:
    return np.divide(part, whole, out=np.eye(m), where=whole > 0)


def cluster_order(correlation: np.ndarray) -> np.ndarray:
    """The order in which members that err alike lie beside each other: average linkage on 1 - correlation."""
    if len(correlation) < 3:
        return np.arange(len(correlation))
    distance = np.clip(1 - correlation, 0, None)
    np.fill_diagonal(distance, 0)
    return leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
