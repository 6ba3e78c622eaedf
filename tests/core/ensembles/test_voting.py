from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ensembles import combine, voting
from core.ensembles.voting import folds
from core.errors import BadPredictions, DifferentTest, NeedsProbabilities, NoWeights, TooFewRuns
from core.records import Part, RuleName, Weighting
from tests.core.ensembles.made_members import EVERY, alike, by_run, predictions, spec_of, stacks, stepped


def together(stack, rule="vote", true=None, part=Part.TEST, **changes):
    members = by_run(stack, np.zeros(len(stack[0]), int) if true is None else true)
    return combine(spec_of(rule, list(members), **changes), members, part)


def mean_in_steps(stack, photo, label):
    return sum(Fraction(stepped(member[photo, label])) for member in stack)


def vote_by_definition(stack):
    """A loop: each member votes for its most probable class; a tie goes to the tied class of highest mean."""
    predicted, tied = [], []
    for photo in range(stack.shape[1]):
        votes = [0] * stack.shape[2]
        for member in stack:
            row = list(member[photo])
            votes[row.index(max(row))] += 1
        level = [label for label, count in enumerate(votes) if count == max(votes)]
        predicted.append(max(level, key=lambda label: mean_in_steps(stack, photo, label)))
        tied.append(len(level) > 1)
    return predicted, tied


def mean_by_definition(stack):
    predicted = []
    for photo in range(stack.shape[1]):
        means = [mean_in_steps(stack, photo, label) for label in range(stack.shape[2])]
        predicted.append(means.index(max(means)))
    return predicted


@settings(max_examples=60)
@given(stacks())
def test_majority_vote_is_what_its_definition_says(made):
    stack, _ = made
    expected, expected_tied = vote_by_definition(stack)
    found = together(stack)
    assert found.predicted.tolist() == expected
    assert found.tied.tolist() == expected_tied
    assert found.ties == sum(expected_tied)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


@settings(max_examples=60)
@given(stacks())
def test_mean_of_probabilities_is_what_its_definition_says(made):
    stack, _ = made
    found = together(stack, "mean")
    assert found.predicted.tolist() == mean_by_definition(stack)
    sums = stack.astype(float).sum(axis=0)
    shares = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-300)
    np.testing.assert_allclose(found.probabilities, shares, rtol=0, atol=1e-11)


def test_a_sum_that_floats_would_order_differently_is_exact():
    # 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in float64; classes 0 and 1 get the same three numbers
    stack = np.array([[[0.1, 0.3]], [[0.2, 0.2]], [[0.3, 0.1]]])
    found = together(stack, "mean")
    assert (found.predicted[0], found.tied[0]) == (0, True)
    assert together(stack[:, :, ::-1], "mean").predicted[0] == 0


def test_a_tie_goes_to_the_tied_class_with_the_highest_mean_not_to_a_class_without_most_votes():
    stack = np.array([[[0.40, 0.22, 0.38]], [[0.20, 0.42, 0.38]]])  # class 2 has the highest mean, but no vote
    found = together(stack)
    assert (found.predicted.tolist(), found.ties, found.tied.tolist()) == ([1], 1, [True])
    assert together(stack, "mean").predicted.tolist() == [2]


@pytest.mark.parametrize("rule", [RuleName.VOTE, RuleName.MEAN, RuleName.WEIGHTED, RuleName.CLASSES])
def test_one_member_is_its_own_ensemble(rule):
    stack, true = alike(1)
    alone = together(stack, rule, true)
    assert alone.predicted.tolist() == stack[0].argmax(axis=1).tolist()
    assert alone.ties == 0


@settings(max_examples=30)
@given(stacks(), st.randoms(use_true_random=False), st.sampled_from(EVERY), st.sampled_from(list(Part)[1:3]))
def test_the_order_of_the_members_changes_nothing_to_the_last_bit(made, random, rule, part):
    stack, true = made
    members = by_run(stack, true)
    runs = list(members)
    weights = dict(zip(runs, np.linspace(0.5, 2, len(runs)).tolist(), strict=True))
    random.shuffle(runs)
    first, second = (
        combine(spec_of(rule[0], order, [weights[run] for run in order], rule[1]), members, part)
        for order in (list(members), runs)
    )
    np.testing.assert_array_equal(first.predicted, second.predicted)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    np.testing.assert_array_equal(first.tied, second.tied)


def test_a_vote_has_no_loss_and_a_mean_has_one_unless_a_member_brought_labels_only():
    probabilities = np.array([[0.75, 0.25], [0.5, 0.5]])
    members = {"a": predictions(probabilities), "b": predictions(probabilities)}
    members["labels"] = predictions(np.eye(2), has_probabilities=False)

    def loss(rule, *runs):
        return combine(spec_of(rule, runs), members, Part.TEST).figures(("ash", "oak")).summary["loss"]

    assert loss("vote", "a", "b") is None
    assert loss("classes", "a", "b") is None
    assert loss("mean", "a", "b") > 0
    assert loss("mean", "a", "labels") is None


@given(st.lists(st.integers(0, 3), max_size=40))
def test_folds_spread_each_class_evenly(labels):
    true = np.array(labels, int)
    fold = folds(true)
    assert set(fold.tolist()) <= set(range(voting.FOLDS))
    for label in set(labels):
        of_class = np.bincount(fold[true == label], minlength=voting.FOLDS)
        assert of_class.max() - of_class.min() <= 1


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
@pytest.mark.parametrize("n", [1, 3])
def test_fewer_photos_than_folds_are_answered_by_every_rule(rule, weighting, n):
    stack, true = alike(3, n, 3)
    for part in (Part.VALIDATION, Part.TEST):
        found = together(stack, rule, true, part, weighting=weighting)
        assert np.isfinite(found.probabilities).all()
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


LEARNING = [
    (RuleName.CLASSES, None),
    (RuleName.BAYES, None),
    (RuleName.STACKING, None),
    (RuleName.WEIGHTED, Weighting.OPTIMISED),
]


@pytest.mark.parametrize(("rule", "weighting"), LEARNING)
def test_a_folds_own_labels_teach_nothing_to_the_answers_of_that_fold(rule, weighting, monkeypatch):
    stack, true = alike(4, 100, 3)
    fold = np.arange(100) % 5
    monkeypatch.setattr(voting, "folds", lambda _: fold)
    before = together(stack, rule, true, Part.VALIDATION, weighting=weighting)
    changed = np.where(fold == 2, (true + 1) % 3, true)
    after = together(stack, rule, changed, Part.VALIDATION, weighting=weighting)
    np.testing.assert_array_equal(before.probabilities[fold == 2], after.probabilities[fold == 2])
    assert not np.array_equal(before.probabilities[fold != 2], after.probabilities[fold != 2])


@pytest.mark.parametrize(("rule", "weighting"), LEARNING)
def test_test_labels_teach_nothing(rule, weighting):
    stack, true = alike(4, 60, 3)
    answered, test_true = alike(4, 30, 3, seed=1)
    members = by_run(stack, true, answered, test_true)
    liars = by_run(stack, true, answered, (test_true + 1) % 3)
    spec = spec_of(rule, list(members), weighting=weighting)
    first, second = (combine(spec, of, Part.TEST) for of in (members, liars))
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_a_member_that_was_tested_on_other_photos_is_refused_by_name():
    members = {"i": predictions(np.eye(2)), "h": predictions(np.eye(2), evaluation_id="x")}
    with pytest.raises(DifferentTest, match="Run Holly was tested on other photos"):
        combine(spec_of("vote", list(members)), members, Part.TEST, {"i": "Ivy", "h": "Holly"})


def test_no_member_is_one_clear_sentence():
    with pytest.raises(TooFewRuns, match="An ensemble needs at least 1 runs"):
        voting.check_members({})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([np.nan, 1], "some probabilities are not numbers"),
        ([np.inf, 0], "some probabilities are not between 0 and 1"),
        ([-0.5, 1], "some probabilities are not between 0 and 1"),
        ([4000, 1], "some probabilities are not between 0 and 1"),
    ],
)
def test_probabilities_that_are_none_are_refused_by_name(row, reason):
    members = {"i": predictions(np.eye(2)), "h": predictions([row, [0, 1]])}
    with pytest.raises(BadPredictions, match=f"Holly can't be used as predictions: {reason}"):
        combine(spec_of("mean", list(members)), members, Part.TEST, {"i": "Ivy", "h": "Holly"})


@pytest.mark.parametrize(("rule", "weighting"), [("stacking", None), ("weighted", Weighting.OPTIMISED)])
def test_a_rule_that_needs_probabilities_says_who_has_none(rule, weighting):
    members = {"i": predictions(np.eye(2)), "h": predictions(np.eye(2), has_probabilities=False)}
    with pytest.raises(NeedsProbabilities, match="but Holly only brought labels"):
        combine(spec_of(rule, list(members), weighting=weighting), members, Part.TEST, {"h": "Holly"})


def test_weights_that_are_all_zero_are_one_clear_sentence():
    members = by_run(np.stack([np.eye(2)] * 2), [0, 1])
    with pytest.raises(NoWeights, match="Give at least one member a weight"):
        combine(spec_of("weighted", list(members), [0, 0]), members, Part.TEST)


@pytest.mark.parametrize("c", [8, 100])
def test_two_hundred_members_that_agree_do_not_overflow(c):
    true = np.arange(c)
    stack = np.repeat(np.eye(c, dtype=np.float32)[None], 200, axis=0)
    members = by_run(stack, true)
    for rule, weights in [
        ("vote", None),
        ("mean", None),
        ("classes", None),
        ("bayes", None),
        ("weighted", [1e3] * 200),
    ]:
        found = combine(spec_of(rule, list(members), weights), members, Part.TEST)
        assert found.predicted.tolist() == true.tolist()
        assert found.ties == 0


def test_members_that_are_all_the_same_answer_as_one_does():
    stack, true = alike(1, 50, 3)
    for rule in (RuleName.VOTE, RuleName.MEAN, RuleName.WEIGHTED, RuleName.CLASSES):
        found = together(np.repeat(stack, 5, axis=0), rule, true)
        assert found.predicted.tolist() == stack[0].argmax(axis=1).tolist()
