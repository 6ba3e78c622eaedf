import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ensembles import RULES, combine, member_weights, rules
from core.ensembles.voting import folds
from core.records import Part, RuleName, Weighting
from tests.core.ensembles.made_members import alike, by_run, spec_of, stacks

NEAR = 1e-9  # sums this near are level for floats; the engine's whole numbers decide those exactly


def said(row):
    return list(row).index(max(row))


def assert_highest_wins(predicted, scores):
    """`scores`: what a loop found, (n_photos, n_classes); where two are level any of them will do."""
    for label, row in zip(predicted.tolist(), scores, strict=True):
        assert row[label] >= max(row) - NEAR


def weighted_by_definition(stack, weights):
    _, n, c = stack.shape
    return [
        [sum(w * float(member[photo, k]) for w, member in zip(weights, stack, strict=True)) for k in range(c)]
        for photo in range(n)
    ]


def classes_by_definition(taught, labels, asked):
    """A vote for k weighs (times right when saying k, and 1/c) of (times k was said, and 1)."""
    c, scores = asked.shape[2], []
    for photo in range(asked.shape[1]):
        row = [0.0] * c
        for known, member in zip(taught, asked, strict=True):
            k = said(member[photo])
            when = [labels[other] for other in range(len(labels)) if said(known[other]) == k]
            row[k] += (sum(label == k for label in when) + 1 / c) / (len(when) + 1)
        scores.append(row)
    return scores


def bayes_by_definition(taught, labels, asked):
    """log P(k) + sum of log P(said | k), each count smoothed with 1/c (Kuncheva 2004, section 4.4)."""
    c, n, scores = asked.shape[2], len(labels), []
    for photo in range(asked.shape[1]):
        row = []
        for k in range(c):
            of_class = [other for other in range(n) if labels[other] == k]
            score = math.log((len(of_class) + 1 / c) / (n + 1))
            for known, member in zip(taught, asked, strict=True):
                alike = sum(said(known[other]) == said(member[photo]) for other in of_class)
                score += math.log((alike + 1 / c) / (len(of_class) + 1))
            row.append(score)
        scores.append(row)
    return scores


@settings(max_examples=50)
@given(stacks(), st.data())
def test_weights_by_hand_are_what_the_definition_says(made, data):
    stack, true = made
    weights = data.draw(
        st.lists(st.sampled_from([0, 0.1, 0.5, 1, 3, 1000]), min_size=len(stack), max_size=len(stack)).filter(any)
    )
    members = by_run(stack, true)
    spec = spec_of("weighted", list(members), weights)
    found = combine(spec, members, Part.TEST)
    assert_highest_wins(found.predicted, weighted_by_definition(stack, np.divide(weights, sum(weights))))
    shares = member_weights(spec, members)
    assert list(shares.values()) == pytest.approx(np.divide(weights, sum(weights)))


@settings(max_examples=30)
@given(stacks())
def test_a_member_of_weight_zero_is_not_there(made):
    stack, true = made
    members = by_run(np.concatenate([stack, stack[:1, :, ::-1]]), true)
    runs = list(members)
    with_it = combine(spec_of("weighted", runs, [1.0] * len(stack) + [0]), members, Part.TEST)
    without = combine(spec_of("weighted", runs[:-1], [1.0] * len(stack)), members, Part.TEST)
    np.testing.assert_array_equal(with_it.predicted, without.predicted)
    np.testing.assert_array_equal(with_it.probabilities, without.probabilities)
    np.testing.assert_array_equal(with_it.tied, without.tied)


@settings(max_examples=30)
@given(stacks())
def test_equal_weights_are_the_mean_to_the_last_tie(made):
    stack, true = made
    members = by_run(stack, true)
    equal = combine(spec_of("weighted", list(members), [1.0] * len(stack)), members, Part.TEST)
    mean = combine(spec_of("mean", list(members)), members, Part.TEST)
    np.testing.assert_array_equal(equal.predicted, mean.predicted)
    np.testing.assert_array_equal(equal.tied, mean.tied)


@settings(max_examples=40)
@given(stacks())
def test_weights_by_accuracy_are_the_share_of_validation_photos_that_are_right(made):
    stack, true = made
    weights = [sum(said(row) == label for row, label in zip(member, true, strict=True)) for member in stack]
    weights = weights if any(weights) else [1] * len(stack)
    members = by_run(stack, true)
    spec = spec_of("weighted", list(members))
    assert_highest_wins(
        combine(spec, members, Part.TEST).predicted, weighted_by_definition(stack, np.divide(weights, len(true)))
    )
    assert list(member_weights(spec, members).values()) == pytest.approx(np.divide(weights, sum(weights)))


def test_rules_without_weights_weigh_all_alike():
    stack, true = alike(4)
    members = by_run(stack, true)
    assert set(member_weights(spec_of("bayes", list(members)), members).values()) == {0.25}


def likelihood(weights, stack, true):
    mixed = np.einsum("m,mn->n", weights, stack[:, np.arange(len(true)), true].astype(float))
    return np.log(np.clip(mixed, 1e-12, None)).mean()


@pytest.mark.parametrize("seed", range(5))
def test_optimised_weights_of_two_members_are_those_of_a_grid_search(seed):
    generator = np.random.default_rng(seed)
    stack, true = alike(2, 150, 3, seed, own=generator.uniform(0.5, 2))
    found = rules.optimised_weights(rules.known_from(stack, true))
    grid = np.linspace(0, 1, 2001)
    values = [likelihood(np.array([weight, 1 - weight]), stack, true) for weight in grid]
    assert likelihood(found, stack, true) >= max(values) - 1e-7
    assert found[0] == pytest.approx(grid[int(np.argmax(values))], abs=5e-3)


@pytest.mark.parametrize("m", [3, 8, 40])
def test_no_random_weights_make_the_labels_more_likely_than_the_optimised_ones(m):
    stack, true = alike(m, 120, 4, own=1.5)
    found = rules.optimised_weights(rules.known_from(stack, true))
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    best = likelihood(found, stack, true)
    generator = np.random.default_rng(0)
    for weights in [*generator.dirichlet(np.full(m, 0.3), 300), *np.eye(m), np.full(m, 1 / m)]:
        assert likelihood(weights, stack, true) <= best + 1e-6


def test_a_certain_mistake_does_not_forbid_a_weight():
    right, wrong = np.eye(2)[[0, 1, 0, 1]], np.eye(2)[[1, 1, 0, 1]]
    found = rules.optimised_weights(rules.known_from(np.stack([right, wrong]), np.array([0, 1, 0, 1])))
    assert np.isfinite(found).all()
    assert found[0] > 0.99


BY_CLASS = {RuleName.CLASSES: classes_by_definition, RuleName.BAYES: bayes_by_definition}


@pytest.mark.parametrize("rule", BY_CLASS)
@settings(max_examples=40)
@given(stacks(), st.integers(0, 1000))
def test_rules_that_learn_answer_test_photos_as_their_definition_says(rule, made, seed):
    stack, true = made
    asked, asked_true = stack[:, ::-1], np.random.default_rng(seed).integers(0, stack.shape[2], len(true))
    members = by_run(stack, true, asked, asked_true)
    found = combine(spec_of(rule, list(members)), members, Part.TEST)
    expected = np.array(BY_CLASS[rule](stack, true.tolist(), asked))
    assert_highest_wins(found.predicted, expected)
    shares = np.exp(expected - expected.max(axis=1, keepdims=True)) if rule == RuleName.BAYES else expected
    np.testing.assert_allclose(found.probabilities, shares / shares.sum(axis=1, keepdims=True), atol=1e-9)


@pytest.mark.parametrize("rule", BY_CLASS)
@settings(max_examples=30)
@given(stacks(most_photos=14))
def test_rules_that_learn_answer_each_fifth_of_validation_from_the_rest(rule, made):
    stack, true = made
    members, fold = by_run(stack, true), folds(true)
    found = combine(spec_of(rule, list(members)), members, Part.VALIDATION)
    for number in set(fold.tolist()):
        here, known = fold == number, fold != number
        expected = BY_CLASS[rule](stack[:, known], true[known].tolist(), stack[:, here])
        assert_highest_wins(found.predicted[here], expected)


def test_naive_bayes_hears_what_a_wrong_answer_hints_at():
    # "always one off" is as good as "always right", once its confusion matrix is known
    true = np.tile([0, 1, 2], 20)
    stack = np.eye(3, dtype=np.float32)[(true + 1) % 3][None]
    members = by_run(stack, true)
    assert combine(spec_of("bayes", list(members)), members, Part.TEST).predicted.tolist() == true.tolist()
    assert combine(spec_of("bayes", list(members)), members, Part.VALIDATION).predicted.tolist() == true.tolist()
    assert combine(spec_of("vote", list(members)), members, Part.TEST).predicted.tolist() != true.tolist()


def test_stacking_scores_do_not_add():
    with pytest.raises(ValueError, match="stacking does not add"):
        rules.learn(RuleName.STACKING, rules.known_from(np.ones((1, 1, 2)), np.zeros(1, int)))


@pytest.mark.parametrize("rule", RuleName)
def test_each_rule_has_a_title_a_sentence_and_a_formula(rule):
    told = RULES[rule]
    assert told.title
    assert told.help.endswith(".")
    assert r"\arg\max" in told.formula


def test_every_weighting_gives_each_member_a_weight():
    stack, true = alike(3)
    for weighting in Weighting:
        found = rules.weights_of(weighting, rules.known_from(stack, true))
        assert found.shape == (3,)
        assert (found >= 0).all()
        assert found.any()
