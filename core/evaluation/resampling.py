"""The bootstrap: every figure again on photos drawn with replacement (Efron and Tibshirani 1993).

The same photos are drawn for all runs, so that draws can be subtracted run from run. What a figure needs of a draw are
a few sums over its photos, and most of those only over the photos that are wrong: one sparse product a run.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from core.evaluation.certainty import BINS, bins_of, photo_losses, sureness, within_first
from core.evaluation.figures import means
from core.records import PartPredictions

DRAWS = 2_000
AT_ONCE = 2_000_000  # photos times draws held at a time: 8 MB, about what a processor's cache holds


def photo_draws(n_photos: int, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each photo is drawn when as many are drawn as there are.

    Yields float32 ndarrays of shape (n_photos, some draws), `draws` columns together, each of sum n_photos. Equal
    arguments give equal draws.
    """
    random = np.random.default_rng(seed)
    done, at_once = 0, max(1, AT_ONCE // max(n_photos, 1))
    while done < draws:
        counts = np.empty((min(at_once, draws - done), n_photos), np.float32)
        for row in counts:  # a draw at a time stays in the cache
            row[:] = np.bincount(random.integers(n_photos, size=n_photos, dtype=np.int32), minlength=n_photos)
        yield np.ascontiguousarray(counts.T)
        done += len(counts)


def resampled(
    answers: Sequence[PartPredictions],
    n_classes: int,
    has_probabilities: Sequence[bool],
    draws: int = DRAWS,
    seed: int = 0,
) -> list[dict[str, np.ndarray]]:
    """The figures of every run on `draws` resamplings of their photos, the same ones for all.

    Parameters
    ----------
    answers : several runs' answers on the same photos
    has_probabilities : a flag a run; without, the figures that need them are left out

    Returns
    -------
    a dict a run: figure -> float64 ndarray of shape (draws,). Empty dicts where there are no photos.
    """
    photos = len(answers[0].true) if answers else 0
    if not photos:
        return [{} for _ in answers]
    true = answers[0].true
    of_class = _rows(true, np.arange(photos), np.ones(photos), n_classes, photos)
    of_runs = [_summed(one, n_classes, with_them) for one, with_them in zip(answers, has_probabilities, strict=True)]
    support, sums = [], [[] for _ in answers]
    for drawn in photo_draws(photos, draws, seed):
        support.append(of_class @ drawn)
        for summed, of_run in zip(sums, of_runs, strict=True):
            summed.append(of_run @ drawn)
    support = np.hstack(support).T.astype(float)  # (draws, c)
    return [_figures(np.hstack(summed).T.astype(float), support, n_classes, photos) for summed in sums]


def count_draws(confusion: np.ndarray, draws: int = DRAWS, seed: int = 0) -> dict[str, np.ndarray]:
    """The figures that counts give on `draws` resamplings, from a confusion matrix alone.

    Drawing photos with replacement draws the cells of the matrix from a multinomial distribution: no photo is needed,
    and a million photos take no longer than a thousand.

    Returns figure -> float64 ndarray of shape (draws,); nothing for a matrix without photos.
    """
    confusion = np.asarray(confusion, np.int64)
    photos, n_classes = int(confusion.sum()), len(confusion)
    if not photos:
        return {}
    true, predicted = np.nonzero(confusion)
    counts = confusion[true, predicted]
    drawn = np.random.default_rng(seed).multinomial(photos, counts / photos, size=draws).astype(float)  # (draws, cells)
    cells = np.arange(len(counts))

    def by_class(labels: np.ndarray, those: np.ndarray) -> np.ndarray:
        return (_rows(labels, those, np.ones(len(those)), n_classes, len(counts)) @ drawn.T).T

    diagonal = np.flatnonzero(true == predicted)
    return means(by_class(true[diagonal], diagonal), by_class(true, cells), by_class(predicted, cells))


def _rows(row: np.ndarray, column: np.ndarray, values: np.ndarray, rows: int, columns: int) -> csr_matrix:
    return csr_matrix((values.astype(np.float32), (row, column)), shape=(rows, columns))


def _summed(answers: PartPredictions, n_classes: int, has_probabilities: bool) -> csr_matrix:
    """What is summed over the photos of a draw, a row a sum: (rows, n_photos).

    Rows: photos of each class that were missed, photos wrongly taken for each class; then, with probabilities, how far
    the right ones are from the promised ones in each bin of the calibration error, the loss, and the photos whose truth
    is not among the first two.
    """
    true, predicted, photos = answers.true, answers.predicted, len(answers.true)
    wrong = np.flatnonzero(predicted != true)
    row, column = [true[wrong], n_classes + predicted[wrong]], [wrong, wrong]
    values = [np.ones(2 * len(wrong))]
    rows = 2 * n_classes
    if has_probabilities:
        every, outside = np.arange(photos), np.flatnonzero(~within_first(true, answers.probabilities))
        sure = sureness(answers.probabilities)
        row += [rows + bins_of(sure), np.full(photos, rows + BINS), np.full(len(outside), rows + BINS + 1)]
        column += [every, every, outside]
        values += [(predicted == true) - sure, photo_losses(true, answers.probabilities), np.ones(len(outside))]
        rows += BINS + 2
    return _rows(np.concatenate(row), np.concatenate(column), np.concatenate(values), rows, photos)


def _figures(sums: np.ndarray, support: np.ndarray, n_classes: int, photos: int) -> dict[str, np.ndarray]:
    """Figures of each draw from `_summed` times the draws, (draws, rows), and the photos of each class, (draws, c)."""
    missed, taken = sums[:, :n_classes], sums[:, n_classes : 2 * n_classes]
    right = support - missed
    found = means(right, support, right + taken)
    if sums.shape[1] > 2 * n_classes:
        found |= {
            "loss": sums[:, -2] / photos,
            "top2_accuracy": 1 - sums[:, -1] / photos,
            "calibration_error": np.abs(sums[:, 2 * n_classes : -2]).sum(axis=1) / photos,
        }
    return found
