import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, bootstrap

from core.errors import DifferentTest, TooFewRuns
from core.evaluation.comparison import (
    ONE_SEED,
    Difference,
    compare,
    compare_json,
    gate,
    holm,
    letter,
    paired_difference,
    verdict,
)
from core.records import Part, PartPredictions, Predictions, Run, RunKind, Status

CLASSES = ("ash", "beech", "cedar")


def answers(n, right, seed=0):
    """True labels, and labels of a model that is right on the photos `right` says."""
    true = np.random.default_rng(seed).integers(0, 3, n)
    return true, np.where(right, true, (true + 1) % 3)


def predictions(predicted, true, evaluation_id="e", classes=CLASSES):
    part = PartPredictions(
        ids=tuple(f"{number:05d}" for number in range(len(true))), true=true, probabilities=np.eye(3)[predicted]
    )
    return Predictions(evaluation_id=evaluation_id, classes=classes, parts={Part.VALIDATION: part, Part.TEST: part})


def run(run_id, status=Status.FINISHED, evaluation_id="e"):
    return Run(
        id=run_id,
        name=run_id,
        kind=RunKind.TRAINED,
        status=status,
        evaluation_id=evaluation_id,
        created=datetime(2025, 1, 1, tzinfo=UTC),
    )


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


def test_every_run_is_compared_with_the_first_and_about_the_choice_one_seed_cannot_tell():
    true, first = answers(400, np.arange(400) < 280)
    _, second = answers(400, np.arange(400) < 360)
    found = compare({"x": predictions(first, true), "y": predictions(second, true)}, Part.TEST)
    assert found.letters == {"x": "A", "y": "B"}
    assert [(one.baseline, one.run) for one in found.differences] == [("x", "y")]
    assert found.differences[0].accuracy == pytest.approx(0.2)
    assert found.verdicts[0].startswith("B is 20.0 points higher (")
    assert found.verdicts[0].endswith(ONE_SEED)
    assert "one seed: can't tell" in ONE_SEED
    assert found.summaries.loc["y", "accuracy"] == pytest.approx(0.9)
    assert found.confusions["x"].sum() == 400
    assert list(found.per_class.columns) == [
        "class",
        "support",
        *("precision A", "precision B", "recall A", "recall B", "f1 A", "f1 B"),
    ]


def test_runs_with_other_photos_or_classes_are_refused_by_name():
    true, first = answers(10, np.arange(10) < 5)
    others = {"x": predictions(first, true), "y": predictions(first, true, evaluation_id="other")}
    with pytest.raises(DifferentTest, match="Run Holly was tested on other photos"):
        compare(others, Part.TEST, names={"x": "Ivy", "y": "Holly"})
    renamed = {"x": predictions(first, true), "y": predictions(first, true, classes=("ash", "beech", "elm"))}
    with pytest.raises(DifferentTest, match="Run y"):
        compare(renamed, Part.TEST)


def test_comparing_no_run_or_one_says_how_many_are_needed():
    with pytest.raises(TooFewRuns, match="at least 1"):
        compare({}, Part.TEST)
    true, first = answers(10, np.arange(10) < 5)
    with pytest.raises(TooFewRuns, match="at least 2"):
        compare_json({"x": predictions(first, true)})


def test_the_gate_keeps_finished_runs_of_one_evaluation_id_and_says_why_the_others_do_not_fit():
    runs = [
        run("a"),
        run("b", evaluation_id="other"),
        *(run(status, Status(status)) for status in Status if status != "finished"),
    ]
    fitting, reasons = gate("e", runs)
    assert [one.id for one in fitting] == ["a"]
    assert reasons == {
        "b": "tested on other photos",
        "queued": "waiting to be trained",
        "running": "still training",
        "failed": "its training failed",
        "cancelled": "its training was cancelled",
    }


def test_runs_are_lettered_beyond_z():
    assert [letter(index) for index in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]


def test_compare_prints_plain_json_with_both_parts():
    true, first = answers(100, np.arange(100) < 70)
    _, second = answers(100, np.arange(100) < 90)
    printed = json.loads(json.dumps(compare_json({"x": predictions(first, true), "y": predictions(second, true)})))
    assert printed["baseline"] == "x"
    assert [(one["id"], one["letter"], one["validation"]["accuracy"]) for one in printed["runs"]] == [
        ("x", "A", 0.7),
        ("y", "B", 0.9),
    ]
    assert set(printed["differences"]) == {"validation", "test"}
    assert printed["differences"]["test"][0]["only_run"] == 20
    assert printed["differences"]["test"][0]["beyond_noise"] is True


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
