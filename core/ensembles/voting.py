"""An ensemble's answers to validation and test photos, by any of the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from core.ensembles import rules
from core.ensembles.rules import RULES, STEPS, VOTE
from core.ensembles.stacking import stacked
from core.errors import BadPredictions, DifferentTest, NeedsProbabilities, NoWeights, TooFewRuns
from core.evaluation.figures import Figures, figures_of
from core.records import EnsembleSpec, Part, Predictions, RuleName, Weighting

ROUNDING = 1e-3  # a softmax in low precision may end a little above 1
LEAST_WEIGHT = 1e-6  # by hand; anything lighter is nothing beside `STEPS`
FOLDS = 5  # a rule that learns from validation answers each fifth of it from the other four


@dataclass(frozen=True)
class EnsemblePart:
    """An ensemble's answers on one part."""

    true: np.ndarray  # int64 (n_photos,)
    predicted: np.ndarray  # int64 (n_photos,)
    probabilities: np.ndarray  # float64 (n_photos, n_classes), rows sum to 1: probabilities, or shares of votes
    tied: np.ndarray  # bool (n_photos,), where several classes were exactly level at the top
    has_probabilities: bool  # False for votes and where a member brought labels only: then there is no loss

    @property
    def ties(self) -> int:
        return int(self.tied.sum())

    def figures(self, classes: Sequence[str]) -> Figures:
        return figures_of(self.true, self.predicted, classes, self.probabilities if self.has_probabilities else None)


class Scores(NamedTuple):
    """What each member adds, under a rule that adds: the class with the highest sum wins, of equals the first."""

    runs: tuple[str, ...]  # ids, sorted
    members: np.ndarray  # int64 (n_members, n_photos, n_classes)
    prior: np.ndarray  # int64 (n_photos, n_classes), there before a member answers
    true: np.ndarray  # int64 (n_photos,)


def learns(spec: EnsembleSpec) -> bool:
    """Whether the rule learns from validation labels, so that validation is answered fold by fold."""
    return RULES[spec.rule].learns or (spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.OPTIMISED)


def adds(rule: RuleName) -> bool:
    """Whether members' scores are added, so that members can be switched one by one without learning anew."""
    return RULES[rule].adds


def folds(true: np.ndarray) -> np.ndarray:
    """Which of `FOLDS` each photo is in, int ndarray of shape (n_photos,); each class is spread evenly."""
    found = np.empty(len(true), int)
    found[np.argsort(true, kind="stable")] = np.arange(len(true)) % FOLDS
    return found


def check_members(predictions: Mapping[str, Predictions], names: Mapping[str, str] | None = None) -> None:
    """Raise DifferentTest unless all answered the same photos, TooFewRuns when there is none, and BadPredictions for
    probabilities that are no numbers or not between 0 and 1.

    `names` are what sentences call the runs.
    """
    if not predictions:
        raise TooFewRuns(verb="An ensemble", needed=1, received=0)
    names = dict(zip(predictions, predictions, strict=True)) | dict(names or {})
    first, *_ = predictions
    reference = predictions[first]
    for run, member in predictions.items():
        if member.evaluation_id != reference.evaluation_id or member.classes != reference.classes:
            raise DifferentTest(
                name=names[run],
                received=member.evaluation_id,
                reference=names[first],
                expected=reference.evaluation_id,
            )
        for part in member.parts.values():
            lowest, highest = (limit(part.probabilities, initial=0.5) for limit in (np.min, np.max))
            if np.isnan(lowest):
                raise BadPredictions(name=names[run], reason="some probabilities are not numbers")
            if lowest < 0 or highest > 1 + ROUNDING:  # whole numbers would overflow without a word
                raise BadPredictions(name=names[run], reason="some probabilities are not between 0 and 1")


def check(spec: EnsembleSpec, predictions: Mapping[str, Predictions], names: Mapping[str, str] | None = None) -> None:
    """What `check_members` raises; NeedsProbabilities, and NoWeights where all members of a weighted mean weigh 0."""
    members = {run: predictions[run] for run in spec.runs}
    check_members(members, names)
    by_optimum = spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.OPTIMISED
    if RULES[spec.rule].needs_probabilities or by_optimum:
        for run, member in members.items():
            if not member.has_probabilities:
                rule = "A weighted mean with optimised weights" if by_optimum else RULES[spec.rule].title
                raise NeedsProbabilities(rule=rule, name=(names or {}).get(run, run))
    by_hand = spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.HAND
    if by_hand and not any(member.weight >= LEAST_WEIGHT for member in spec.members):
        raise NoWeights()


def combine(
    spec: EnsembleSpec, predictions: Mapping[str, Predictions], part: Part, names: Mapping[str, str] | None = None
) -> EnsemblePart:
    """The ensemble's answers on `part`.

    What a rule learns it learns on validation. Its answers to validation photos are then made in five folds, each
    from what the other four teach, so that its validation figures speak of photos it did not learn from. A member that
    brought labels only counts as probability 1 for its answer.

    `predictions` by run id hold the members; `names` are what error sentences call them. Raises DifferentTest,
    TooFewRuns, BadPredictions (probabilities that are none), NeedsProbabilities, NoWeights.
    """
    check(spec, predictions, names)
    if not adds(spec.rule):
        return _stacking(spec, predictions, part)
    found = _scores(spec, predictions, part)
    return answers(spec, found, all(predictions[run].has_probabilities for run in spec.runs))


def scores(
    spec: EnsembleSpec, predictions: Mapping[str, Predictions], part: Part, names: Mapping[str, str] | None = None
) -> Scores:
    """What each member adds on `part`; see `combine`. ValueError for a rule that does not add."""
    check(spec, predictions, names)
    if not adds(spec.rule):
        raise ValueError(f"{spec.rule} does not add its members' scores")
    return _scores(spec, predictions, part)


def answers(spec: EnsembleSpec, found: Scores, has_probabilities: bool = True) -> EnsemblePart:
    """The answers that members' scores add up to; `has_probabilities`: whether all members brought some."""
    total = found.prior + found.members.sum(axis=0)
    tops = total // VOTE if spec.rule == RuleName.VOTE else total  # probabilities settle a tie, they don't undo it
    tied = (tops == tops.max(axis=1, keepdims=True)).sum(axis=1) > 1
    if spec.rule == RuleName.VOTE:
        probabilities = tops / len(found.runs)
    elif spec.rule == RuleName.BAYES:
        probabilities = softmax(total / STEPS, axis=1)
    else:
        probabilities = total / np.maximum(total.sum(axis=1, keepdims=True), 1)
    counted = spec.rule in (RuleName.VOTE, RuleName.CLASSES)
    return EnsemblePart(found.true, total.argmax(axis=1), probabilities, tied, has_probabilities and not counted)


def answer_new(
    spec: EnsembleSpec,
    predictions: Mapping[str, Predictions],
    stack: Mapping[str, np.ndarray],
    names: Mapping[str, str] | None = None,
) -> EnsemblePart:
    """The ensemble's answers to photos that nobody has labelled: `true` is -1 throughout.

    What the rule learns it learns on all of validation, as for the test part.

    Parameters
    ----------
    predictions : by run id, of the members
    stack : by run id, float ndarray of shape (n_photos, n_classes), each member's probabilities of the new photos

    Raises what `combine` raises.
    """
    check(spec, predictions, names)
    runs, known, labels = _stack(spec, predictions, Part.VALIDATION)
    asked = np.stack([np.asarray(stack[run], np.float32) for run in runs])
    unknown = np.full(asked.shape[1], -1)
    if not adds(spec.rule):
        return _highest(unknown, stacked(known, labels, asked))
    learned = _learned(spec, runs, rules.known_from(known, labels))
    found = Scores(runs, *_added(spec, learned, asked), unknown)
    return answers(spec, found, all(predictions[run].has_probabilities for run in runs))


def member_weights(spec: EnsembleSpec, predictions: Mapping[str, Predictions]) -> dict[str, float]:
    """Weight of each run under the rule "weighted", of sum 1; equal weights under another rule."""
    if spec.rule != RuleName.WEIGHTED:
        return dict.fromkeys(spec.runs, 1 / len(spec.runs))
    runs, stack, true = _stack(spec, predictions, Part.VALIDATION)
    found = _learned(spec, runs, rules.known_from(stack, true)).weights
    return dict(zip(runs, (found / found.sum()).tolist(), strict=True))


def _stack(spec: EnsembleSpec, predictions, part: Part) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Run ids, sorted so that the order of the members changes nothing; (m, n, c) float32; the labels (n,)."""
    runs = tuple(sorted(spec.runs))
    stack = np.stack([predictions[run].parts[part].probabilities for run in runs])
    return runs, stack, predictions[runs[0]].parts[part].true


def _learned(spec: EnsembleSpec, runs, known: rules.Known | None) -> rules.Learned:
    """What the rule knows of the members; `known` may be None for `rules.FIXED`.

    Weights are not made to sum to 1: a member's scores are then the same whoever else is there, to the last bit.
    """
    if spec.rule in rules.FIXED:
        return rules.Learned(np.ones(len(runs)))
    by_run = {member.run: member.weight for member in spec.members}
    by_hand = np.array([by_run[run] for run in runs])
    weights = rules.weights_of(spec.weighting, known, by_hand) if spec.rule == RuleName.WEIGHTED else None
    return rules.learn(spec.rule, known, weights)


def _scores(spec: EnsembleSpec, predictions, part: Part) -> Scores:
    runs, stack, true = _stack(spec, predictions, part)
    if spec.rule in rules.FIXED:
        return Scores(runs, *_added(spec, _learned(spec, runs, None), stack), true)
    validation, labels = (stack, true) if part == Part.VALIDATION else _stack(spec, predictions, Part.VALIDATION)[1:]
    known = rules.known_from(validation, labels)
    if part == Part.VALIDATION and learns(spec):
        return _by_folds(spec, runs, stack, known)
    return Scores(runs, *_added(spec, _learned(spec, runs, known), stack), true)


def _by_folds(spec: EnsembleSpec, runs, stack: np.ndarray, known: rules.Known) -> Scores:
    members, prior = np.empty(stack.shape, np.int64), np.empty(stack.shape[1:], np.int64)
    fold = folds(known.true)
    for number in range(FOLDS):
        here = np.flatnonzero(fold == number)
        learned = _learned(spec, runs, known.among(fold != number))
        members[:, here], prior[here] = _added(spec, learned, stack[:, here])
    return Scores(runs, members, prior, known.true)


def _added(spec: EnsembleSpec, learned: rules.Learned, stack: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = np.empty(stack.shape, np.int64)
    for member, weights, probabilities in zip(found, learned.weights, stack, strict=True):
        member[:] = rules.scores(spec.rule, weights, probabilities)
    return found, rules.prior_scores(learned.prior, *stack.shape[1:])


def _stacking(spec: EnsembleSpec, predictions, part: Part) -> EnsemblePart:
    _, known, labels = _stack(spec, predictions, Part.VALIDATION)
    if part == Part.VALIDATION:
        true, probabilities, fold = labels, np.zeros(known.shape[1:]), folds(labels)
        for number in range(FOLDS):
            here, taught = fold == number, fold != number
            if here.any():
                probabilities[here] = stacked(known[:, taught], labels[taught], known[:, here])
    else:
        _, stack, true = _stack(spec, predictions, part)
        probabilities = stacked(known, labels, stack)
    return _highest(true, probabilities)


def _highest(true: np.ndarray, probabilities: np.ndarray) -> EnsemblePart:
    highest = probabilities == probabilities.max(axis=1, keepdims=True)
    return EnsemblePart(true, probabilities.argmax(axis=1), probabilities, highest.sum(axis=1) > 1, True)
