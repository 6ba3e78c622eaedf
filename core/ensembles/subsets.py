"""Every set of members there is: how right each is, the best of each size, and how much choosing the best flatters."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from core.ensembles.margins import Margins, Report, gray_sets
from core.ensembles.voting import Scores

EXACT = 15  # members: up to here all sets are looked at
BEAM = 32  # beyond, so many sets of each size are kept and given one more member
CLOSEST = 256  # best sets among which the bootstrap chooses: a worse one is hardly ever chosen
DRAWS = 400


@dataclass(frozen=True)
class Subsets:
    """Sets of members and how many photos of one part each gets right."""

    runs: tuple[str, ...]  # run ids; a column of `sets` each
    sets: np.ndarray  # bool (n_sets, n_members)
    right: np.ndarray  # int64 (n_sets,), photos
    photos: int
    exact: bool  # whether these are all sets there are

    @cached_property
    def accuracies(self) -> np.ndarray:
        """float64 (n_sets,), 0 to 1."""
        return self.right / max(self.photos, 1)

    @cached_property
    def sizes(self) -> np.ndarray:
        """int64 (n_sets,), members."""
        return self.sets.sum(axis=1)

    @cached_property
    def ranked(self) -> np.ndarray:
        """Rows, the most accurate first; of equals the smaller set, then the one of the first runs."""
        members = [~self.sets[:, column] for column in range(self.sets.shape[1])][::-1]
        return np.lexsort([*members, self.sizes, -self.right])

    @cached_property
    def best_by_size(self) -> dict[int, int]:
        """Number of members -> the row of the most accurate set of that size."""
        sizes = self.sizes[self.ranked]
        return {int(size): int(self.ranked[np.argmax(sizes == size)]) for size in np.unique(sizes)}

    def runs_of(self, row: int) -> tuple[str, ...]:
        """Ids of the members of a set."""
        return tuple(run for run, on in zip(self.runs, self.sets[row], strict=True) if on)

    def row_of(self, runs) -> int | None:
        """The row of exactly these runs; None where that set was not looked at."""
        wanted = np.isin(self.runs, list(runs))
        rows = np.flatnonzero((self.sets == wanted).all(axis=1))
        return int(rows[0]) if len(rows) and wanted.sum() == len(set(runs)) else None


def subsets(scores: Scores, report: Report | None = None) -> Subsets:
    """All sets of up to `EXACT` members; of more, those that a beam search comes by.

    Parameters
    ----------
    scores : what the members add on the part that decides, which is validation
    report : told (sets done, sets in all) now and then
    """
    margins, m = Margins(scores), len(scores.runs)
    if m <= EXACT:
        sets = gray_sets(m)
        return Subsets(scores.runs, sets, margins.count_right(sets, report), margins.photos, True)
    return Subsets(scores.runs, *_beam(margins, m, report), margins.photos, False)


def _beam(margins: Margins, m: int, report: Report | None) -> tuple[np.ndarray, np.ndarray]:
    beam, looked_at = np.zeros((1, m), bool), []
    for size in range(1, m + 1):
        grown = np.repeat(beam, m, axis=0) | np.tile(np.eye(m, dtype=bool), (len(beam), 1))
        grown = np.unique(grown[grown.sum(axis=1) == size], axis=0)
        right = margins.count_right(grown)
        looked_at.append((grown, right))
        beam = grown[np.argsort(-right, kind="stable")[:BEAM]]
        if report:
            report(size, m)
    return np.concatenate([sets for sets, _ in looked_at]), np.concatenate([right for _, right in looked_at])


def same_sets(found: Subsets, scores: Scores) -> Subsets:
    """The sets of `found` on another part, row by row; none is chosen there."""
    margins = Margins(scores)
    return Subsets(found.runs, found.sets, margins.count_right(found.sets), margins.photos, found.exact)


class Optimism(NamedTuple):
    """How much the best set's figure flatters it, over bootstrap draws of the photos it is chosen by."""

    chosen: np.ndarray  # float64 (n_draws,), 0 to 1: the best set's accuracy on the drawn validation photos
    unseen: np.ndarray  # float64 (n_draws,): the same set's on the validation photos that were not drawn
    test: np.ndarray | None  # float64 (n_draws,): the same set's on as many drawn test photos; None without test

    @property
    def points(self) -> float:
        """Mean of chosen less unseen, in accuracy (0.01 is one point)."""
        return float(np.mean(self.chosen - self.unseen))


def optimism(found: Subsets, validation: Scores, test: Scores | None = None, seed: int = 0) -> Optimism:
    """Choose the best set again and again, on validation photos drawn with replacement, and look at it elsewhere.

    About 37 % of the photos are in no draw; there the chosen set shows what it is worth (Efron 1983's leave-one-out
    bootstrap). The choice is among the `CLOSEST` best sets on all of validation.
    """
    rows = found.ranked[:CLOSEST]
    rows = rows[np.argsort(rows, kind="stable")]  # neighbours differ by few members
    right = Margins(validation).right(found.sets[rows]).astype(np.float32)  # (n_sets, n_photos)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(found.photos, np.full(found.photos, 1 / found.photos), DRAWS)
    drawn = drawn.astype(np.float32)  # (n_draws, n_photos), how often each was drawn
    counts = drawn @ right.T  # (n_draws, n_sets)
    smaller_first = np.argsort(found.sizes[rows], kind="stable")
    best = smaller_first[counts[:, smaller_first].argmax(axis=1)]
    missed = (drawn == 0).astype(np.float32)
    unseen = (missed * right[best]).sum(axis=1) / np.maximum(missed.sum(axis=1), 1)
    on_test = None
    if test is not None:
        of_test = Margins(test).right(found.sets[rows])
        n = of_test.shape[1]
        on_test = generator.binomial(n, of_test.mean(axis=1)[best]) / n  # drawn photos enter only by their count
    chosen = counts[np.arange(DRAWS), best] / found.photos
    return Optimism(chosen.astype(float), unseen.astype(float), on_test)
