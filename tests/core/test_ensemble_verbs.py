"""`ensemble` and `predict` on the command line: rules, weights, sets of members, saving, new photos."""

import json
import shutil
import sys

import numpy as np
import pytest

from core.__main__ import main
from core.ensembles import combine
from core.evaluation import final_figures
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, RunKind, Weighting
from core.runs import RunStore
from core.settings import Settings

CLASSES = ("ash", "birch", "oak")


def answers(seed: int, photos: int = 40) -> Predictions:
    random, parts = np.random.default_rng(seed), {}
    for part in (Part.VALIDATION, Part.TEST):
        true = np.arange(photos) % len(CLASSES)
        probabilities = np.stack([random.dirichlet(1 + 2 * np.eye(len(CLASSES))[label]) for label in true])
        ids = tuple(f"{part}{number:03}" for number in range(photos))
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=probabilities)
    return Predictions(evaluation_id="f" * 20, classes=CLASSES, parts=parts)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with four runs, made once: MLflow takes seconds to create its tables."""
    home = tmp_path_factory.mktemp("built") / "home"
    store = RunStore(Settings(home, None, f"sqlite:///{home / 'runs.db'}", None))
    for seed in range(4):
        predictions = answers(seed)
        store.create(RunKind.BROUGHT, f"m{seed}", predictions=predictions, metrics=final_figures(predictions))
    return home


@pytest.fixture
def store(settings, built):
    shutil.copytree(built, settings.home)
    return RunStore(settings)


@pytest.fixture
def thaw(store, capsys, monkeypatch):
    """Runs a verb in this process; returns exit code, standard output (the object with --json) and standard error."""

    def run(*arguments):
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["thaw", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if "--json" in arguments and not code else printed.out, printed.err

    return run


@pytest.fixture
def object_of(thaw):
    def run(*arguments):
        code, value, errors = thaw(*arguments, "--json")
        assert code == 0, errors
        return value

    return run


NAMES = ("m0", "m1", "m2", "m3")


@pytest.mark.parametrize("rule", RuleName)
def test_every_rule_prints_the_object_that_scripts_depend_on(rule, object_of, store):
    value = object_of("ensemble", *NAMES, "--rule", rule)
    assert {"rule", "members", "ensemble", "ties", "subsets"} <= set(value)
    assert (value["rule"], value["subsets"]) == (rule, [])
    runs = [store.get(name) for name in NAMES]
    assert [member["id"] for member in value["members"]] == [run.id for run in runs]
    spec = EnsembleSpec(rule=rule, members=tuple(Member(run=run.id) for run in runs))
    predictions = {run.id: store.predictions(run.id) for run in runs}
    for part in (Part.VALIDATION, Part.TEST):
        expected = combine(spec, predictions, part)
        right = (expected.predicted == expected.true).mean()
        assert value["ensemble"][part]["accuracy"] == pytest.approx(right)
        assert value["ties"][part] == expected.ties


def test_a_vote_is_taken_where_no_rule_is_said(object_of):
    assert object_of("ensemble", *NAMES)["rule"] == "vote"


def test_weights_imply_a_weighted_mean(object_of):
    value = object_of("ensemble", *NAMES, "--weights", "1,2,0.5,0.5")
    assert value["rule"] == "weighted"
    assert [member["weight"] for member in value["members"]] == [0.25, 0.5, 0.125, 0.125]
    assert (
        object_of("ensemble", *NAMES, "--rule", "weighted", "--weighting", "hand", "--weights", "1,2,0.5,0.5") == value
    )
    by_accuracy = object_of("ensemble", *NAMES, "--weighting", "accuracy")
    assert by_accuracy == object_of("ensemble", *NAMES, "--rule", "weighted")
    weights = [member["weight"] for member in by_accuracy["members"]]
    accuracies = [member["validation"]["accuracy"] for member in by_accuracy["members"]]
    np.testing.assert_allclose(weights, np.array(accuracies) / sum(accuracies))
    optimised = [member["weight"] for member in object_of("ensemble", *NAMES, "--weighting", "optimised")["members"]]
    assert sum(optimised) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--weights", "1,2"], 1, "4 runs here. Received: 1,2."),
        (["--weights", "1,2,x,4"], 1, "Received: 1,2,x,4."),
        (["--weights", "1,2,nan,4"], 1, "one number from 0 to 1000"),
        (["--weights=-1,2,3,4"], 1, "one number from 0 to 1000"),
        (["--weights", ""], 1, "Received: nothing"),
        (["--weights", "0,0,0,0"], 1, "All members weigh 0"),
        (["--rule", "stacking", "--all-subsets"], 1, "Stacking learns anew"),
        (["--rule", "stacking", "--select", "2"], 1, "Stacking learns anew"),
        (["--select", "5"], 1, "Selecting 5 members needs at least 5 runs. Received: 4."),
        (["--save", " "], 1, "it is empty"),
        (["--select", "0"], 2, ""),
        (["--rule", "vote", "--weights", "1,2,3,4"], 2, ""),
        (["--weighting", "accuracy", "--weights", "1,2,3,4"], 2, ""),
        (["--weighting", "hand"], 2, ""),
    ],
)
def test_options_that_do_not_fit_are_refused(options, code, said, thaw, store):
    got, printed, errors = thaw("ensemble", *NAMES, *options)
    assert (got, printed) == (code, "")
    assert said in errors
    if code == 1:
        assert errors.count("\n") == 1
    assert store.list(kind=RunKind.ENSEMBLE) == []


def test_all_subsets_are_listed_with_the_figures_that_each_set_has_by_itself(object_of, store):
    value = object_of("ensemble", *NAMES, "--rule", "mean", "--all-subsets")
    assert value["exact"] is True
    assert len(value["subsets"]) == 15
    assert len({tuple(sorted(one["members"])) for one in value["subsets"]}) == 15
    accuracies = [one["validation"] for one in value["subsets"]]
    assert accuracies == sorted(accuracies, reverse=True)
    for one in value["subsets"][::4]:
        alone = object_of("ensemble", *one["members"], "--rule", "mean")["ensemble"]
        assert (one["validation"], one["test"]) == (alone["validation"]["accuracy"], alone["test"]["accuracy"])


def test_the_best_n_are_chosen_on_validation(object_of, thaw):
    value = object_of("ensemble", *NAMES, "--rule", "mean", "--select", "2")
    assert value["subsets"] == []
    pairs = [one for one in object_of("ensemble", *NAMES, "--rule", "mean", "--all-subsets")["subsets"]
             if len(one["members"]) == 2]  # fmt: skip
    assert value["selected"]["validation"] == max(one["validation"] for one in pairs)
    assert value["selected"] in pairs
    _, printed, _ = thaw("ensemble", *NAMES, "--rule", "mean", "--select", "2")
    assert f"best 2 on validation: validation {value['selected']['validation']:.4f}, test " in printed


def test_more_than_fifteen_members_are_searched_by_a_beam_and_that_is_said(thaw, store):
    for seed in range(4, 16):
        store.create(RunKind.BROUGHT, f"m{seed}", predictions=answers(seed))
    names = [f"m{seed}" for seed in range(16)]
    code, value, errors = thaw("ensemble", *names, "--all-subsets", "--select", "16", "--json")
    assert code == 0
    assert "16 members" in errors
    assert "beam search" in errors
    assert value["exact"] is False
    assert len(value["subsets"]) < 2**16 - 1
    assert len(value["selected"]["members"]) == 16


def test_a_saved_ensemble_named_as_a_run_gives_the_same_object(object_of, thaw, store):
    made = object_of("ensemble", "m2", "m0", "m1", "--weights", "1,2,0.5", "--save", "my trio")
    saved = made.pop("saved")
    assert (saved["name"], saved["joined"]) == ("my trio", False)
    code, again, errors = thaw("ensemble", "my trio", "--json")
    assert (code, again) == (0, made)
    assert "Weighted mean of 3 members, weights by hand" in errors
    assert object_of("ensemble", saved["id"][:8]) == made
    assert object_of("ensemble", "my trio", "--rule", "vote")["rule"] == "vote"
    assert object_of("ensemble", "m2", "m0", "m1", "--weights", "1,2,0.5", "--save", "my trio")["saved"] == {
        **saved,
        "joined": True,
    }
    assert len(store.list(kind=RunKind.ENSEMBLE)) == 1


def test_with_select_the_chosen_members_are_saved(object_of, store):
    value = object_of("ensemble", *NAMES, "--select", "2", "--save", "best two")
    kept = store.get("best two")
    assert set(kept.ensemble.runs) == set(value["selected"]["members"])
    assert kept.metrics["validation_accuracy"] == pytest.approx(value["selected"]["validation"])


def test_other_verbs_take_a_saved_ensemble_as_a_run(object_of, thaw, store):
    saved = object_of("ensemble", *NAMES, "--rule", "bayes", "--save", "four")["saved"]
    listed = object_of("runs")["runs"]
    assert [(one["name"], one["kind"], one["status"]) for one in listed[:1]] == [("four", "ensemble", "finished")]
    shown = object_of("show", "four")
    assert shown["spec"] is None
    assert (shown["ensemble"]["rule"], len(shown["ensemble"]["members"])) == ("bayes", 4)
    assert shown["metrics"]["validation"]["loss"] > 0
    assert "Naive Bayes of 4 members: m0, m1, m2, m3" in thaw("show", "four")[1]
    compared = object_of("compare", "m0", "four")
    assert [run["id"] for run in compared["runs"]] == [store.get("m0").id, saved["id"]]
    assert object_of("rename", "four", "quartet")["name"] == "quartet"
    assert object_of("tag", "quartet", "lesson")["tags"] == ["lesson"]
    object_of("delete", "quartet")
    assert thaw("ensemble", "quartet")[0] == 1
    object_of("restore", "quartet")
    assert object_of("ensemble", "quartet")["rule"] == "bayes"


def test_an_ensemble_among_others_or_short_of_a_member_is_refused_in_a_sentence(object_of, thaw):
    object_of("ensemble", "m0", "m1", "--save", "pair")
    code, printed, errors = thaw("ensemble", "pair", "m2")
    assert (code, printed) == (1, "")
    assert "pair is a saved ensemble" in errors
    assert "m0, m1" in errors
    object_of("delete", "m1")
    code, printed, errors = thaw("ensemble", "pair")
    assert (code, printed) == (1, "")
    assert "needs its member m1, which was deleted" in errors
    assert "restore" in errors


def test_predict_refuses_what_cannot_answer_in_one_sentence(object_of, thaw, tmp_path):
    (tmp_path / "a.jpg").write_text("no photo")
    object_of("ensemble", "m0", "m1", "--save", "pair")
    for name, said in (("m0", "m0 can't answer new photos"), ("pair", "its member m0"), ("nobody", "no run nobody")):
        code, printed, errors = thaw("predict", name, tmp_path / "a.jpg")
        assert (code, printed) == (1, "")
        assert said in errors
        assert errors.count("\n") == 1
    assert thaw("predict", "m0")[0] == 2


def test_predict_prints_an_answer_or_a_reason_for_each_file(object_of, thaw, store, monkeypatch):
    from core import answering
    from core.answering import Answers, PhotoAnswer

    photos = (
        PhotoAnswer("a.jpg", 2, np.array([0.25, 0.125, 0.625])),
        PhotoAnswer("b.txt", error="it is no photo that can be read"),
    )
    found = Answers(store.get("m0"), CLASSES, photos, has_probabilities=True)
    monkeypatch.setattr(answering, "answer", lambda *_: found)
    value = object_of("predict", "m0", "a.jpg", "b.txt")
    assert {"id", "classes", "photos"} <= set(value)
    assert value["classes"] == list(CLASSES)
    assert value["photos"] == [
        {"path": "a.jpg", "predicted": "oak", "probabilities": {"ash": 0.25, "birch": 0.125, "oak": 0.625}},
        {"path": "b.txt", "error": "it is no photo that can be read"},
    ]
    code, printed, errors = thaw("predict", "m0", "a.jpg", "b.txt")
    assert code == 0
    assert printed.splitlines() == [
        "a.jpg: oak 62.5 %, ash 25.0 %, birch 12.5 %",
        "b.txt: it is no photo that can be read",
    ]
    assert errors == "1 of 2 could not be read.\n"


def test_weightings_are_those_of_the_records(thaw):
    code, _, errors = thaw("ensemble", "m0", "--weighting", "guess")
    assert code == 2
    assert all(str(one) in errors for one in Weighting)
