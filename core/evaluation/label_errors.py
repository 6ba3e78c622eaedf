"""Photos whose label is likely wrong, by confident learning (Northcutt, Jiang and Chuang 2021, arXiv 1911.00068)."""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.records import PartPredictions

COLUMNS = ("id", "true", "suggested", "quality", "probability_true", "probability_suggested")


def likely_label_errors(part: PartPredictions, has_probabilities: bool = True, most: int | None = None) -> pd.DataFrame:
    """Photos that the run confidently takes for another class, the least likely label first (cleanlab).

    Give it predictions on photos that the run did not learn from: validation, or test. What a weak run takes for a
    label error is mostly its own mistake; several runs `averaged` find fewer and better ones.

    Parameters
    ----------
    part : one run's answers
    has_probabilities : without, nothing is found: a label alone says nothing of how sure it was
    most : rows that are kept; all where not given

    Returns
    -------
    One row a photo: id; true (index of the label it has), suggested (index of the class it looks like); quality (of
    the label, cleanlab's self-confidence), probability_true and probability_suggested, 0 to 1. Empty where nothing is
    found, and where all photos have the same label.
    """
    probabilities = part.probabilities.astype(float)
    if not has_probabilities or not np.isfinite(probabilities).all() or len(np.unique(part.true)) < 2:
        return _table(part, probabilities, np.zeros(0, np.int64), np.zeros(0))
    # Brings seconds of imports: nobody waits for it who doesn't ask for label errors
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    with warnings.catch_warnings():  # one a class that has few photos
        warnings.simplefilter("ignore")
        # "both" keeps what two ways of pruning agree on: a short list is looked through, a long one isn't.
        # One process: it is done in milliseconds, and a server must not fork.
        found = find_label_issues(
            part.true, probabilities, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
        )
        quality = get_label_quality_scores(part.true, probabilities)
    rows = np.asarray(found, np.int64)
    rows = rows[part.predicted[rows] != part.true[rows]][:most]
    return _table(part, probabilities, rows, quality[rows])


def averaged(parts: Sequence[PartPredictions]) -> PartPredictions:
    """Several runs' answers on the same photos as one: the mean of their probabilities.

    Raises ValueError for none, or for answers on other photos.
    """
    if not parts or any(part.ids != parts[0].ids for part in parts):
        raise ValueError(f"Answers on the same photos are needed. Received: {len(parts)} of them")
    mean = np.mean([part.probabilities for part in parts], axis=0)
    return parts[0].model_copy(update={"probabilities": mean})


def _table(part: PartPredictions, probabilities: np.ndarray, rows: np.ndarray, quality: np.ndarray) -> pd.DataFrame:
    true = part.true[rows]
    suggested = part.predicted[rows] if len(rows) else np.zeros(0, np.int64)
    values = (
        [part.ids[row] for row in rows],
        true,
        suggested,
        quality,
        probabilities[rows, true],
        probabilities[rows, suggested],
    )
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))
