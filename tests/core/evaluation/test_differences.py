import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, bootstrap
from sklearn.metrics import f1_score

from core.evaluation.differences import Difference, against_baseline, holm, paired_difference, settling, verdict
from core.evaluation.figures import part_figures
from core.evaluation.resampling import photo_draws, resampled
from core.records import PartPredictions


def answers(n, right, seed=0):
    """True labels, and labels of a model that is right on the photos `right` says."""
    true = np.random.default_rng(seed).integers(0, 3, n)
    return true, np.where(right, true, (true + 1) % 3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 300))
def test_mcnemar_is_the_two_sided_exact_binomial_test_of_its_definition(only_first, only_second, both):
    n = only_first + only_second + both
    index = np.arange(n)
    true, first = answers(n, (index < only_first) | (index >= only_first + only_second))
    _, second = answers(n, index >= only_first)
    difference, low, high, p_value, b, c = paired_difference(true, first, second)
    assert (b, c) == (only_first, only_second)
    total = only_first + only_second
    # the tosses at most as likely as the ones seen; symmetric, so twice the smaller tail
    expected = min(1.0, 2 * binom.cdf(min(only_first, only_second), total, 0.5)) if total else 1.0
    assert p_value == pytest.approx(expected, abs=1e-9)
    assert low <= difference <= high


def test_the_bootstrap_interval_agrees_with_scipys_that_resamples_photo_by_photo():
    generator = np.random.default_rng(3)
    true, first = answers(531, generator.random(531) < 0.80)
    _, second = answers(531, generator.random(531) < 0.84)
    difference, low, high, *_ = paired_difference(true, first, second, draws=20_000)
    by_photo = bootstrap(
        ((second == true).astype(float) - (first == true),),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(0),
        batch=1_000,
    ).confidence_interval
    assert low == pytest.approx(by_photo.low, abs=0.004)
    assert high == pytest.approx(by_photo.high, abs=0.004)
    assert low < difference < high


def test_the_interval_is_the_same_for_the_same_seed_and_another_for_another():
    true, first = answers(200, np.arange(200) < 150)
    _, second = answers(200, np.arange(200) >= 40)
    assert paired_difference(true, first, second, seed=1) == paired_difference(true, first, second, seed=1)
    assert paired_difference(true, first, second, seed=1) != paired_difference(true, first, second, seed=2)


def test_of_1000_pairs_of_equally_good_models_at_most_50_are_called_different():
    generator = np.random.default_rng(0)
    called = 0
    for _ in range(1_000):
        true, first = answers(300, generator.random(300) < 0.8)
        _, second = answers(300, generator.random(300) < 0.8)
        called += Difference("a", "b", 300, *paired_difference(true, first, second)).beyond_noise
    assert called <= 50


def difference(accuracy, low, high, p_value, only_baseline=0, only_run=0):
    return Difference("a", "b", 531, accuracy, low, high, p_value, only_baseline, only_run)


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (difference(0.021, -0.004, 0.046, 0.1), "Too close to call: B 2.1 points higher (-0.4 to 4.6 on 531 photos)"),
        (difference(0.062, 0.031, 0.093, 0.001), "B is 6.2 points higher (3.1 to 9.3 on 531 photos)"),
        (difference(-0.062, -0.093, -0.031, 0.001), "A is 6.2 points higher (3.1 to 9.3 on 531 photos)"),
        (difference(-0.021, -0.046, 0.004, 0.1), "Too close to call: A 2.1 points higher (-0.4 to 4.6 on 531 photos)"),
        (difference(0.0, -0.02, 0.02, 1.0), "Too close to call: A and B are level (-2.0 to 2.0 on 531 photos)"),
        (difference(0.0, 0.0, 0.0, 1.0), "Too close to call: A and B are level (0.0 to 0.0 on 531 photos)"),
        (difference(0.02, 0.0, 0.04, 0.04), "Too close to call: B 2.0 points higher (0.0 to 4.0 on 531 photos)"),
    ],
)
def test_a_verdict_names_the_higher_run_its_lead_the_interval_and_the_photos(one, sentence):
    assert verdict(one, "A", "B") == sentence
    assert "significant" not in verdict(one, "A", "B")


def test_more_photos_are_needed_to_settle_a_smaller_difference():
    large = difference(20 / 531, 0.0, 0.1, 0.1, only_baseline=20, only_run=40)
    small = difference(2 / 531, -0.1, 0.1, 0.9, only_baseline=29, only_run=31)
    assert 531 * 0.3 < large.settled_by < 531
    assert small.settled_by > 20 * large.settled_by
    assert difference(0.0, 0.0, 0.0, 1.0).settled_by is None


def test_holm_keeps_what_stands_after_as_many_tests_as_were_made():
    # .01 is held against .05 / 4, .013 against .05 / 3, .03 against .05 / 2: there it ends, .04 falls with it
    assert holm([0.04, 0.01, 0.03, 0.013]).tolist() == [False, True, False, True]
    assert holm([0.04]).tolist() == [True]
    assert holm([]).tolist() == []


def test_against_several_runs_the_verdict_starts_with_the_run_and_names_the_baseline():
    lower = Difference("a", "c", 454, -0.104, -0.159, -0.048, 0.001, 90, 43)
    assert verdict(lower, "A", "C", several=True) == "C is 10.4 points lower than A (4.8 to 15.9 on 454 photos)"
    close = Difference("a", "b", 454, 0.021, -0.004, 0.046, 0.2, 40, 50)
    assert verdict(close, "A", "B", several=True) == (
        "Too close to call: B 2.1 points higher than A (-0.4 to 4.6 on 454 photos)"
    )


def seeds_of_one_network(random, runs, photos):
    """Trainings of the very same network: each photo has its own difficulty, the same for all."""
    ease = random.beta(4, 1, photos)
    right = random.random((runs, photos)) < ease
    true = random.integers(0, 3, photos)
    return true, {f"{number}": np.where(of, true, (true + 1) % 3) for number, of in enumerate(right)}


@pytest.mark.parametrize("runs", [2, 6])
def test_of_1000_comparisons_of_equal_runs_at_most_50_call_any_of_them_better(runs):
    random = np.random.default_rng(runs)
    called = sum(
        any(one.beyond_noise for one in against_baseline(*seeds_of_one_network(random, runs, 300), "0"))
        for _ in range(1_000)
    )
    assert called <= 50


def test_with_more_runs_a_difference_must_be_clearer_to_stand():
    true, first = answers(400, np.arange(400) < 300)
    _, better = answers(400, np.arange(400) < 310)  # 10 more and none less: p = .002
    (alone,) = against_baseline(true, {"a": first, "b": better}, "a")
    crowd = {"a": first, "b": better} | {f"{number}": first for number in range(38)}
    among_many = against_baseline(true, crowd, "a")[0]
    assert among_many.among == 39
    assert among_many.p_value == alone.p_value
    assert alone.beyond_noise
    assert not among_many.beyond_noise
    assert among_many.settled_by > alone.settled_by


def test_any_run_can_be_the_baseline_and_the_signs_turn_round():
    true, first = answers(400, np.arange(400) < 300)
    _, second = answers(400, np.arange(400) < 360)
    (up,) = against_baseline(true, {"a": first, "b": second}, "a")
    (down,) = against_baseline(true, {"a": first, "b": second}, "b")
    assert (up.baseline, up.run, down.baseline, down.run) == ("a", "b", "b", "a")
    assert up.accuracy == pytest.approx(0.15)
    assert down.accuracy == -up.accuracy
    assert (up.only_run, up.only_baseline) == (down.only_baseline, down.only_run) == (60, 0)


def test_the_interval_of_the_difference_in_macro_f1_is_that_of_a_loop_over_scikit_learn():
    true, first = answers(200, np.random.default_rng(1).random(200) < 0.7)
    _, second = answers(200, np.random.default_rng(2).random(200) < 0.85)
    ids = tuple(f"{number:03d}" for number in range(200))
    parts = {
        run: PartPredictions(ids=ids, true=true, probabilities=np.eye(3)[labels])
        for run, labels in (("a", first), ("b", second))
    }
    drawn = resampled(list(parts.values()), 3, [False, False], draws=300, seed=5)
    f1 = {
        run: (part_figures(part, "abc").summary["f1_macro"], of["f1_macro"])
        for (run, part), of in zip(parts.items(), drawn, strict=True)
    }
    (found,) = against_baseline(true, {"a": first, "b": second}, "a", f1_draws=f1)
    loop = []
    for counts in np.hstack(list(photo_draws(200, 300, seed=5))).T:
        rows = np.repeat(np.arange(200), counts.astype(int))
        loop.append(
            f1_score(true[rows], second[rows], average="macro") - f1_score(true[rows], first[rows], average="macro")
        )
    assert found.f1_macro == pytest.approx(
        f1_score(true, second, average="macro") - f1_score(true, first, average="macro"), abs=1e-12
    )
    assert (found.f1_low, found.f1_high) == pytest.approx(tuple(np.percentile(loop, [2.5, 97.5])), abs=1e-9)


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        # 50 of 531 disagree, 10 more for one: (50/531 - .0188^2) / .0188^2 * 1.96^2
        (difference(10 / 531, -0.01, 0.04, 0.2, 20, 30), "About 1,100 photos would settle it"),
        (difference(-10 / 531, -0.04, 0.01, 0.2, 30, 20), "About 1,100 photos would settle it"),
        (difference(21 / 531, -0.001, 0.07, 0.06, 50, 71), "About 560 photos would settle it"),
        (difference(26 / 531, 0.0, 0.1, 0.06, 50, 76), "A few more photos would settle it"),
        (difference(0.0001, -0.1, 0.1, 0.9, 100, 100), "Not even a million photos would settle it"),
        (difference(0.1, 0.05, 0.15, 0.001, 10, 63), None),
        (difference(0.0, -0.1, 0.1, 1.0, 10, 10), None),
    ],
)
def test_what_would_settle_a_difference_is_said_with_two_digits(one, sentence):
    assert settling(one) == sentence


def test_one_photo_asks_for_the_few_that_the_exact_test_needs_at_least():
    (one,) = against_baseline(np.array([0]), {"a": np.array([1]), "b": np.array([0])}, "a")
    assert not one.beyond_noise
    assert settling(one) == "About 6 photos would settle it"


def test_no_photo_gives_a_difference_of_0_that_is_level():
    none = np.zeros(0, int)
    (one,) = against_baseline(none, {"a": none, "b": none}, "a")
    assert verdict(one, "A", "B") == "Too close to call: A and B are level (0.0 to 0.0 on 0 photos)"
    assert settling(one) is None
