import numpy as np
import pytest
from scipy import stats

from core.evaluation.freeze_sweep import FIGURES, Trained, sweep, verdict


def trained(k, seed, accuracy, parameters=1000.0, photos=500):
    figures = dict.fromkeys(FIGURES, accuracy)
    return Trained(f"{k}-{seed}", k, seed, parameters, figures, dict.fromkeys(FIGURES, accuracy - 0.01), photos)


def runs(table, **fields):
    return [trained(k, seed, value, **fields) for k, values in table.items() for seed, value in enumerate(values)]


def test_the_cut_is_chosen_on_mean_validation_and_of_equals_the_one_that_trains_less():
    found = sweep(runs({8: [0.80, 0.82], 12: [0.79, 0.81]}))
    assert found.chosen.k == 8
    assert found.chosen.mean == pytest.approx(0.81)
    equal = [trained(4, 0, 0.8, parameters=900.0), trained(9, 0, 0.8, parameters=100.0)]
    assert sweep(equal).chosen.k == 9
    assert [cut.k for cut in sweep(equal[::-1]).cuts] == [4, 9]


def test_a_seed_that_a_cut_has_twice_counts_once():
    found = sweep([trained(10, 0, 0.7), trained(10, 0, 0.9), trained(10, 1, 0.8)])
    assert found.cuts[0].validation["accuracy"].tolist() == [0.7, 0.8]
    assert found.cuts[0].runs == ("10-0", "10-1")


def test_intervals_and_tests_are_those_of_welch():
    first, second = [0.81, 0.84, 0.80, 0.86], [0.70, 0.76, 0.71]
    (rival,) = sweep(runs({8: first, 12: second})).rivals
    theirs = stats.ttest_ind(first, second, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert (rival.low, rival.high) == pytest.approx((interval.low, interval.high))
    assert rival.told_apart == (theirs.pvalue < 0.05)


def test_with_fewer_than_three_seeds_nothing_is_told_apart_however_far_the_cuts_are():
    found = sweep(runs({8: [0.90, 0.91], 12: [0.30, 0.31]}))
    assert not found.rivals[0].told_apart
    assert verdict(found)[1] == "2 seeds: can't tell yet, add seeds. Three of each cut are the least."
    assert "One seed: can't tell yet" in verdict(sweep(runs({8: [0.9], 12: [0.3, 0.3, 0.3]})))[1]


def test_the_verdict_says_what_is_level_and_what_is_higher():
    found = sweep(runs({6: [0.50, 0.51, 0.49], 8: [0.80, 0.83, 0.81], 10: [0.81, 0.80, 0.82]}))
    told = verdict(found)
    assert told[0] == "k = 8 has the highest mean, 81.3 % of 500 validation photos."
    assert (
        told[1] == "Too close to call against k = 10: 0.3 points behind, where two seeds of the same cut differ by 1.6."
    )
    assert told[2].startswith("k = 8 is 31.3 points higher than k = 6 (")
    assert told[2].endswith("3 seeds of each).")


def test_seeds_that_agree_to_the_photo_make_no_tiny_difference_certain():
    found = sweep(runs({8: [0.802] * 3, 10: [0.801] * 3}, photos=500))
    assert not found.rivals[0].told_apart


def test_one_cut_alone_asks_for_another():
    assert verdict(sweep(runs({8: [0.8, 0.9, 0.7]})))[0].endswith("a sweep needs another cut.")
    with pytest.raises(ValueError, match="none"):
        sweep([])


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("cuts", [2, 6])
def test_cuts_that_do_not_differ_are_called_better_in_at_most_five_percent(seeds, cuts):
    draw = np.random.default_rng(seeds + cuts)
    alarms = 0
    for _ in range(1000):
        table = {k: np.round(draw.normal(0.8, 0.015, seeds) * 500) / 500 for k in range(cuts)}
        alarms += any(rival.told_apart for rival in sweep(runs(table)).rivals)
    # Two standard errors of 1,000 coin tosses at 5 % are 1.4 points.
    assert alarms <= 50 + 14
