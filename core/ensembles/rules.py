"""How members' answers become one: every rule gives each member scores a class, and the highest sum wins.

Scores are whole numbers (int64), so a sum is exact: the members' order can't change an answer, and a member can be
added to or taken from a sum that is already there. Rules that learn from validation learn each member by itself, but
for "optimised" weights and stacking, which see all at once.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from core.evaluation.figures import confusion
from core.records import RuleName, Weighting

STEPS = 2.0**40  # a probability of 1; float32 resolves 2^-24
FIXED = (RuleName.VOTE, RuleName.MEAN)  # nothing to learn
VOTE = 2**51  # above the sum of 2,047 members' probabilities, so that probabilities only settle equal votes
TINY = 1e-12  # least probability that is weighed: one certain mistake must not forbid a weight


class Rule(NamedTuple):
    title: str
    help: str  # what it does, in one sentence
    formula: str  # LaTeX; m: members, x: a photo, k: a class, p: probability, s: the class a member says
    learns: bool = False  # from the validation labels, more than one figure a member
    needs_probabilities: bool = False  # a member that brought labels only can't take part
    adds: bool = True  # each member's scores are its own and are added; else only the whole set has an answer


RULES = {
    RuleName.VOTE: Rule(
        "Majority vote",
        "Each member has one vote a photo; a tie goes to the tied class of highest mean probability.",
        r"\hat y(x) = \arg\max_k \sum_m [s_m(x) = k]",
    ),
    RuleName.MEAN: Rule(
        "Mean of probabilities",
        "The members' probabilities are averaged, and the class of highest mean wins.",
        r"\hat y(x) = \arg\max_k \tfrac{1}{M} \sum_m p_m(k \mid x)",
    ),
    RuleName.WEIGHTED: Rule(
        "Weighted mean",
        "As the mean, but members count by their weight: their validation accuracy, the weights under which the "
        "validation labels are the most likely, or yours.",
        r"\hat y(x) = \arg\max_k \sum_m w_m \, p_m(k \mid x)",
    ),
    RuleName.CLASSES: Rule(
        "Vote weighted by class",
        "A vote for a class counts by how often that member is right on validation when it says that class.",
        r"\hat y(x) = \arg\max_k \sum_m w_{m,k} \, [s_m(x) = k], \quad w_{m,k} = P(y = k \mid s_m = k)",
        learns=True,
    ),
    RuleName.BAYES: Rule(
        "Naive Bayes",
        "Each member's validation confusion matrix says what its answer means: whom to trust on which class, and what "
        "a wrong answer hints at (Kuncheva 2004).",
        r"\hat y(x) = \arg\max_k P(k) \prod_m P(s_m(x) \mid k)",
        learns=True,
    ),
    RuleName.STACKING: Rule(
        "Stacking",
        "A logistic regression learns on validation what the members' probabilities together mean (Wolpert 1992).",
        r"\hat y(x) = \arg\max_k \operatorname{softmax}\Big(b + \sum_m W_m \log p_m(x)\Big)_k",
        learns=True,
        needs_probabilities=True,
        adds=False,
    ),
}


class Learned(NamedTuple):
    """What an adding rule needs to know of the members."""

    weights: np.ndarray  # (m,), (m, n_classes) or (m, n_classes, n_classes): what `scores` reads; (m,) ones if nothing
    prior: np.ndarray | None = None  # (n_classes,), log probability of each class before anybody answers


class Known(NamedTuple):
    """What members said of photos with labels: all that rules which add learn from."""

    said: np.ndarray  # int64 (n_members, n_photos), classes
    of_true: np.ndarray  # float64 (n_members, n_photos), 0 to 1: the true class's probability
    true: np.ndarray  # int64 (n_photos,)
    n_classes: int

    def among(self, photos: np.ndarray) -> "Known":
        """Some of the photos, by a bool ndarray of shape (n_photos,) or by rows."""
        return Known(self.said[:, photos], self.of_true[:, photos], self.true[photos], self.n_classes)


def known_from(stack: np.ndarray, true: np.ndarray) -> Known:
    """`stack`: float ndarray of shape (n_members, n_photos, n_classes), 0 to 1; `true`: int ndarray (n_photos,)."""
    return Known(stack.argmax(axis=2), stack[:, np.arange(len(true)), true].astype(float), true, stack.shape[2])


def learn(rule: RuleName, known: Known, weights: np.ndarray | None = None) -> Learned:
    """What `rule` learns of the members from photos with labels.

    `weights`: float ndarray of shape (n_members,), at least 0: those of "weighted". Raises ValueError for a rule that
    does not add.
    """
    m, c = len(known.said), known.n_classes
    if rule in FIXED:
        return Learned(np.ones(m))
    if rule == RuleName.WEIGHTED:
        return Learned(np.ones(m) if weights is None else np.asarray(weights, float))
    if rule not in (RuleName.CLASSES, RuleName.BAYES):
        raise ValueError(f"{rule} does not add its members' scores")
    said = np.stack([confusion(known.true, member, c) for member in known.said])  # (m, true, said)
    if rule == RuleName.CLASSES:
        right = np.diagonal(said, axis1=1, axis2=2)
        return Learned((right + 1 / c) / (said.sum(axis=1) + 1))
    of_class = said[0].sum(axis=1)  # (c,)
    # Kuncheva 2004, section 4.4: smoothed, so that what never happened among few photos stays possible.
    likelihood = (said + 1 / c) / (of_class[:, None] + 1)
    return Learned(np.log(likelihood), np.log((of_class + 1 / c) / (of_class.sum() + 1)))


def scores(rule: RuleName, weights: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """One member's scores: int64 ndarray of shape (n_photos, n_classes).

    Parameters
    ----------
    weights : what `learn` found of this member
    probabilities : float ndarray of shape (n_photos, n_classes), 0 to 1
    """
    if rule == RuleName.WEIGHTED:
        return _whole(np.asarray(probabilities, float) * float(weights))
    if rule == RuleName.MEAN:
        return _whole(probabilities)
    said = probabilities.argmax(axis=1)
    if rule == RuleName.BAYES:
        return _whole(weights.T)[said]
    rows = np.arange(len(said))
    if rule == RuleName.VOTE:
        found = _whole(probabilities)
        found[rows, said] += VOTE
        return found
    found = np.zeros(probabilities.shape, np.int64)
    found[rows, said] = _whole(weights)[said]
    return found


def _whole(values: np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(values, float) * STEPS).astype(np.int64)


def prior_scores(prior: np.ndarray | None, n_photos: int, n_classes: int) -> np.ndarray:
    """What is there before a member answers: int64 ndarray of shape (n_photos, n_classes)."""
    start = np.zeros(n_classes) if prior is None else prior
    return np.repeat(_whole(start)[None], n_photos, axis=0)


def optimised_weights(known: Known) -> np.ndarray:
    """Weights of the members, at least 0 and of sum 1, under which the labels are the most likely.

    The mean log probability of the true class under the weighted mean is concave in the weights, so there is one
    optimum; SLSQP finds it.
    """
    m, n = known.of_true.shape
    of_true = np.clip(known.of_true, TINY, None)
    equal = np.full(m, 1 / m)
    if m == 1 or not n:
        return equal

    def loss(weights):
        mixed = np.clip(weights @ of_true, TINY, None)
        return -np.log(mixed).mean(), of_true @ (-1 / n / mixed)

    sums_to_one = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda _: np.ones(m)}
    limits = {"bounds": [(0, 1)] * m, "constraints": [sums_to_one]}
    # Its own tolerance (1e-6) leaves the weights half a percent off.
    found = minimize(loss, equal, jac=True, method="SLSQP", options={"ftol": 1e-10, "maxiter": 300}, **limits)
    weights = np.where(found.x < 1e-6, 0, found.x) if np.isfinite(found.x).all() else equal
    return weights / weights.sum()


def accuracy_weights(known: Known) -> np.ndarray:
    """Each member's accuracy: float ndarray of shape (n_members,), 0 to 1; all 1 where nobody is ever right."""
    right = (known.said == known.true).sum(axis=1)
    return right / len(known.true) if right.any() else np.ones(len(right))


def weights_of(weighting: Weighting, known: Known, by_hand: np.ndarray | None = None) -> np.ndarray:
    """The weights of a weighted mean: float ndarray of shape (n_members,), at least 0."""
    if weighting == Weighting.ACCURACY:
        return accuracy_weights(known)
    if weighting == Weighting.OPTIMISED:
        return optimised_weights(known)
    return np.ones(len(known.said)) if by_hand is None else np.asarray(by_hand, float)
