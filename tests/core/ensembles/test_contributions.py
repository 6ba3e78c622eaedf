from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings

from core.ensembles import contributions as module
from core.ensembles import scores
from core.ensembles.contributions import baseline, contributions
from core.records import Part
from tests.core.ensembles.made_members import alike, by_run, spec_of, stacks


def scored(stack, true, rule="vote", weights=None):
    members = by_run(stack, true)
    return scores(spec_of(rule, list(members), weights), members, Part.TEST)


def accuracy(of_part, rows):
    """Of the members in `rows`; nobody says the most frequent class."""
    if not rows:
        return max((of_part.true == label).mean() for label in set(of_part.true.tolist()))
    total = of_part.prior + of_part.members[list(rows)].sum(axis=0)
    return (total.argmax(axis=1) == of_part.true).mean()


def by_permutations(of_part):
    m = len(of_part.runs)
    orders, found = list(permutations(range(m))), np.zeros(m)
    for order in orders:
        for place, member in enumerate(order):
            found[member] += accuracy(of_part, order[: place + 1]) - accuracy(of_part, order[:place])
    return found / len(orders)


@pytest.mark.parametrize("rule", ["vote", "mean", "classes", "bayes"])
@settings(max_examples=12)
@given(stacks(most_members=4))
def test_exact_shares_are_the_mean_over_all_orders_of_coming(rule, made):
    of_part = scored(*made, rule)
    found = contributions(of_part)
    np.testing.assert_allclose(found["shapley"], by_permutations(of_part), atol=1e-12)
    assert found["error"].tolist() == [0] * len(found)
    assert found["run"].tolist() == list(of_part.runs)


@pytest.mark.parametrize("m", [1, 7, 12, 13, 20])
def test_shares_sum_to_what_all_are_better_than_saying_the_most_frequent_class(m):
    of_part = scored(*alike(m, 80))
    found = contributions(of_part)
    everyone = accuracy(of_part, range(m))
    assert found["shapley"].sum() == pytest.approx(everyone - baseline(of_part))
    assert (found["error"] > 0).any() == (m > 12)


def test_alone_and_left_out_are_what_combining_says():
    of_part = scored(*alike(5, 100), "bayes")
    found = contributions(of_part)
    everyone = accuracy(of_part, range(5))
    for row in range(5):
        others = [other for other in range(5) if other != row]
        assert found["alone"][row] == pytest.approx(accuracy(of_part, [row]))
        assert found["left_out"][row] == pytest.approx(everyone - accuracy(of_part, others))


def test_of_a_single_member_nobody_is_left():
    of_part = scored(*alike(1, 60))
    found = contributions(of_part).iloc[0]
    assert found["left_out"] == found["shapley"] == pytest.approx(found["alone"] - baseline(of_part))


def test_members_that_are_one_have_equal_shares():
    stack, true = alike(4, 100)
    found = contributions(scored(np.concatenate([stack, stack[1:2]]), true, "mean"))["shapley"]
    assert found[1] == pytest.approx(found[4])
    assert found[1] != pytest.approx(found[0])


def test_a_member_of_weight_zero_brings_nothing_to_any_set_with_others():
    stack, true = alike(3, 100)
    true[:60] = 0  # so that the empty ensemble says what weight zero says: the first class
    found = contributions(scored(stack, true, "weighted", [1, 1, 0]))
    assert found["shapley"][2] == found["left_out"][2] == 0


def test_drawn_shares_are_within_four_errors_of_the_exact_ones(monkeypatch):
    of_part = scored(*alike(12, 150, own=1.5), "mean")
    exact = contributions(of_part)
    monkeypatch.setattr(module, "EXACT", 11)
    drawn = contributions(of_part)
    assert (drawn["error"] > 0).all()
    assert (np.abs(drawn["shapley"] - exact["shapley"]) <= 4 * drawn["error"]).all()
    assert drawn["shapley"].sum() == pytest.approx(exact["shapley"].sum())
    again, other = contributions(of_part), contributions(of_part, seed=1)
    assert again.equals(drawn)
    assert not other.equals(drawn)


def test_drawn_orders_are_reported():
    told = []
    contributions(scored(*alike(13, 10)), lambda done, of: told.append((done, of)))
    assert told[-1] == (400, 400)


def test_without_photos_nobody_contributes():
    stack, true = alike(3, 1)
    found = contributions(scored(stack[:, :0], true[:0]))
    assert not found[["alone", "left_out", "shapley"]].to_numpy().any()
