import numpy as np
import pytest
from scipy import stats

from core.evaluation.choices import ONE_SEED, choice_verdict, disagreement, picking_gain, welch


def test_the_interval_and_the_test_are_scipys_welch():
    first, second = [0.81, 0.84, 0.80, 0.86], [0.70, 0.76, 0.71]
    theirs = stats.ttest_ind(first, second, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert welch(first, second) == pytest.approx((interval.low, interval.high, theirs.pvalue))


def test_one_seed_of_either_cannot_tell_and_two_are_asked_for_a_third():
    assert choice_verdict([0.8], [0.9, 0.91, 0.92]) == ONE_SEED
    assert choice_verdict([], []) == ONE_SEED
    assert choice_verdict([0.8, 0.8], [0.9, 0.9, 0.9]) == (
        "As for the settings behind them, 2 seeds: can't tell yet. Three of each are the least."
    )


def test_settings_that_are_apart_are_told_with_lead_interval_and_seeds():
    told = choice_verdict([0.80, 0.81, 0.79], [0.86, 0.87, 0.88, 0.87], ("A", "B"), 500)
    assert told.startswith("As for the settings behind them, those of B are 7.0 points higher (")
    assert told.endswith("; 3 seeds of A, 4 of B).")
    assert "those of A are 7.0 points higher" in choice_verdict([0.86, 0.87, 0.88, 0.87], [0.80, 0.81, 0.79])


def test_settings_within_the_spread_of_seeds_are_too_close_to_call_and_more_seeds_are_counted():
    told = choice_verdict([0.80, 0.84, 0.82], [0.83, 0.86, 0.81])
    assert told.startswith("As for the settings behind them, too close to call: those of B 1.3 points higher (-")
    assert told.endswith("seeds of each would settle it.")
    assert "level (" in choice_verdict([0.8, 0.9, 0.7], [0.7, 0.8, 0.9])


def test_seeds_that_agree_to_the_photo_make_no_tiny_difference_certain():
    assert "too close to call" in choice_verdict([0.801] * 3, [0.802] * 3, photos=500)


@pytest.mark.parametrize("seeds", [3, 5])
def test_equal_settings_are_called_better_in_at_most_five_percent(seeds):
    draw = np.random.default_rng(seeds)
    called = sum(
        "are" in choice_verdict(*np.round(draw.normal(0.8, 0.015, (2, seeds)) * 500) / 500, photos=500).split("(")[0]
        for _ in range(1_000)
    )
    assert called <= 50 + 14  # two standard errors of 1,000 coin tosses at 5 %


# the expected maximum of n standard normal numbers (Harter 1961)
@pytest.mark.parametrize(("runs", "expected"), [(2, 0.56419), (3, 0.84628), (10, 1.53875), (40, 2.16078)])
def test_the_best_of_n_equal_runs_gains_the_expected_maximum_of_their_noise(runs, expected):
    found = picking_gain([0.8] * runs, photos=500, disagreement=0.1)
    assert found.by_chance == pytest.approx(expected * np.sqrt(0.05 / 500), rel=0.02)
    assert found.at_most > found.by_chance


def test_simulated_equal_runs_gain_by_picking_what_is_said():
    random = np.random.default_rng(1)
    ease, gains, said, beyond = random.beta(4, 1, 400), [], [], 0  # some photos are hard for every run
    for _ in range(300):
        right = random.random((8, 400)) < ease
        accuracies = right.mean(axis=1)
        found = picking_gain(accuracies, 400, disagreement(right))
        gains.append(accuracies.max() - accuracies.mean())
        said.append(found.by_chance)
        beyond += found.beyond_chance
    assert np.mean(said) == pytest.approx(np.mean(gains), rel=0.06)
    assert beyond <= 15 + 8


def test_disagreement_is_the_mean_over_pairs_of_photos_only_one_gets_right():
    right = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0]], bool)
    assert disagreement(right) == pytest.approx(np.mean([1 / 4, 2 / 4, 1 / 4]))
    assert disagreement(right[:1]) == 0
    assert disagreement(right[:, :0]) == 0


def test_what_picking_brings_is_a_sentence_with_numbers_and_doubts_a_small_lead():
    told = picking_gain([0.80, 0.81, 0.82], 531, 0.1).sentence("C")
    assert told.startswith("C is the best of 3 runs, 1.0 points above their mean. Picking the best of 3 equally good")
    assert told.endswith("So its lead may be luck.")
    assert "luck." not in picking_gain([0.60, 0.61, 0.82], 531, 0.1).sentence("C")
    assert picking_gain([0.8], 531) is None
    assert picking_gain([0.0, 0.0], 0) is None


def test_without_the_photos_the_mistakes_count_as_independent_which_is_the_most_there_can_be():
    assert picking_gain([0.8] * 4, 500).by_chance > picking_gain([0.8] * 4, 500, 0.2).by_chance
    assert picking_gain([1.0] * 4, 500).by_chance == 0
