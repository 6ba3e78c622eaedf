"""Choosing members on validation: step by step by what the ensemble gains, and by what the members confuse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.ensembles.margins import Margins
from core.ensembles.voting import Scores
from core.evaluation.figures import confusion, rates
from core.records import Part, Predictions

STEPS = 50  # of forward selection with replacement


class Stage(NamedTuple):
    """The ensemble after one step of a selection."""

    run: str  # the member that came, or that was left out
    members: tuple[str, ...]  # run ids after the step, sorted; one that came twice stands twice
    accuracy: float  # on validation, 0 to 1


@dataclass(frozen=True)
class Path:
    """A selection from its first step to its last."""

    stages: tuple[Stage, ...]

    @property
    def best(self) -> Stage:
        """The most accurate stage; of equals the one with the fewest members."""
        return max(self.stages, key=lambda stage: (stage.accuracy, -len(stage.members)))


def forward(scores: Scores, most: int = STEPS) -> Path:
    """Greedy forward selection with replacement (Caruana et al. 2004): take whoever helps most, again and again.

    A member that is taken several times weighs so much more. Of members that help alike the one that was not taken
    yet comes, then the first id. `scores` are of validation; `most` steps.
    """
    margins, m = Margins(scores), len(scores.runs)
    taken, total, stages = np.zeros(m, int), margins.prior.copy(), []
    settled = int(margins.always_right.sum())
    for _ in range(most):
        right = [np.count_nonzero((total + one).min(axis=0) >= 0) for one in margins.members]
        chosen = min(range(m), key=lambda member: (-right[member], taken[member] > 0, member))
        taken[chosen] += 1
        total += margins.members[chosen]
        members = tuple(run for run, times in zip(scores.runs, taken, strict=True) for _ in range(times))
        stages.append(Stage(scores.runs[chosen], members, (right[chosen] + settled) / max(margins.photos, 1)))
    return Path(tuple(stages))


def backward(scores: Scores) -> Path:
    """Start with everybody and leave out, step by step, whoever is missed least; of equals the last id."""
    margins, m = Margins(scores), len(scores.runs)
    on = np.ones(m, bool)
    stages = [Stage("", scores.runs, margins.count_right(on[None])[0] / max(margins.photos, 1))]
    while on.sum() > 1:
        left = np.flatnonzero(on)
        sets = np.repeat(on[None], len(left), axis=0)
        sets[np.arange(len(left)), left] = False
        right = margins.count_right(sets)
        out = int(np.flatnonzero(right == right.max())[-1])
        on[left[out]] = False
        members = tuple(run for run, stays in zip(scores.runs, on, strict=True) if stays)
        stages.append(Stage(scores.runs[left[out]], members, right[out] / max(margins.photos, 1)))
    return Path(tuple(stages))


@dataclass(frozen=True)
class Cover:
    """Which member knows which class, from the members' confusion matrices on one part."""

    runs: tuple[str, ...]
    classes: tuple[str, ...]
    recall: np.ndarray  # float64 (n_members, n_classes), 0 to 1
    precision: np.ndarray
    f1: np.ndarray
    support: np.ndarray  # int64 (n_classes,)

    def specialists(self, measure: str = "f1") -> dict[str, str]:
        """Class -> id of the member that is best at it by "recall", "precision" or "f1"; of equals the first id."""
        best = getattr(self, measure).argmax(axis=0)
        return {name: self.runs[member] for name, member in zip(self.classes, best.tolist(), strict=True)}

    def covered(self, runs: Sequence[str], measure: str = "f1") -> float:
        """Mean over the classes of what the best of `runs` at it reaches, 0 to 1; 0 for nobody."""
        rows = np.flatnonzero(np.isin(self.runs, list(runs)))
        return float(getattr(self, measure)[rows].max(axis=0).mean()) if len(rows) else 0.0

    def gains(self, runs: Sequence[str], measure: str = "f1") -> dict[str, float]:
        """What `covered` would lose without each of `runs`, and gain with each of the others: run id -> 0 to 1."""
        all_of = self.covered(runs, measure)
        return {
            run: all_of - self.covered([other for other in runs if other != run], measure)
            if run in runs
            else self.covered([*runs, run], measure) - all_of
            for run in self.runs
        }


def cover(predictions: Mapping[str, Predictions], part: Part = Part.VALIDATION) -> Cover:
    """The members' recall, precision and F1 of each class."""
    runs = tuple(sorted(predictions))
    first = predictions[runs[0]]
    n_classes = len(first.classes)
    answers = [predictions[run].parts[part] for run in runs]
    counts = np.stack([confusion(one.true, one.predicted, n_classes) for one in answers])
    precision, recall, f1 = rates(counts)
    return Cover(runs, first.classes, recall, precision, f1, counts[0].sum(axis=1))


def by_confusion(found: Cover, most: int | None = None, measure: str = "f1") -> tuple[tuple[str, float], ...]:
    """Members that together cover each class best: (run id, mean over the classes of the best specialist's figure).

    Greedy: whoever raises the mean most comes next, until nobody does; with `most`, until so many are there. The mean
    is submodular, so this reaches at least 1 - 1/e of the best set of that size (Nemhauser, Wolsey and Fisher 1978).
    Of equals the one that is better over all classes comes, then the first id.
    """
    chosen: list[tuple[str, float]] = []
    own = dict(zip(found.runs, getattr(found, measure).mean(axis=1), strict=True))
    while len(chosen) < min(len(found.runs) if most is None else most, len(found.runs)):
        runs = [run for run, _ in chosen]
        left = [run for run in found.runs if run not in runs]
        best = max(left, key=lambda run: (found.covered([*runs, run], measure), own[run]))
        reached = found.covered([*runs, best], measure)
        if chosen and reached <= chosen[-1][1] and most is None:
            break
        chosen.append((best, reached))
    return tuple(chosen)


def rescues(predictions: Mapping[str, Predictions], part: Part, label: int) -> pd.DataFrame:
    """Who is right about a class when another one misses it: of the photos that the row misses, the column's share.

    Returns a float frame (0 to 1) with run ids as index and columns, NaN on the diagonal and where the row misses no
    photo of the class; its `attrs["missed"]` holds how many each row misses.
    """
    runs = sorted(predictions)
    answers = [predictions[run].parts[part] for run in runs]
    of_class = answers[0].true == label
    right = np.stack([one.predicted[of_class] == label for one in answers]).astype(float)
    missed = (1 - right).sum(axis=1)
    shares = np.full((len(runs), len(runs)), np.nan)
    np.divide((1 - right) @ right.T, missed[:, None], out=shares, where=missed[:, None] > 0)
    np.fill_diagonal(shares, np.nan)
    frame = pd.DataFrame(shares, index=runs, columns=runs)
    frame.attrs["missed"] = dict(zip(runs, missed.astype(int).tolist(), strict=True))
    return frame
