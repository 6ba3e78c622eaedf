"""`views` on the command line; that a worker answers what is queued is tested with the jobs."""

import json

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadViews, NoViews, UnknownRecipe, UnknownRun
from core.records import Phase, Predictions, RunKind, RunSpec
from core.runs import WEIGHTS, RunStore


@pytest.fixture
def store(settings):
    return RunStore(settings)


@pytest.fixture
def trained(store, tmp_path):
    spec = RunSpec(dataset="d" * 20, split="e" * 20, backbone="vanilla", input_size=48, phases=(Phase(),))
    run, _ = store.submit(spec, "Small", evaluation_id="f" * 20)
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    predictions = Predictions(evaluation_id="f" * 20, classes=("ash", "oak"), parts={})
    store.finish(run.id, store.claim(run.id), predictions, {}, {WEIGHTS: tmp_path / WEIGHTS})
    return run


def called(*arguments):
    return CliRunner().invoke(app, ["views", *arguments])


def test_views_are_queued_and_their_id_printed_and_asked_again_joined(store, trained):
    said = json.loads(called("Small", "--views", "4", "--seed", "2", "--json").stdout)
    run = store.get(said["id"])
    assert (run.kind, run.views.views, run.views.seed, run.views.run) == (RunKind.VIEWS, 4, 2, trained.id)
    assert said == {"id": run.id, "name": "Small, 4 views, seed 2", "status": "queued", "joined": False}
    assert json.loads(called("Small", "--views", "4", "--seed", "2", "--json").stdout) == said | {"joined": True}
    assert called("Small", "--views", "4", "--seed", "2").stdout.strip() == run.id


def test_eight_views_of_flips_and_shifts_are_the_usual_and_a_recipe_can_be_named(store, trained):
    usual = store.get(called("Small").stdout.strip()).views
    assert (usual.views, usual.recipe.name, usual.seed) == (8, "flips and shifts", 0)
    assert store.get(called("Small", "--recipe", "light").stdout.strip()).views.recipe.name == "light"


def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_queued(store, trained):
    refused = {
        ("nobody",): UnknownRun,
        ("Small", "--views", "65"): BadViews,
        ("Small", "--seed", "-1"): BadViews,
        ("Small", "--recipe", "strong"): NoViews,
        ("Small", "--recipe", "no such"): UnknownRecipe,
    }
    assert {arguments: type(called(*arguments).exception) for arguments in refused} == refused
    assert [run.id for run in store.list()] == [trained.id]


def test_a_run_of_views_is_listed_and_shown_with_its_plan(store, trained):
    run = store.get(called("Small").stdout.strip())
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["runs", "--json"]).stdout)["runs"]
    assert [(each["kind"], each["status"]) for each in listed] == [("views", "queued"), ("trained", "finished")]
    shown = json.loads(runner.invoke(app, ["show", run.id, "--json"]).stdout)
    assert shown["spec"] is None
    assert shown["views"]["run"] == trained.id
    assert [step["operation"] for step in shown["views"]["recipe"]["steps"]] == ["horizontal_flip", "shift"]
    assert shown["progress"]["epochs"] == 9
