"""Members for the tests: small ones with many exact ties, and larger ones whose errors are alike as real ones' are."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from core.ensembles.rules import STEPS
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, Weighting

ADDING = [rule for rule in RuleName if rule != RuleName.STACKING]
EVERY = [(rule, Weighting.ACCURACY) for rule in RuleName if rule != RuleName.WEIGHTED] + [
    (RuleName.WEIGHTED, weighting) for weighting in Weighting
]


def predictions(probabilities, true=None, evaluation_id="e", has_probabilities=True, test=None):
    """One member; `test` is its test part as (probabilities, true), without it the same as validation."""
    n, c = np.shape(probabilities)
    validation = answers(probabilities, np.zeros(n, int) if true is None else true)
    return Predictions(
        evaluation_id=evaluation_id,
        classes=tuple(f"class {label}" for label in range(c)),
        parts={Part.VALIDATION: validation, Part.TEST: validation if test is None else answers(*test)},
        has_probabilities=has_probabilities,
    )


def answers(probabilities, true):
    return PartPredictions(
        ids=tuple(f"{number:05d}" for number in range(len(true))), true=true, probabilities=probabilities
    )


def by_run(stack, true, test=None, test_true=None) -> dict[str, Predictions]:
    """Run ids "m000", "m001" ... of the members of a stack (n_members, n_photos, n_classes)."""
    return {
        f"m{number:03d}": predictions(member, true, test=None if test is None else (test[number], test_true))
        for number, member in enumerate(stack)
    }


def spec_of(rule, runs, weights=None, weighting=None) -> EnsembleSpec:
    weighting = weighting or (Weighting.HAND if weights is not None else Weighting.ACCURACY)
    pairs = zip(runs, [1.0] * len(runs) if weights is None else weights, strict=True)
    return EnsembleSpec(
        rule=rule, weighting=weighting, members=tuple(Member(run=run, weight=weight) for run, weight in pairs)
    )


def alike(m=6, n=200, c=4, seed=0, lift=1.2, own=0.8):
    """(stack float32 (m, n, c), true (n,)): members that find the same photos hard and confuse the same classes."""
    generator = np.random.default_rng(seed)
    true = generator.integers(0, c, n)
    common = generator.normal(size=(n, c)) + lift * np.eye(c)[true]
    logits = common + own * generator.normal(size=(m, n, c))
    weights = np.exp(2 * logits)
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32), true


def stepped(value) -> int:
    """A float as the engine adds it: a whole number of steps of 2^-40 (float64 times 2^40 is exact)."""
    return round(Fraction(float(value)) * int(STEPS))


@st.composite
def stacks(draw, most_members=5, most_photos=9):
    """(stack float32, true): fine, coarse (many exact ties) or labels only; an absent class now and then."""
    m, n, c = draw(st.integers(1, most_members)), draw(st.integers(1, most_photos)), draw(st.integers(2, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stack = np.empty((m, n, c), np.float32)
    for member in stack:
        kind = draw(st.sampled_from(["fine", "coarse", "labels"]))
        if kind == "fine":
            member[:] = generator.dirichlet(np.full(c, 0.5), n)
        elif kind == "coarse":
            member[:] = generator.multinomial(4, np.full(c, 1 / c), n) / 4
        else:
            member[:] = np.eye(c)[generator.integers(0, c, n)]
    if m > 1 and draw(st.booleans()):
        stack[-1] = stack[0]  # two members that are one
    true = generator.integers(0, c, n)
    if c > 2 and draw(st.booleans()):
        stack[:, :, -1] = 0  # never said; rows need not sum to 1
        true %= c - 1  # and absent
    return stack, true
