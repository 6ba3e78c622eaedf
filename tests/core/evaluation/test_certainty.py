import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation.certainty import bins_of, calibration_error, photo_losses, sureness, within_first


@st.composite
def answers(draw):
    """True labels and probabilities with many exact ties, absent classes included."""
    n, c = draw(st.integers(1, 40)), draw(st.integers(3, 7))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    coarse = random.integers(0, 4, (n, c)) + 1e-3
    return random.integers(0, c - draw(st.integers(0, 1)), n), coarse / coarse.sum(axis=1, keepdims=True)


@settings(max_examples=100, deadline=None)
@given(answers(), st.integers(1, 2))
def test_the_share_within_the_first_is_scikit_learns_with_level_classes_in_their_order(drawn, first):
    true, probabilities = drawn
    c = probabilities.shape[1]
    # scikit-learn prefers the last of level classes: turned round, its last is our first
    theirs = metrics.top_k_accuracy_score(c - 1 - true, probabilities[:, ::-1], k=first, labels=range(c))
    assert within_first(true, probabilities, first).mean() == pytest.approx(theirs, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(answers())
def test_what_is_right_is_within_the_first_two(drawn):
    true, probabilities = drawn
    right = probabilities.argmax(axis=1) == true
    assert (within_first(true, probabilities, 1) == right).all()
    assert (within_first(true, probabilities) >= right).all()


def test_a_certain_mistake_costs_36_nats_and_not_infinity():
    losses = photo_losses(np.array([0, 1]), np.array([[0.5, 0.5], [1.0, 0.0]], np.float32))
    assert losses == pytest.approx([np.log(2), -np.log(np.finfo(float).eps)])


@settings(max_examples=100, deadline=None)
@given(answers(), st.integers(1, 20))
def test_the_calibration_error_is_the_sum_over_bins_of_its_definition(drawn, bins):
    true, probabilities = drawn
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    expected = 0.0
    for number in range(bins):
        inside = (np.ceil(sure * bins) == number + 1) | ((number == 0) & (sure == 0))
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    assert calibration_error(true, probabilities, bins) == pytest.approx(expected, abs=1e-12)


def test_bins_hold_their_upper_edge_and_nothing_falls_out():
    assert bins_of(np.array([0.0, 0.1, 0.1000001, 0.5, 1.0]), 10).tolist() == [0, 0, 1, 4, 9]
    just_above = np.array([[np.nextafter(np.float32(1), np.float32(2)), 0]], np.float32)
    assert sureness(just_above).tolist() == [1.0]


def test_no_photos_give_empty_arrays_and_an_error_of_0():
    none, nothing = np.zeros(0, int), np.zeros((0, 3))
    assert within_first(none, nothing).shape == sureness(nothing).shape == photo_losses(none, nothing).shape == (0,)
    assert calibration_error(none, nothing) == 0
