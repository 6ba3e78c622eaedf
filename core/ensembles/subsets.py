"""Every set of members there is: how right each is, the best of each size, and how much choosing the best flatters."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from core.ensembles.margins import Margins, Report, gray_sets
from core.ensembles.voting import Scores

EXACT = 15  # members: up to here all sets are looked at
BEAM = 32  # beyond, so many sets of each size are kept and given one more member
NARROWEST = 4
LOOKED_AT = 100_000  # sets, about: of 56 members and more, fewer of each size are kept
DRAWS = 200
BLOCK = 128  # sets that are held against all draws at once


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
        return np.lexsort([*self._smaller_first, -self.right])

    @property
    def _smaller_first(self) -> list[np.ndarray]:
        """Keys for `np.lexsort`: the smaller set, then the one of the first runs."""
        return [*np.packbits(~self.sets, axis=1).T[::-1], self.sizes]

    @cached_property
    def places(self) -> np.ndarray:
        """int64 (n_sets,): of sets that are equally right the one of the lowest place is taken."""
        found = np.empty(len(self.sets), np.int64)
        found[np.lexsort(self._smaller_first)] = np.arange(len(found))
        return found

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
        members = set(runs)
        if not members <= set(self.runs):
            return None
        rows = np.flatnonzero((self.sets == [run in members for run in self.runs]).all(axis=1))
        return int(rows[0]) if len(rows) else None


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
    """Sets bool (n_sets, m) and photos that each gets right.

    What greedy forward selection would take stays in the beam, so the best set found is never worse than that.
    """
    width, looked_at = int(np.clip(LOOKED_AT // m**2, NARROWEST, BEAM)), []
    beam = greedy = np.zeros((1, m), bool)
    for size in range(1, m + 1):
        parents = np.concatenate([beam, greedy])
        grown = np.repeat(parents, m, axis=0) | np.tile(np.eye(m, dtype=bool), (len(parents), 1))
        grown = np.unique(grown[grown.sum(axis=1) == size], axis=0)[::-1]  # the first runs first
        right = margins.count_right(grown)
        looked_at.append((grown, right))
        best_first = np.argsort(-right, kind="stable")
        of_greedy = (grown & greedy).sum(axis=1) == size - 1
        greedy = grown[best_first[of_greedy[best_first]][:1]]
        beam = grown[best_first[:width]]
        if report:
            report(size, m)
    return np.concatenate([sets for sets, _ in looked_at]), np.concatenate([right for _, right in looked_at])


def same_sets(found: Subsets, scores: Scores) -> Subsets:
    """The sets of `found` on another part, row by row; none is chosen there. Raises ValueError for other members."""
    if found.runs != scores.runs:
        raise ValueError(f"The sets are of {', '.join(found.runs)}. Received: scores of {', '.join(scores.runs)}")
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


def optimism(
    found: Subsets, validation: Scores, test: Scores | None = None, seed: int = 0, report: Report | None = None
) -> Optimism:
    """Choose the best set again and again, on validation photos drawn with replacement, and look at it elsewhere.

    About 37 % of the photos are in no draw; there the chosen set shows what it is worth (Efron 1983's leave-one-out
    bootstrap). All sets of `found` can be chosen each time, so nothing of the choice was seen before. A draw that
    misses no photo tells nothing: there unseen is as chosen.
    """
    margins, n = Margins(validation), found.photos
    generator = np.random.default_rng(seed)
    if not n:
        return Optimism(np.zeros(DRAWS), np.zeros(DRAWS), None if test is None else np.zeros(DRAWS))
    drawn = np.stack([generator.multinomial(n, np.full(n, 1 / n)).astype(np.uint8) for _ in range(DRAWS)])
    counts, best = _chosen(found, margins, drawn, report)
    rows, choice = np.unique(best, return_inverse=True)
    right, missed = margins.right(found.sets[rows]), drawn == 0
    unseen = (missed & right[choice]).sum(axis=1) / np.maximum(missed.sum(axis=1), 1)
    chosen, on_test = counts / n, None
    if test is not None:
        counted = same_sets(replace(found, sets=found.sets[rows]), test)
        of = max(counted.photos, 1)
        on_test = generator.binomial(of, counted.accuracies[choice]) / of  # drawn photos enter only by their count
    return Optimism(chosen, np.where(missed.any(axis=1), unseen, chosen), on_test)


def _chosen(found: Subsets, margins: Margins, drawn: np.ndarray, report: Report | None) -> tuple[np.ndarray, ...]:
    """Of each draw (n_draws,): the most drawn photos that a set gets right, float64, and the set's row."""
    weight = drawn[:, margins.open].astype(np.float32)  # whole numbers below 2^24 stay whole
    most, best = np.full(len(drawn), -1.0), np.zeros(len(drawn), np.int64)
    for start in range(0, len(found.sets), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(found.sets)))
        counts = weight @ margins.right_open(found.sets[rows]).astype(np.float32).T  # (n_draws, n_rows)
        by_place = np.argsort(found.places[rows])
        first = rows[by_place[counts[:, by_place].argmax(axis=1)]]
        reached = counts.max(axis=1)
        better = (reached > most) | ((reached == most) & (found.places[first] < found.places[best]))
        most[better], best[better] = reached[better], first[better]
        if report:
            report(int(rows[-1]) + 1, len(found.sets))
    return most + drawn[:, margins.always_right].sum(axis=1), best
