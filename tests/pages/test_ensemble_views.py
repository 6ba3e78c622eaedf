"""The Ensemble page's tab of views, and a run of views on the other pages; no network is needed to look at them."""

import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import datasets
from core.augment import find_recipe
from core.evaluation import final_figures
from core.jobs import views as jobs
from core.records import Part, PartPredictions, Phase, Predictions, Progress, RunKind, RunSpec, Status
from core.runs import WEIGHTS
from core.runs.files import VIEWS, write_json
from core.training.views import ViewsCurve

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
CLASSES = ("ash", "oak")


def predictions_of(settings, split, wrong: int):
    """Answers that miss the first `wrong` photos of each part."""
    rows, parts = datasets.split_rows(settings, split.id), {}
    for part in (Part.VALIDATION, Part.TEST):
        chosen = rows[rows["part"] == part].sort_values("id")
        true = chosen["label"].to_numpy()
        said = np.where(np.arange(len(true)) < wrong, 1 - true, true)
        parts[part] = PartPredictions(ids=tuple(chosen["id"]), true=true, probabilities=np.eye(2)[said] * 0.6 + 0.2)
    return Predictions(evaluation_id=split.evaluation_id, classes=CLASSES, parts=parts)


@pytest.fixture
def trained(settings, store, split, tmp_path):
    """A finished run, called "Small" and ticked, that misses 2 photos of each part."""
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=48, phases=(Phase(),))
    run, _ = store.submit(spec, "Small", evaluation_id=split.evaluation_id)
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    found = predictions_of(settings, split, 2)
    files = {WEIGHTS: tmp_path / WEIGHTS}
    store.finish(run.id, store.claim(run.id), found, final_figures(found) | {"seconds": 9.0}, files)
    return store.get(run.id)


@pytest.fixture
def answered(settings, store, split, trained, tmp_path):
    """Its 8 views, finished: they miss 1 photo of each part."""
    run, _ = jobs.submit(settings, jobs.plan(settings, trained.id, 8))
    accuracies = {part: tuple(np.linspace(0.5, 0.75, 9)) for part in (Part.VALIDATION, Part.TEST)}
    accuracies[Part.TEST] = tuple(np.linspace(0.123, 0.456, 9))
    write_json(tmp_path / VIEWS, ViewsCurve(tuple(range(1, 10)), accuracies).as_json())
    found = predictions_of(settings, split, 1)
    figures = final_figures(found) | {"seconds": 11.0, "photos_per_second": 50.0, "views": 8.0}
    store.finish(run.id, store.claim(run.id), found, figures, {VIEWS: tmp_path / VIEWS})
    return store.get(run.id)


def opened(page="ensemble.py", **query) -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(FRAME, default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    app = app.switch_page(page).run()
    assert not app.exception
    return app


def tab(trained, **query) -> AppTest:
    return opened(runs=[trained.id[:8]], ensemble_view="Views", **query)


def texts(app) -> str:
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    said = [str(each.value) for kind in kinds for each in kind]
    said += [each.proto.text for each in app.get("progress")]
    return "\n".join(said).replace("\\", "")


def charts(app) -> str:
    return "\n".join(each.proto.spec + each.proto.alt for each in app.get("plotly_chart"))


def button(app, start):
    return next(each for each in app.button if each.label.startswith(start))


def labels(app) -> list[str]:
    return [each.label for each in app.button]


def test_views_tell_what_they_will_cost_and_are_queued_not_computed(store, split, trained):
    app = tab(trained)
    photos = sum(split.counts[part] for part in (Part.VALIDATION, Part.TEST))
    assert f"{photos} validation and test photos, each seen 9 times" in texts(app)
    assert "not known yet" in texts(app)
    button(app, "See each photo in 8 views").click().run()
    assert not app.exception
    (run,) = store.list(kind=RunKind.VIEWS)
    assert (run.status, run.name, run.views.run) == (Status.QUEUED, "Small, 8 views", trained.id)
    assert "is next" in texts(app)
    assert "See each photo" not in str(labels(app))


def test_number_recipe_and_seed_decide_what_is_queued(settings, store, trained):
    app = tab(trained)
    app.segmented_control(key="ensemble_views_number").set_value(4).run()
    recipes = app.selectbox(key="ensemble_views_recipe")
    assert recipes.options == ["flips and shifts", "light", "medium", "geometric (report)"]
    assert "strong: CutMix mixes a photo with another one" in texts(app)
    recipes.set_value(find_recipe(settings, "light").id).run()
    app.number_input(key="ensemble_views_seed").set_value(5).run()
    button(app, "See each photo in 4 views").click().run()
    (run,) = store.list(kind=RunKind.VIEWS)
    assert (run.views.views, run.views.recipe.name, run.views.seed) == (4, "light", 5)


def test_running_views_show_which_view_it_is_and_can_be_cancelled_and_tried_again(settings, store, trained):
    run, _ = jobs.submit(settings, jobs.plan(settings, trained.id, 8))
    attempt = store.claim(run.id)
    told = Progress(epoch=3, epochs=9, batch=1, batches=2, eta_seconds=72, note="view 3 of 8", photos_per_second=312.0)
    store.write_progress(run.id, attempt, told)
    app = tab(trained)
    assert "view 3 of 8 · batch 1 of 2 · 1:12 left" in texts(app)
    assert "312 photos a second" in texts(app)
    assert "Finish now" not in labels(app)
    button(app, "Cancel").click().run()
    assert store.get(run.id).status == Status.CANCELLED
    app = tab(trained)
    assert "were cancelled" in texts(app)
    button(app, "Try again").click().run()
    assert not app.exception
    assert store.get(run.id).status == Status.QUEUED


def test_views_that_failed_say_why(settings, store, trained):
    run, _ = jobs.submit(settings, jobs.plan(settings, trained.id, 8))
    store.fail(run.id, store.claim(run.id), "The views were not answered: the disk is full.")
    app = tab(trained)
    assert "the disk is full" in texts(app)
    assert button(app, "Try again")


def test_finished_views_say_what_they_brought_and_the_curve_never_shows_test_unasked(split, trained, answered):
    app = tab(trained)
    photos = split.counts[Part.VALIDATION]
    assert f"8 views: +{100 / photos:.1f} points (0.0 to" in texts(app)
    assert f"on {photos} validation photos, 9 times the time a photo" in texts(app)
    assert "Too close to call" in texts(app)
    assert "on 4 test photos" not in texts(app)
    (figure,) = (json.loads(each.proto.spec) for each in app.get("plotly_chart") if "views" in each.proto.alt)
    assert [trace["name"] for trace in figure["data"]] == ["validation"]
    assert "45.6" not in charts(app)


def test_with_test_switched_on_its_curve_and_its_gain_stand_beside(split, trained, answered):
    app = tab(trained, test="true")
    assert f"on {split.counts[Part.TEST]} test photos, 9 times" in texts(app)
    (figure,) = (json.loads(each.proto.spec) for each in app.get("plotly_chart") if "views" in each.proto.alt)
    assert [trace["name"] for trace in figure["data"]] == ["validation", "test"]


def test_the_views_become_a_member_marked_as_the_same_network(trained, answered):
    app = tab(trained)
    assert f"ensemble_member_{answered.id}" in [each.key for each in app.toggle]
    assert "The same network as Small, over 8 views of each photo." in texts(app)
    button(app, "Use it in place of the plain one").click().run()
    assert not app.exception
    assert app.session_state["runs"] == [answered.id]
    assert "Small, 8 views is on." in texts(app)


def test_like_views_are_told_their_time_from_those_that_were_answered(split, trained, answered):
    app = tab(trained)
    app.segmented_control(key="ensemble_views_number").set_value(16).run()
    assert "about 3 seconds on this machine" in texts(app)  # 8 photos, 17 times, 50 a second


def test_members_that_were_only_brought_in_have_no_network_to_look_again(settings, store, split):
    found = predictions_of(settings, split, 2)
    run = store.create(RunKind.BROUGHT, "Theirs", predictions=found)
    assert "no network to look again" in texts(tab(run))


def test_the_train_page_lists_views_among_the_jobs(settings, store, trained, answered):
    waiting, _ = jobs.submit(settings, jobs.plan(settings, trained.id, 4))
    said = texts(opened("train.py"))
    assert "Small, 4 views" in said
    assert "Small, 8 views" in said
    store.claim(waiting.id)
    app = opened("train.py")
    assert "Finish now" not in labels(app)
    button(app, "Cancel").click().run()
    assert not app.exception


@pytest.mark.parametrize("view", ["Classes and confusions", "Photos"])
def test_a_run_of_views_has_a_page_of_its_own(answered, view):
    app = opened("compare.py", runs=[answered.id[:8]])
    assert "Small, 8 views" in str([each.value for each in app.subheader]).replace("\\", "")
    control = next(each for each in app.segmented_control if str(each.key).startswith("compare_single_view"))
    assert "Curves" not in control.options
    control.set_value(view).run()
    assert not app.exception


def test_unfinished_views_have_a_page_too(settings, store, trained):
    run, _ = jobs.submit(settings, jobs.plan(settings, trained.id, 8))
    app = opened("compare.py", runs=[run.id[:8]])
    assert "Waiting for its turn" in texts(app)


def test_views_are_compared_with_the_plain_run(trained, answered):
    app = opened("compare.py", runs=[trained.id[:8], answered.id[:8]])
    for view in next(each for each in app.segmented_control if each.key == "compare_view").options:
        app.segmented_control(key="compare_view").set_value(view).run()
        assert not app.exception, view
