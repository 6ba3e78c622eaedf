import numpy as np
import pytest

from core.evaluation.coverage import POINTS, at_threshold, coverage_curve, threshold_for
from core.records import PartPredictions


def part(true, first):
    """Two classes; `first` is the probability of class 0."""
    first = np.asarray(first, float)
    ids = tuple(f"{number:05d}" for number in range(len(true)))
    return PartPredictions(ids=ids, true=true, probabilities=np.stack([first, 1 - first], axis=1))


SMALL = part([0, 0, 1, 1], [0.9, 0.8, 0.8, 0.45])  # sure .9 right, .8 right, .8 wrong, .55 right


def test_a_row_a_threshold_says_how_many_are_answered_and_how_many_of_those_are_right():
    found = coverage_curve(SMALL)
    assert found["threshold"].tolist() == pytest.approx([0.9, 0.8, 0.55])
    assert found["coverage"].tolist() == [0.25, 0.75, 1.0]  # the equally sure ones come together
    assert found["accuracy"].tolist() == pytest.approx([1, 2 / 3, 3 / 4])


def test_every_row_of_the_curve_is_what_its_threshold_does():
    random = np.random.default_rng(0)
    answers = part(random.integers(0, 2, 3_000), random.random(3_000))
    found = coverage_curve(answers)
    assert len(found) == POINTS
    assert found["coverage"].is_monotonic_increasing
    assert found["coverage"].iloc[-1] == 1
    for row in found.iloc[::60].itertuples():
        at = at_threshold(answers, row.threshold)
        assert (at.coverage, at.accuracy) == pytest.approx((row.coverage, row.accuracy))
        assert at.low <= at.accuracy <= at.high


def test_the_threshold_answers_most_photos_with_the_accuracy_wanted():
    assert threshold_for(SMALL, 0.9) == pytest.approx(0.9)
    assert threshold_for(SMALL, 0.7) == pytest.approx(0.55)
    assert threshold_for(SMALL, 1.01) is None
    assert threshold_for(part([0, 1], [0.1, 0.9]), 0.5) is None
    chosen = at_threshold(SMALL, threshold_for(SMALL, 0.9))
    assert (chosen.answered, chosen.not_sure, chosen.accuracy) == (1, 3, 1.0)


def test_where_nothing_is_answered_there_is_no_accuracy():
    at = at_threshold(SMALL, 0.99)
    assert (at.coverage, at.accuracy, at.low, at.high) == (0, None, None, None)


def test_no_photos_labels_only_and_no_numbers_give_no_nan_and_no_traceback():
    none = part([], [])
    assert coverage_curve(none).empty
    assert threshold_for(none, 0.5) is None
    assert at_threshold(none, 0.5).coverage == 0
    assert at_threshold(none, 0.5).accuracy is None
    labels = part([0, 1, 0], [1, 0, 0])
    assert coverage_curve(labels).to_numpy().tolist() == [pytest.approx([1, 1, 2 / 3])]
    broken = part([0, 1], [np.nan, 0.2])
    assert coverage_curve(broken).empty
    assert threshold_for(broken, 0.1) is None
    assert at_threshold(broken, 0.5).answered == 1
