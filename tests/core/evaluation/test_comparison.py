import json
from datetime import UTC, datetime

import numpy as np
import pytest

from core.errors import DifferentTest, NoAnswers, TooFewRuns
from core.evaluation.choices import ONE_SEED
from core.evaluation.comparison import compare, figure_draws, gate, letter
from core.evaluation.comparison_json import compare_json
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


def three_runs(accuracies=(0.6, 0.9, 0.7), n=400):
    true = np.random.default_rng(0).integers(0, 3, n)
    return {
        run: predictions(answers(n, np.random.default_rng(number).random(n) < accuracy)[1], true)
        for number, (run, accuracy) in enumerate(zip("xyz", accuracies, strict=True))
    }


def test_another_baseline_keeps_the_letters_and_is_set_against_all_others():
    found = compare(three_runs(), Part.TEST, baseline="y")
    assert found.baseline == "y"
    assert found.letters == {"x": "A", "y": "B", "z": "C"}
    assert [(one.baseline, one.run, one.among) for one in found.differences] == [("y", "x", 2), ("y", "z", 2)]
    assert found.verdicts[0].startswith("A is ")
    assert "points lower than B" in found.verdicts[0]


def test_figures_intervals_and_differences_in_macro_f1_belong_together():
    found = compare(three_runs(), Part.TEST)
    for run in "xyz":
        low, high = found.intervals[run]["f1_macro"]
        assert low < found.figures[run].summary["f1_macro"] < high
    one = found.differences[0]
    assert one.f1_macro == pytest.approx(found.summaries.loc["y", "f1_macro"] - found.summaries.loc["x", "f1_macro"])
    assert one.f1_low < one.f1_macro < one.f1_high


def test_a_figure_has_a_leader_only_where_the_photos_tell_it_from_every_other():
    clear = compare(three_runs(), Part.TEST).leaders
    assert (clear["accuracy"], clear["f1_macro"], clear["loss"]) == ("y", "y", "y")
    close = compare(three_runs((0.6, 0.9, 0.9)), Part.TEST).leaders
    assert close["accuracy"] is None
    assert close["f1_macro"] is None
    assert set(compare({"x": three_runs()["x"]}, Part.TEST).leaders.values()) == {None}


def test_the_leader_of_a_figure_that_some_lack_is_chosen_among_those_that_have_it():
    runs = three_runs()
    runs["y"] = runs["y"].model_copy(update={"has_probabilities": False})
    found = compare(runs, Part.TEST)
    assert found.leaders["accuracy"] == "y"
    assert found.leaders["loss"] == "z"
    assert found.figures["y"].summary["loss"] is None


def equal_runs(number):
    random = np.random.default_rng(number)
    true = random.integers(0, 3, 150)
    said = {run: np.where(random.random(150) < 0.8, true, (true + 1) % 3) for run in "xy"}
    return {run: predictions(labels, true) for run, labels in said.items()}


def test_equal_runs_lead_in_at_most_five_percent():
    led = sum(compare(equal_runs(number), Part.TEST).leaders["f1_macro"] is not None for number in range(60))
    assert led <= 3 + 3


def test_seeds_that_are_here_say_something_of_the_settings():
    runs = three_runs((0.6, 0.9, 0.61))
    found = compare(runs, Part.TEST, families={"x": "one", "y": "other", "z": "one"})
    assert found.choices["y"] == ONE_SEED
    assert found.choices["z"] == (
        "A and C have the same settings and other seeds: what lies between them is the luck of a training."
    )
    many = {f"{plan}{seed}": of for plan, of in (("p", runs["x"]), ("q", runs["y"])) for seed in range(3)}
    told = compare(many, Part.TEST, families={run: run[0] for run in many}).choices["q0"]
    assert "higher" in told
    assert "3 seeds of A, 3 of D" in told


def test_what_picking_the_best_brings_is_said_of_the_best():
    found = compare(three_runs(), Part.TEST)
    assert found.best == "y"
    assert found.picked.startswith("B is the best of 3 runs, ")
    assert compare({"x": three_runs()["x"]}, Part.TEST).picked is None


def test_a_run_without_answers_on_the_part_is_left_out_with_a_note_and_keeps_its_letter():
    runs = three_runs()
    runs["x"] = runs["x"].model_copy(update={"parts": {Part.VALIDATION: runs["x"].parts[Part.VALIDATION]}})
    found = compare(runs, Part.TEST, baseline="x")
    assert found.notes == ("A has no answers on test photos, so it is left out.",)
    assert (found.baseline, list(found.figures)) == ("y", ["y", "z"])
    assert found.letters["z"] == "C"
    assert list(found.per_class.columns)[2:4] == ["precision B", "precision C"]
    printed = json.loads(json.dumps(compare_json(runs)))
    assert printed["runs"][0]["test"] is None
    assert printed["runs"][0]["validation"]["accuracy"] > 0
    assert printed["notes"]["test"] == list(found.notes)
    with pytest.raises(NoAnswers, match="on test photos"):
        compare({"x": runs["x"]}, Part.TEST)


@pytest.mark.parametrize(("n", "c"), [(0, 3), (1, 3), (40, 100)])
def test_no_photo_one_photo_and_a_hundred_classes_give_no_nan(n, c):
    random = np.random.default_rng(0)
    part = PartPredictions(
        ids=tuple(f"{number:03d}" for number in range(n)),
        true=random.integers(0, c, n),
        probabilities=random.dirichlet(np.ones(c), n) if n else np.zeros((0, c)),
    )
    other = part.model_copy(update={"probabilities": part.probabilities[:, ::-1].copy()})
    classes = tuple(f"class {number}" for number in range(c))
    runs = {
        run: Predictions(evaluation_id="e", classes=classes, parts={Part.TEST: of})
        for run, of in (("x", part), ("y", other))
    }
    printed = json.dumps(compare_json(runs), allow_nan=False)
    assert json.loads(printed)["differences"]["test"][0]["run"] == "y"


def test_compare_prints_intervals_leaders_and_what_would_settle_it():
    printed = compare_json(three_runs((0.8, 0.8, 0.7)))
    run = printed["runs"][1]
    assert run["intervals"]["test"]["accuracy"][0] < run["test"]["accuracy"] < run["intervals"]["test"]["accuracy"][1]
    one = printed["differences"]["test"][0]
    assert {"f1_macro", "f1_low", "f1_high", "settled_by", "stands", "among"} <= set(one)
    assert f" photos would settle it. {ONE_SEED}" in one["verdict"]
    assert printed["leaders"]["test"]["accuracy"] is None
    assert printed["picking"]["test"]["runs"] == 3
    assert printed["picking"]["test"]["sentence"].startswith("B is the best of 3 runs")


def test_draws_that_are_there_already_give_the_same_comparison_and_none_leave_out_what_needs_them():
    true, first = answers(300, np.arange(300) < 200)
    _, second = answers(300, np.arange(300) >= 60)
    runs = {"x": predictions(first, true), "y": predictions(second, true)}
    whole = compare(runs, Part.TEST)
    again = compare(runs, Part.TEST, draws=figure_draws(runs, Part.TEST))
    assert again.intervals == whole.intervals
    assert again.leaders == whole.leaders
    assert again.differences == whole.differences
    quick = compare(runs, Part.TEST, draws={})
    assert quick.intervals == {"x": {}, "y": {}}
    assert set(quick.leaders.values()) == {None}
    assert quick.differences[0].f1_macro is None
    assert [quick.verdict(one) for one in quick.differences] == [whole.verdict(one) for one in whole.differences]
