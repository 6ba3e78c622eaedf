import numpy as np
import pytest
from scipy.special import softmax

from core.evaluation.calibration import fits, reliability, scaled, temperature, wilson
from core.evaluation.certainty import calibration_error
from core.evaluation.figures import log_loss
from core.records import PartPredictions


def part(true, probabilities):
    ids = tuple(f"{number:05d}" for number in range(len(true)))
    return PartPredictions(ids=ids, true=true, probabilities=probabilities)


def too_sure(sharpness, n=2_000, c=4, seed=0):
    """Labels drawn from the softmax of logits, and the softmax of `sharpness` times the logits as probabilities."""
    random = np.random.default_rng(seed)
    logits = 2 * random.normal(size=(n, c))
    true = np.array([random.choice(c, p=row) for row in softmax(logits, axis=1)])
    return part(true, softmax(sharpness * logits, axis=1))


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_is_the_one_that_a_grid_search_finds_and_undoes_the_sharpness(sharpness):
    answers = too_sure(sharpness)
    grid = np.geomspace(0.05, 20, 1_200)
    losses = [log_loss(answers.true, scaled(answers, t).probabilities) for t in grid]
    found = temperature(answers)
    assert found == pytest.approx(grid[np.argmin(losses)], rel=0.006)  # the grid's step
    assert log_loss(answers.true, scaled(answers, found).probabilities) <= min(losses) + 1e-7
    assert found == pytest.approx(sharpness, rel=0.1)


def test_scaling_keeps_every_answer_and_lowers_loss_and_calibration_error_on_other_photos():
    validation, test = too_sure(3.0, seed=1), too_sure(3.0, seed=2)
    after = scaled(test, temperature(validation))
    assert (after.predicted == test.predicted).all()
    assert after.probabilities.sum(axis=1) == pytest.approx(np.ones(len(test.true)), abs=1e-6)
    assert log_loss(test.true, after.probabilities) < log_loss(test.true, test.probabilities)
    before = calibration_error(test.true, test.probabilities)
    assert calibration_error(test.true, after.probabilities) < 0.4 * before


def test_probabilities_of_0_and_a_run_that_is_never_wrong_stay_numbers():
    extreme = part([0, 1, 0, 1], [[1, 0, 0], [0, 0.999, 0.001], [0.2, 0.7, 0.1], [0, 1, 0]])
    for t in (0.05, 1.7, 20.0):
        assert np.isfinite(scaled(extreme, t).probabilities).all()
    assert 0.05 <= temperature(extreme) <= 20
    assert temperature(part([0, 1], [[0.9, 0.1], [0.2, 0.8]])) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(
    "nothing",
    [
        part([], np.zeros((0, 3))),
        part([0, 1], [[1, 0], [1, 0]]),  # labels only
        part([0, 1], [[np.nan, np.nan], [0.5, 0.5]]),
    ],
    ids=["no photos", "labels only", "no numbers"],
)
def test_where_there_is_nothing_to_fit_the_temperature_is_1_and_scaling_changes_nothing(nothing):
    assert not fits(nothing)
    assert temperature(nothing) == 1
    assert scaled(nothing, 2.0) is nothing


def test_a_temperature_of_0_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        scaled(part([0], [[0.5, 0.5]]), 0)


def test_the_reliability_diagram_counts_photos_and_rights_by_how_sure_the_answer_was():
    answers = part([0, 1, 0, 0], [[0.95, 0.05], [0.92, 0.08], [0.45, 0.55], [0.58, 0.42]])
    found = reliability(answers)
    assert found["low"].tolist() == pytest.approx([0.5, 0.9])
    assert found["high"].tolist() == pytest.approx([0.6, 1.0])
    assert found["photos"].tolist() == [2, 2]
    assert found["confidence"].tolist() == pytest.approx([0.565, 0.935])
    assert found["accuracy"].tolist() == [0.5, 0.5]
    assert (found["accuracy_low"] < 0.5).all()
    assert (found["accuracy_high"] > 0.5).all()


def test_the_diagram_adds_up_to_the_calibration_error_and_has_a_bin_only_where_there_are_photos():
    answers = too_sure(3.0)
    found = reliability(answers, bins=15)
    summed = (found["photos"] * (found["accuracy"] - found["confidence"]).abs()).sum() / len(answers.true)
    assert summed == pytest.approx(calibration_error(answers.true, answers.probabilities), abs=1e-12)
    assert not found.isna().any(axis=None)
    assert reliability(part([], np.zeros((0, 3)))).empty
    assert len(reliability(part([0, 1], [[1, 0], [1, 0]]))) == 1


def test_wilsons_interval_holds_the_share_and_is_everything_without_photos():
    assert wilson(0, 0) == (0, 1)
    low, high = wilson(81, 263)  # Newcombe 1998, table I
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
