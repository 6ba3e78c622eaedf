import numpy as np
import pytest

from core.evaluation.costs import (
    cheapest,
    cheapest_cost,
    cost_interval,
    expected_cost,
    expected_costs,
    plain_costs,
)
from core.evaluation.figures import confusion, part_figures
from core.records import PartPredictions

# Taking a poisonous mushroom (1) for an edible one (0) costs a hundred times the other mistake
POISON = np.array([[0.0, 1.0], [100.0, 0.0]])


def part(n=400, c=2, seed=0):
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(c), n)
    true = np.array([random.choice(c, p=row) for row in shares])  # calibrated
    return PartPredictions(ids=tuple(map(str, range(n))), true=true, probabilities=shares)


def test_the_cost_is_the_mean_over_the_photos_of_what_each_mistake_costs():
    answers = part()
    by_photo = POISON[answers.true, answers.predicted].mean()
    assert expected_cost(answers, POISON) == pytest.approx(by_photo, abs=1e-12)
    assert expected_cost(confusion(answers.true, answers.predicted, 2), POISON) == pytest.approx(by_photo, abs=1e-12)
    assert expected_cost(np.zeros((2, 2)), POISON) == 0


def test_plain_costs_count_the_photos_that_are_wrong_and_leave_every_answer():
    answers = part(c=5)
    assert expected_cost(answers, plain_costs(5)) == pytest.approx(1 - part_figures(answers, "abcde").accuracy)
    np.testing.assert_array_equal(cheapest(answers, plain_costs(5)), answers.predicted)


def test_the_cheapest_answer_has_the_least_expected_cost_and_costs_less_than_the_most_probable():
    answers = part()
    expected = expected_costs(answers, POISON)
    np.testing.assert_allclose(expected[:, 0], 100 * answers.probabilities[:, 1], rtol=1e-6)
    said = cheapest(answers, POISON)
    assert (expected[np.arange(400), said] <= expected.min(axis=1) + 1e-9).all()
    assert (said == 1).sum() > (answers.predicted == 1).sum()
    assert cheapest_cost(answers, POISON) < expected_cost(answers, POISON) / 5


def test_of_equally_cheap_answers_the_most_probable_is_given():
    answers = PartPredictions(ids=("a",), true=[1], probabilities=[[0.2, 0.7, 0.1]])
    assert cheapest(answers, np.zeros((3, 3))).tolist() == [1]


def test_the_interval_of_plain_costs_is_that_of_the_share_that_is_wrong():
    answers = part(n=1_000)
    low, high = cost_interval(answers, plain_costs(2))
    wrong = expected_cost(answers, plain_costs(2))
    half = 1.96 * np.sqrt(wrong * (1 - wrong) / 1_000)
    assert (low, high) == pytest.approx((wrong - half, wrong + half), abs=0.003)
    assert cost_interval(np.zeros((2, 2), int), plain_costs(2)) is None


@pytest.mark.parametrize("costs", [np.zeros((3, 3)), [[0, np.nan], [1, 0]], [[0, np.inf], [1, 0]], [1, 2]])
def test_costs_that_do_not_fit_are_refused(costs):
    with pytest.raises(ValueError, match="a number for each pair of 2 classes"):
        expected_cost(np.eye(2), costs)


def test_no_photos_and_no_numbers_give_an_answer_without_a_traceback():
    none = PartPredictions(ids=(), true=[], probabilities=np.zeros((0, 2)))
    assert cheapest(none, POISON).tolist() == []
    assert cheapest_cost(none, POISON) == expected_cost(none, POISON) == 0
    broken = PartPredictions(ids=("a",), true=[0], probabilities=[[np.nan, 0.5]])
    assert cheapest(broken, POISON).shape == (1,)
