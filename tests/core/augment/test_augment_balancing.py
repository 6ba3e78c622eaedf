import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.augment.balancing import oversampled, oversampled_counts

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60)
AIMS = st.sampled_from([None, "largest", 1, 7, 100])


def test_classes_are_repeated_to_the_largest_or_to_a_number_and_never_cut():
    assert oversampled_counts([5, 2, 0], None) == [5, 2, 0]
    assert oversampled_counts([5, 2, 0], "largest") == [5, 5, 0]
    assert oversampled_counts([5, 2, 0], 3) == [5, 3, 0]
    assert oversampled_counts([], "largest") == []


@given(LABELS, AIMS, st.integers(0, 9))
def test_positions_have_the_counts_that_were_told_and_no_photo_comes_much_oftener(labels, aim, seed):
    labels = np.array(labels)
    found = oversampled(labels, aim, np.random.default_rng(seed))
    counts = np.bincount(labels, minlength=5)
    assert np.bincount(labels[found], minlength=5).tolist() == oversampled_counts(counts, aim)
    often = np.bincount(found, minlength=len(labels))
    for label in np.unique(labels):
        assert np.ptp(often[labels == label]) <= 1
        assert often[labels == label].min() >= 1


def test_the_same_random_numbers_give_the_same_positions_and_others_draw_others():
    labels = np.array([0] * 10 + [1] * 7)
    first, again, other = (oversampled(labels, "largest", np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


@pytest.mark.parametrize("aim", [None, "largest", 5])
def test_no_photos_are_no_positions(aim):
    assert len(oversampled(np.array([], int), aim, np.random.default_rng(0))) == 0
