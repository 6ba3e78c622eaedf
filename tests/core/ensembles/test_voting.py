import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ensembles.voting import combine, ensemble_json, mean, vote
from core.errors import BadPredictions, DifferentTest, TooFewRuns
from core.records import Part, PartPredictions, Predictions


def predictions(probabilities, true=None, evaluation_id="e", has_probabilities=True):
    n, c = np.shape(probabilities)
    part = PartPredictions(
        ids=tuple(f"{number:05d}" for number in range(n)),
        true=np.zeros(n, int) if true is None else true,
        probabilities=probabilities,
    )
    return Predictions(
        evaluation_id=evaluation_id,
        classes=tuple(f"class {label}" for label in range(c)),
        parts={Part.VALIDATION: part, Part.TEST: part},
        has_probabilities=has_probabilities,
    )


@st.composite
def members(draw):
    """A stack of members' float32 probabilities: fine, coarse (many exact ties) or labels only; absent classes."""
    m, n, c = draw(st.integers(1, 6)), draw(st.integers(1, 8)), draw(st.integers(2, 5))
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
    if c > 2 and draw(st.booleans()):
        stack[:, :, -1] = 0  # absent; rows need not sum to 1 for voting
    return stack


def exact_mean(stack, photo, label):
    # float32 is a whole multiple of 2^-149; voting adds in steps of 2^-52
    return sum(Fraction(round(Fraction(float(member[photo, label])) * 2**52), 2**52) for member in stack) / len(stack)


def vote_by_definition(stack):
    """A loop: each member votes for its most probable class; a tie goes to the tied class of highest mean."""
    predicted, tied = [], []
    for photo in range(stack.shape[1]):
        votes = [0] * stack.shape[2]
        for member in stack:
            row = list(member[photo])
            votes[row.index(max(row))] += 1
        level = [label for label, count in enumerate(votes) if count == max(votes)]
        predicted.append(max(level, key=lambda label: exact_mean(stack, photo, label)))
        tied.append(len(level) > 1)
    return predicted, tied


def mean_by_definition(stack):
    predicted = []
    for photo in range(stack.shape[1]):
        means = [exact_mean(stack, photo, label) for label in range(stack.shape[2])]
        predicted.append(means.index(max(means)))
    return predicted


@settings(max_examples=120, deadline=None)
@given(members())
def test_majority_vote_is_what_its_definition_says(stack):
    expected, expected_tied = vote_by_definition(stack)
    predicted, ties, tied = vote(stack)
    assert predicted.tolist() == expected
    assert tied.tolist() == expected_tied
    assert ties == sum(expected_tied)


@settings(max_examples=120, deadline=None)
@given(members())
def test_mean_of_probabilities_is_what_its_definition_says(stack):
    predicted, probabilities, _ = mean(stack)
    assert predicted.tolist() == mean_by_definition(stack)
    np.testing.assert_allclose(probabilities, stack.astype(float).mean(axis=0), rtol=0, atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(members(), st.randoms(use_true_random=False))
def test_the_order_of_the_members_changes_nothing_to_the_last_bit(stack, random):
    order = list(range(len(stack)))
    random.shuffle(order)
    for first, second in zip([*vote(stack), *mean(stack)], [*vote(stack[order]), *mean(stack[order])], strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_sum_that_floats_would_order_differently_is_exact():
    # 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in float64; classes 0 and 1 get the same three numbers
    stack = np.array([[[0.1, 0.3]], [[0.2, 0.2]], [[0.3, 0.1]]])
    predicted, _, tied = mean(stack)
    assert (predicted[0], tied[0]) == (0, True)
    assert mean(stack[:, :, ::-1])[0][0] == 0


def test_a_tie_goes_to_the_tied_class_with_the_highest_mean_not_to_a_class_without_most_votes():
    stack = np.array([[[0.40, 0.22, 0.38]], [[0.20, 0.42, 0.38]]])  # class 2 has the highest mean, but no vote
    predicted, ties, tied = vote(stack)
    assert (predicted.tolist(), ties, tied.tolist()) == ([1], 1, [True])
    assert mean(stack)[0].tolist() == [2]


@pytest.mark.parametrize("rule", ["vote", "mean"])
def test_one_member_is_its_own_ensemble(rule):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), 50).astype(np.float32)
    alone = combine([predictions(probabilities)], rule, Part.TEST)
    assert alone.predicted.tolist() == probabilities.argmax(axis=1).tolist()
    assert alone.ties == 0


def test_a_vote_has_no_loss_and_a_mean_has_one_unless_a_member_brought_labels_only():
    probabilities = np.array([[0.75, 0.25], [0.5, 0.5]])
    full, labels = predictions(probabilities), predictions(np.eye(2), has_probabilities=False)
    assert combine([full, full], "vote", Part.TEST).figures(full.classes).summary["loss"] is None
    assert combine([full, full], "mean", Part.TEST).figures(full.classes).summary["loss"] > 0
    assert combine([full, labels], "mean", Part.TEST).figures(full.classes).summary["loss"] is None


def test_a_member_that_was_tested_on_other_photos_is_refused_by_name():
    with pytest.raises(DifferentTest, match="Run Holly was tested on other photos"):
        combine(
            [predictions(np.eye(2)), predictions(np.eye(2), evaluation_id="x")], "vote", Part.TEST, ["Ivy", "Holly"]
        )


def test_no_member_is_one_clear_sentence():
    with pytest.raises(TooFewRuns, match="An ensemble needs at least 1 runs"):
        combine([], "vote", Part.TEST)


def test_probabilities_that_are_no_numbers_are_refused_by_name():
    with pytest.raises(BadPredictions, match="Holly can't be used as predictions: some probabilities are not numbers"):
        combine([predictions(np.eye(2)), predictions([[np.nan, 1], [0, 1]])], "mean", Part.TEST, ["Ivy", "Holly"])


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="vote, mean"):
        combine([predictions(np.eye(2))], "median", Part.TEST)


def test_ensemble_prints_the_fields_scripts_depend_on_as_plain_json():
    true = np.array([0, 1, 1, 0])
    first = predictions(np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.7, 0.3]]), true)
    second = predictions(np.array([[0.2, 0.8], [0.1, 0.9], [0.1, 0.9], [0.6, 0.4]]), true)
    printed = json.loads(json.dumps(ensemble_json({"x": first, "y": second}, "vote")))
    assert set(printed) == {"rule", "members", "ensemble", "ties", "subsets"}
    assert printed["rule"] == "vote"
    assert [member["id"] for member in printed["members"]] == ["x", "y"]
    assert printed["members"][0]["validation"]["accuracy"] == 0.75
    scripts_read = {"accuracy": 1.0, "precision_macro": 1.0, "recall_macro": 1.0, "f1_macro": 1.0, "loss": None}
    assert printed["ensemble"]["test"].items() >= scripts_read.items()
    assert printed["ties"] == {"validation": 2, "test": 2}
    assert printed["subsets"] == []
