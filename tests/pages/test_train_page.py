"""The Train screen: empty, without a split, and full; plans, problems, and jobs in every state."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import settings as settings_module
from core.evaluation import final_figures
from core.jobs import queue
from core.models import speed
from core.records import Part, PartPredictions, Predictions, Progress, Status
from core.training import preset_spec
from pages.parts import loaders

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"


def page() -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page("train.py").run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def texts(app: AppTest) -> str:
    kinds = (app.caption, app.info, app.error, app.warning, app.markdown)
    return " ".join(element.value for kind in kinds for element in kind)


def labelled(app: AppTest, kind: str, label: str):
    return next(element for element in app.get(kind) if element.label.startswith(label))


def choose(app: AppTest, kind: str, label: str, value) -> AppTest:
    labelled(app, kind, label).set_value(value).run()
    assert not app.exception
    return app


def figure(app: AppTest, number: int = 0) -> dict:
    return json.loads(app.get("plotly_chart")[number].proto.spec)


def only_run(store):
    (run,) = store.list()
    return run


def first_model(settings, split, seed=0):
    spec = preset_spec("first", split.dataset, split.id, seed, counts=(8, 8))  # photos a class of this split's training
    return queue.submit(settings, spec, name=f"first {seed}")[0]


def trained(store, run, accuracy=0.75, **figures):
    attempt = store.claim(run.id)
    answers = PartPredictions(ids=("a",), true=[0], probabilities=[[1, 0]])
    found = Predictions(
        evaluation_id=run.evaluation_id, classes=("ash", "oak"), parts={Part.VALIDATION: answers, Part.TEST: answers}
    )
    known = {"validation_accuracy": accuracy, "test_accuracy": 0.1234, "seconds": 72.0, "trainable_parameters": 10.0}
    store.finish(run.id, attempt, found, final_figures(found) | known | figures)
    return store.get(run.id)


def test_without_photos_the_page_shows_what_will_be_here_and_one_button():
    app = page()
    assert "There are no photos yet" in texts(app)
    assert [each.label for each in app.button if each.proto.type == "primary"] == ["Go to the photos"]
    assert "No training yet" in texts(app)


def test_a_box_that_a_new_preset_replaced_has_no_say_any_more(split):
    app = page()
    choose(app, "selectbox", "Network", "mobilenetv2")
    before = app._tree.get_widget_states()  # what a browser sends that has not yet drawn the new form
    choose(app, "selectbox", "Start from", "first")
    late = app._tree.get_widget_states()
    late.widgets.extend(each for each in before.widgets if "_backbone" in each.id)
    app._run(late)
    assert not app.exception
    assert labelled(app, "selectbox", "Network").value == "vanilla"
    assert "Undo changes" not in [each.label for each in app.button]


def test_without_a_split_the_page_offers_to_make_one(settings, split):
    shutil.rmtree(settings.home / "datasets" / split.dataset / "splits", ignore_errors=True)
    for folder in settings.home.rglob(split.id):
        shutil.rmtree(folder)
    app = page()
    assert "has no split yet" in texts(app)
    assert button(app, "Make a split").proto.type == "primary"


@pytest.mark.usefixtures("split")
def test_the_first_plan_freezes_all_of_mobilenet_and_says_so_in_words():
    app = page()
    assert "All 154 layers stay frozen, only the head trains" in texts(app)
    assert [each.label for each in app.button if each.proto.type == "primary"] == ["Start"]
    assert {trace["name"] for trace in figure(app)["data"]} >= {"frozen", "thawing"}


@pytest.mark.usefixtures("split")
def test_every_control_has_help_and_few_stand_before_more():
    app = page()
    for kind in ("selectbox", "number_input", "toggle", "text_input", "slider"):
        for element in app.get(kind):
            if element.key and element.key.startswith("train_") and not element.proto.disabled:
                assert element.proto.help, element.label


def test_start_queues_the_plan_and_returns(store):
    app = page()
    choose(app, "selectbox", "Start from", "first")
    button(app, "Start").click().run()
    run = only_run(store)
    assert (run.status, run.spec.backbone, run.spec.input_size) == (Status.QUEUED, "vanilla", 48)
    assert "is next" in texts(app)
    assert "1 job ahead" in texts(app)
    assert "Nobody takes jobs" in texts(app)


def test_what_the_controls_say_is_what_is_queued(store):
    app = page()
    choose(app, "selectbox", "Start from", "first")
    choose(app, "number_input", "Epochs", 3)
    choose(app, "number_input", "Learning rate", 0.002)
    choose(app, "number_input", "Photo size", 32)
    choose(app, "number_input", "Seed", 7)
    choose(app, "text_input", "Dense", "64, 32")
    choose(app, "selectbox", "Augmentation", labelled(app, "selectbox", "Augmentation").options[1])
    assert "Undo changes" in [each.label for each in app.button]
    button(app, "Add a phase").click().run()
    button(app, "Start").click().run()
    spec = only_run(store).spec
    assert (spec.input_size, spec.seed, spec.head.dense) == (32, 7, (64, 32))
    assert [phase.epochs for phase in spec.phases] == [3, 3]
    assert [phase.learning_rate for phase in spec.phases] == [0.002, 0.0002]
    assert spec.phases[0].recipe.steps


@pytest.mark.usefixtures("split")
def test_phases_are_added_and_removed_and_the_map_shows_each():
    app = page()
    button(app, "Add a phase").click().run()
    labels = [each.label for each in app.number_input]
    assert labels.count("Epochs") == 2
    frozen = [each for each in app.number_input if each.label.startswith("Frozen")]
    assert frozen[1].value == 77
    next(each for each in app.get("button_group") if each.key.startswith("train_map_phase")).set_value(1).run()
    assert "First 77 of 154 layers stay frozen" in texts(app)
    button(app, "Remove").click().run()
    assert [each.label for each in app.number_input].count("Epochs") == 1


@pytest.mark.usefixtures("split")
def test_a_problem_is_one_sentence_and_start_waits():
    app = page()
    choose(app, "selectbox", "Network", "vgg16")
    choose(app, "toggle", "All frozen", False)
    choose(app, "number_input", "Frozen", 40)
    assert "freezes the first 40 layers, but VGG16 has 19" in texts(app)
    assert button(app, "Start").disabled
    choose(app, "number_input", "Frozen", 8)
    assert not button(app, "Start").disabled
    choose(app, "number_input", "Photo size", 16)
    assert "VGG16 needs photos of at least 32 px" in texts(app)
    assert button(app, "Start").disabled


def test_the_plan_survives_a_page_switch(store):
    app = page()
    choose(app, "selectbox", "Start from", "first")
    choose(app, "number_input", "Epochs", 5)
    app.switch_page("photos.py").run()
    app.switch_page("train.py").run()
    assert labelled(app, "number_input", "Epochs").value == 5
    button(app, "Start").click().run()
    assert only_run(store).spec.phases[0].epochs == 5


def test_an_equal_plan_joins_its_run_and_a_finished_one_opens_its_result(settings, store, split):
    run = first_model(settings, split)
    app = choose(page(), "selectbox", "Start from", "first")
    button(app, "Start").click().run()
    assert only_run(store).id == run.id
    assert "already queued" in texts(app)
    store.claim(run.id)
    button(app, "Start").click().run()
    assert "already training, started" in texts(app)
    store.cancel(run.id)
    trained(store, store.requeue(run.id))
    button(app, "Start").click().run()
    assert "already trained" in texts(app)
    app.toggle(key="train_again").set_value(True).run()
    button(app, "Start").click().run()
    assert len(store.list()) == 2


def test_a_running_job_shows_its_curves_and_time_left_and_can_be_cancelled(settings, store, split):
    run = first_model(settings, split)
    first_model(settings, split, seed=1)
    attempt = store.claim(run.id)
    store.log_epoch(
        run.id,
        attempt,
        1,
        {"train_loss": 1.0, "train_accuracy": 0.4, "validation_loss": 1.1, "validation_accuracy": 0.3},
    )
    store.write_progress(
        run.id, attempt, Progress(phase=1, epoch=1, epochs=12, batch=3, batches=9, eta_seconds=72, note="epoch 2 of 12")
    )
    app = page()
    bar = app.get("progress")[0].proto
    assert "epoch 2 of 12 · batch 3 of 9 · 1:12 left" in bar.text
    assert bar.value == 11
    curves = figure(app, 1)
    assert {trace["name"] for trace in curves["data"]} == {"train", "validation"}
    assert "is next" in texts(app)
    button(app, "Cancel").click().run()
    assert "Stopping" in texts(app) or store.get(run.id).status == Status.CANCELLED


def test_a_running_job_tells_rate_photos_a_second_and_memory_and_can_show_its_classes(settings, store, split):
    run = first_model(settings, split)
    attempt = store.claim(run.id)
    app = page()
    assert "Starting" in texts(app)
    assert not [each for each in app.get("button_group") if each.key == f"train_view_{run.id}"]
    figures = {
        "train_accuracy": 0.4,
        "validation_accuracy": 0.3,
        "validation_recall_0": 0.25,
        "validation_recall_1": 1.0,
    }
    store.log_epoch(run.id, attempt, 1, figures)
    live = {"photos_per_second": 312.4, "memory_mb": 1126.0, "learning_rate": 0.00087}
    store.write_progress(run.id, attempt, Progress(phase=1, epoch=1, epochs=12, note="epoch 2 of 12", **live))
    app = page()
    assert "312 photos a second · 1.1 GB of memory · rate 0.00087" in texts(app)
    app.segmented_control(key=f"train_view_{run.id}").set_value("Classes").run()
    assert not app.exception
    (heat,) = figure(app, 1)["data"]
    assert heat["type"] == "heatmap"
    assert [row[0] for row in heat["customdata"]] == ["ash", "oak"]


def test_a_run_that_a_loss_ended_says_which_epoch_which_rate_and_what_was_kept(settings, store, split):
    run = first_model(settings, split)
    ended = {"ended_early": 1.0, "not_a_number_epoch": 7.0, "not_a_number_rate": 0.02, "best_epoch": 5.0}
    trained(store, run, **ended)
    app = page()
    assert "in 1:12, ended in epoch 7" in texts(app)
    said = " ".join(warning.value for warning in app.warning).replace("\\", "")
    assert "no longer a number in epoch 7, so the training ended there and keeps epoch 5." in said
    assert "try 0.002" in said
    assert "Retry" not in [each.label for each in app.button]
    button(app, "Open").click().run()
    assert not app.exception
    assert "keeps epoch 5" in " ".join(warning.value for warning in app.warning).replace("\\", "")


def test_a_queued_job_is_cancelled_at_once_and_queued_again(settings, store, split):
    run = first_model(settings, split)
    app = page()
    button(app, "Cancel").click().run()
    assert store.get(run.id).status == Status.CANCELLED
    assert "cancelled" in texts(app)
    button(app, "Retry").click().run()
    assert store.get(run.id).status == Status.QUEUED


def test_a_failed_job_says_why_and_shows_what_it_wrote(settings, store, split):
    run = first_model(settings, split)
    attempt = store.claim(run.id)
    folder = settings.jobs / run.id / "attempt-1"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("Traceback: the last words")
    store.fail(run.id, attempt, "Training stopped: the disk is full.")
    app = page()
    assert "the disk is full" in texts(app)
    assert "the last words" in app.code[0].value
    assert button(app, "Retry")


def test_a_finished_job_shows_validation_and_never_test(settings, store, split):
    trained(store, first_model(settings, split))
    app = page()
    assert "validation 75.0 % in 1:12" in texts(app)
    assert "12.3" not in texts(app)
    assert "about 1:12 on this machine" not in texts(app)  # the plan on the screen is another one
    choose(app, "selectbox", "Start from", "first")
    assert "about 1:12 on this machine" in texts(app)
    assert button(app, "Open")


def test_a_phase_can_warm_up_and_keep_fixed_copies_and_an_epoch_says_how_many_photos_it_shows(store, split, settings):
    from core import augment
    from core.records import Recipe, Step

    augment.save_recipe(settings, Recipe(name="much", steps=(Step(operation="horizontal_flip"),), oversample=20))
    app = page()
    choose(app, "selectbox", "Start from", "first")
    box = labelled(app, "selectbox", "Augmentation")
    much = next(recipe_id for recipe_id in box.options if recipe_id.startswith("much"))
    box.select(much).run()
    choose(app, "number_input", "Warm-up epochs", 2)
    choose(app, "number_input", "Fixed copies", 3)
    assert "16 training photos, 120 an epoch, 12 epochs" in texts(app)
    button(app, "Start").click().run()
    assert not app.exception
    (phase,) = only_run(store).spec.phases
    assert (phase.warmup_epochs, phase.fixed_copies, phase.recipe.oversample) == (2, 3, 20)


def test_a_running_job_can_be_ended_with_its_best_epoch_once_it_has_one(settings, store, split):
    run = first_model(settings, split)
    attempt = store.claim(run.id)
    assert button(page(), "Finish now").disabled
    store.write_progress(run.id, attempt, Progress(phase=1, epoch=2, epochs=12))
    app = page()
    button(app, "Finish now").click().run()
    assert not app.exception
    assert store.get(run.id).finish_requested
    assert "Ending with its best epoch" in texts(app)


def test_a_schedule_replaces_the_phases_and_the_page_says_what_the_frozen_part_costs(split):
    app = page()
    choose(app, "selectbox", "Start from", "mobilenetv2-frozen")
    assert "layers run once instead of 25 times; their output is kept" in texts(app)
    button(app, "Transfer, then thaw the top").click().run()
    assert not app.exception
    assert "**Phase 2**" in texts(app)
    rates = [box.value for box in app.number_input if box.label == "Learning rate"]
    assert rates == [1e-3, 1e-4]


@pytest.mark.usefixtures("split")
def test_the_network_box_stands_by_family_with_sizes_and_the_facts_are_below():
    app = page()
    options = labelled(app, "selectbox", "Network").options
    assert len(options) == 29
    assert options[:2] == ["Vanilla CNN · 0.1 M weights", "Home-made, block by block"]
    assert "EfficientNetV2 B0 · 5.9 M weights" in options
    assert "MobileNetV2: 154 layers, 2.3 M weights · photos from 32 px · 9 MB to download" in texts(app)
    choose(app, "selectbox", "Network", "inceptionv3")
    assert "InceptionV3: 311 layers, 21.8 M weights · photos from 75 px · 87 MB to download" in texts(app)
    assert "All 311 layers stay frozen" in texts(app)
    choose(app, "selectbox", "Network", "vanilla")
    assert "photos from 8 px" in texts(app)
    assert " MB" not in next(each.value for each in app.caption if each.value.startswith("Vanilla CNN:"))


@pytest.mark.usefixtures("split")
def test_weights_that_are_here_are_not_said_to_be_downloaded(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("THAW_WEIGHTS", str(tmp_path))
    (tmp_path / "mobilenetv2_notop.weights.h5").touch()
    settings_module.settings.cache_clear()
    assert "its 9 MB are on this machine" in texts(page())


def test_speed_is_measured_when_asked_and_shown_where_it_was(settings, store, split, monkeypatch):
    asked = []
    monkeypatch.setattr(speed, "start", lambda _, backbone, size: asked.append((backbone.name, size)))
    app = page()
    assert "photos a second at" not in texts(app)
    button(app, "Measure on this machine").click().run()
    assert asked == [("mobilenetv2", 96)]
    speed._keep(settings, "mobilenetv2", speed.Speed(96, 780.4, 8.25, 32))
    assert "this machine looks at 780 and trains 8.2 photos a second at 96 px" in texts(page())
    first_model(settings, split)
    loaders.runs.clear()
    app = page()
    assert button(app, "Measure on this machine").disabled  # both would be slow


@pytest.mark.usefixtures("split")
def test_a_measurement_under_way_is_said_and_one_that_failed_says_why(monkeypatch):
    class Newest:
        backbone, input_size, over, failure = "mobilenetv2", 96, False, ""

    monkeypatch.setattr(speed, "newest", Newest)
    app = page()
    assert "measuring MobileNetV2 at 96 px" in texts(app)
    assert button(app, "Measure on this machine").disabled
    Newest.over, Newest.failure = True, "too *little* memory"
    assert "not measured: too \\*little\\* memory" in texts(page())


def test_a_plan_can_start_from_a_finished_run_on_this_split_and_no_other(settings, store, split):
    from core import datasets

    other = datasets.make_split(settings, datasets.find_dataset(settings, "Trees"), seed=9)
    run = trained(store, first_model(settings, split))
    app = page()
    choose(app, "selectbox", "Split", split.id)
    choose(app, "selectbox", "Start from", "first")
    weights = labelled(app, "selectbox", "Weights")
    assert weights.options == [f"run {run.name}", "none (random)"]
    choose(app, "selectbox", "Weights", run.id)
    assert not button(app, "Start").disabled
    choose(app, "selectbox", "Split", other.id)
    assert f"was trained on split {split.id[:8]}" in texts(app)
    assert button(app, "Start").disabled


def test_mixing_in_batches_of_one_is_a_sentence_and_start_waits(split, settings):
    from core import augment
    from core.records import Recipe, Step

    augment.save_recipe(settings, Recipe(name="mixed", steps=(Step(operation="cutmix"),)))
    app = page()
    choose(app, "selectbox", "Start from", "first")
    box = labelled(app, "selectbox", "Augmentation")
    box.select(next(option for option in box.options if option.startswith("mixed"))).run()
    assert not button(app, "Start").disabled
    choose(app, "number_input", "Batch", 1)
    assert "CutMix mixes the photos of a batch" in texts(app)
    assert button(app, "Start").disabled


@pytest.mark.usefixtures("split")
def test_a_batch_that_no_epoch_can_fill_is_a_sentence_and_start_waits():
    app = choose(page(), "selectbox", "Start from", "first")
    assert not button(app, "Start").disabled
    choose(app, "number_input", "Batch", 17)
    assert "trains in batches of 17 photos, but its epoch shows 16" in texts(app)
    assert button(app, "Start").disabled
