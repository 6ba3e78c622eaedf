"""How members' answers become one answer: majority vote and mean of probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.errors import BadPredictions, DifferentTest, TooFewRuns
from core.evaluation.figures import Figures, figures_of, part_figures
from core.records import Part, Predictions

# Probabilities are added as whole multiples of 2^-52, so that a sum is exact and the members' order can't change an
# answer. float32 resolves 2^-24, so nothing a model said is lost; int64 holds the sum of 2,047 members.
STEPS = 2.0**52
MOST_MEMBERS = 2047


class Rule(NamedTuple):
    title: str
    help: str  # what it does, in one sentence


RULES = {
    "vote": Rule(
        "Majority vote", "Each member has one vote a photo; a tie goes to the tied class of highest mean probability."
    ),
    "mean": Rule(
        "Mean of probabilities", "The members' probabilities are averaged, and the class of highest mean wins."
    ),
}


@dataclass(frozen=True)
class EnsemblePart:
    """An ensemble's answers on one part."""

    true: np.ndarray  # int64 (n_photos,)
    predicted: np.ndarray  # int64 (n_photos,)
    probabilities: np.ndarray  # float64 (n_photos, n_classes), rows sum to 1: mean probabilities, or shares of votes
    tied: np.ndarray  # bool (n_photos,), where several classes were exactly level at the top
    has_probabilities: bool  # False for votes and where a member brought labels only: then there is no loss

    @property
    def ties(self) -> int:
        return int(self.tied.sum())

    def figures(self, classes: Sequence[str]) -> Figures:
        return figures_of(self.true, self.predicted, classes, self.probabilities if self.has_probabilities else None)


def _sums(stack: np.ndarray) -> np.ndarray:
    """Exact sums over the members, int64 (n_photos, n_classes) in units of 2^-52."""
    total = np.zeros(stack.shape[1:], np.int64)
    for probabilities in stack:  # member by member: no float64 copy of the whole stack
        total += np.rint(probabilities * STEPS).astype(np.int64)
    return total


def _highest(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the highest score in each row (the first of equals), and whether it has equals."""
    level = scores == scores.max(axis=1, keepdims=True)
    return level.argmax(axis=1), level.sum(axis=1) > 1


def vote(stack: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
    """Majority vote; a tie goes to the tied class with the highest mean probability, then to the first class.

    Parameters
    ----------
    stack : float ndarray of shape (n_members, n_photos, n_classes), 0 to 1

    Returns
    -------
    predicted : int64 ndarray of shape (n_photos,)
    ties : how many photos had several classes with the most votes
    tied : bool ndarray of shape (n_photos,), which ones
    """
    counts = vote_counts(stack)
    predicted, tied = _highest(counts)
    if tied.any():
        level = counts[tied] == counts[tied].max(axis=1, keepdims=True)
        predicted[tied] = np.where(level, _sums(stack[:, tied]), -1).argmax(axis=1)
    return predicted, int(tied.sum()), tied


def vote_counts(stack: np.ndarray) -> np.ndarray:
    """Votes each class got for each photo: int64 ndarray of shape (n_photos, n_classes)."""
    _, n_photos, n_classes = stack.shape
    cells = np.arange(n_photos) * n_classes + stack.argmax(axis=2)  # (n_members, n_photos)
    return np.bincount(cells.ravel(), minlength=n_photos * n_classes).reshape(n_photos, n_classes)


def mean(stack: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of the members' probabilities; classes exactly level go to the first.

    Parameters
    ----------
    stack : float ndarray of shape (n_members, n_photos, n_classes), 0 to 1

    Returns
    -------
    predicted : int64 ndarray of shape (n_photos,)
    probabilities : float64 ndarray of shape (n_photos, n_classes), the mean
    tied : bool ndarray of shape (n_photos,), where several classes were exactly level at the top
    """
    sums = _sums(stack)
    predicted, tied = _highest(sums)
    return predicted, sums / (STEPS * len(stack)), tied


def check_members(predictions: Sequence[Predictions], names: Sequence[str] | None = None) -> None:
    """Raise DifferentTest unless all members answered the same photos; TooFewRuns when there is none."""
    if not predictions:
        raise TooFewRuns(verb="An ensemble", needed=1, received=0)
    if len(predictions) > MOST_MEMBERS:
        raise ValueError(f"An ensemble takes at most {MOST_MEMBERS} members. Received: {len(predictions)}")
    names = names or [f"member {number}" for number in range(1, len(predictions) + 1)]
    first = predictions[0]
    for name, member in zip(names, predictions, strict=True):
        if member.evaluation_id != first.evaluation_id or member.classes != first.classes:
            raise DifferentTest(
                name=name, received=member.evaluation_id, reference=names[0], expected=first.evaluation_id
            )


def combine(
    predictions: Sequence[Predictions], rule: str, part: Part, names: Sequence[str] | None = None
) -> EnsemblePart:
    """The ensemble's answers on `part`, by `rule` ("vote" or "mean").

    `names` are the members' names for error sentences. A member that brought labels only counts as probability 1 for
    its answer. Raises DifferentTest, TooFewRuns, BadPredictions (probabilities that are no numbers).
    """
    check_members(predictions, names)
    stack = np.stack([member.parts[part].probabilities for member in predictions])  # (m, n, c) float32
    if not np.isfinite(stack).all():
        bad = next(number for number, member in enumerate(stack) if not np.isfinite(member).all())
        name = names[bad] if names else f"member {bad + 1}"
        raise BadPredictions(name=name, reason="some probabilities are not numbers")
    has_probabilities = rule == "mean" and all(member.has_probabilities for member in predictions)
    if rule == "vote":
        predicted, _, tied = vote(stack)
        probabilities = vote_counts(stack) / len(stack)
    elif rule == "mean":
        predicted, probabilities, tied = mean(stack)
    else:
        raise ValueError(f"rule must be one of {', '.join(RULES)}. Received: {rule}")
    return EnsemblePart(predictions[0].parts[part].true, predicted, probabilities, tied, has_probabilities)


def ensemble_json(members: dict[str, Predictions], rule: str, names: Sequence[str] | None = None) -> dict:
    """The object of `ensemble --json`: rule, members, ensemble, ties, subsets.

    `members` maps run ids to predictions; the order is kept and changes no figure.
    """
    predictions = list(members.values())
    check_members(predictions, names or list(members))
    parts = list(predictions[0].parts)
    combined = {part: combine(predictions, rule, part, names or list(members)) for part in parts}
    classes = predictions[0].classes
    return {
        "rule": rule,
        "members": [
            {"id": run}
            | {str(part): part_figures(of.parts[part], classes, of.has_probabilities).summary for part in parts}
            for run, of in members.items()
        ],
        "ensemble": {str(part): answers.figures(classes).summary for part, answers in combined.items()},
        "ties": {str(part): answers.ties for part, answers in combined.items()},
        "subsets": [],
    }
