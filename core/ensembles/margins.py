"""Who is right in many sets of members at once: sums of margins instead of votes counted anew.

A photo's margin against a class is the true class's score less that class's. Margins add as scores do; a set is right
about a photo where no sum of its members' margins is below 0.
"""

from collections.abc import Callable, Iterator

import numpy as np

from core.ensembles.voting import Scores

TOLD = 512  # sets between two reports
Report = Callable[[int, int], None]  # sets done, sets in all


class Margins:
    """Margins of each member, for photos that not every set gets equally right or wrong."""

    def __init__(self, scores: Scores):
        self.photos = len(scores.true)
        own = np.arange(self.photos), scores.true
        # Of classes with equal scores the first wins: a class before the true one needs a clear loss.
        prior = scores.prior + (np.arange(scores.prior.shape[1]) < scores.true[:, None])
        start = prior[own][:, None] - prior  # (n_photos, n_classes), as all up to the open photos; 0 at the true class
        least = most = scores.members[0][own][:, None] - scores.members[0]
        for one in scores.members[1:]:
            of_one = one[own][:, None] - one
            least, most = np.minimum(least, of_one), np.maximum(most, of_one)
        self.always_right = (np.minimum(least, start + least) >= 0).all(axis=1)  # bool (n_photos,), in any set
        always_wrong = (np.maximum(most, start + most) < 0).any(axis=1)
        self.open = np.flatnonzero(~(self.always_right | always_wrong))  # photos that depend on who is in the set
        # Margins are made again, since those of all photos at once would be one more copy of everything.
        true = scores.true[self.open]
        self.prior = _margins(prior[self.open], true)  # int64 (n_classes - 1, n_open)
        shape = len(scores.members), *self.prior.shape
        self.members = np.empty(shape, np.int64)
        for margins, one in zip(self.members, scores.members, strict=True):
            margins[:] = _margins(one[self.open], true)

    def sums(self, sets: np.ndarray, report: Report | None = None) -> Iterator[np.ndarray]:
        """The margins' sum of each set, in the same array again and again: int64 (n_classes - 1, n_open).

        sets : bool ndarray of shape (n_sets, n_members), in any order; quickest where neighbours differ by one member
        """
        total, current = self.prior.copy(), np.zeros(len(self.members), bool)
        for number, wanted in enumerate(sets):
            for member in np.flatnonzero(wanted != current).tolist():
                if wanted[member]:
                    total += self.members[member]
                else:
                    total -= self.members[member]
            current = wanted
            yield total
            if report and (number + 1) % TOLD == 0:
                report(number + 1, len(sets))

    def count_right(self, sets: np.ndarray, report: Report | None = None) -> np.ndarray:
        """How many photos each set gets right, int64 (n_sets,); what an empty set gets right is not defined here."""
        settled = int(self.always_right.sum())
        found = [np.count_nonzero(total.min(axis=0) >= 0) for total in self.sums(sets, report)]
        return np.array(found, np.int64) + settled

    def right_open(self, sets: np.ndarray) -> np.ndarray:
        """Which of the `open` photos each set gets right, bool (n_sets, n_open)."""
        found = np.empty((len(sets), len(self.open)), bool)
        for row, total in zip(found, self.sums(sets), strict=True):
            row[:] = total.min(axis=0) >= 0
        return found

    def right(self, sets: np.ndarray) -> np.ndarray:
        """Which photos each set gets right, bool (n_sets, n_photos)."""
        found = np.repeat(self.always_right[None], len(sets), axis=0)
        found[:, self.open] = self.right_open(sets)
        return found


def _margins(scores: np.ndarray, true: np.ndarray) -> np.ndarray:
    """int64 (n_classes - 1, n_photos): the true class's score less each other class's, in the order of the classes."""
    n, c = scores.shape
    others = np.arange(c - 1)[:, None]
    others = others + (others >= true)
    photos = np.arange(n)
    return scores[photos, true] - scores[photos, others]


def gray_sets(n_members: int) -> np.ndarray:
    """All sets but the empty one, each differing from the one before by one member: bool (2^n - 1, n_members)."""
    numbers = np.arange(1, 2**n_members)
    return ((numbers ^ (numbers >> 1))[:, None] >> np.arange(n_members) & 1).astype(bool)
