"""Freeze sweeps on the screens: queued from Train, read on Compare."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.jobs import queue, sweep
from core.records import Part, PartPredictions, Phase, Predictions, RunSpec

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
PHASE = Phase(frozen=0, epochs=1, batch_size=4)
FIGURES = ("accuracy", "precision_macro", "recall_macro", "f1_macro")


def page(name: str, **query) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(name).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = (app.caption, app.info, app.error, app.success, app.markdown)
    return " ".join(element.value for kind in kinds for element in kind)


def labelled(app: AppTest, kind: str, label: str):
    return next(element for element in app.get(kind) if element.label.startswith(label))


@pytest.fixture
def spec(split):
    return RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=48, phases=(PHASE,))


def finish(store, run, accuracy):
    finish_attempt(store, run, store.claim(run.id), accuracy)


def finish_attempt(store, run, attempt, accuracy=0.5):
    answers = PartPredictions(ids=("a",), true=[0], probabilities=[[1, 0]])
    found = Predictions(
        evaluation_id=run.evaluation_id, classes=("ash", "oak"), parts={Part.VALIDATION: answers, Part.TEST: answers}
    )
    metrics = {f"validation_{name}": accuracy for name in FIGURES} | {f"test_{name}": 0.4321 for name in FIGURES}
    store.finish(run.id, attempt, found, metrics | {"trainable_parameters": 1e6 - run.spec.phases[0].frozen})


def test_a_sweep_is_queued_from_the_plan_and_twins_are_said(settings, store, split):
    app = page("train.py")
    labelled(app, "selectbox", "Start from").set_value("first").run()
    labelled(app, "text_input", "Frozen layers").set_value("2, 3, 8").run()
    assert "6 trainings: 2 cuts, 3 seeds of each. 3 trains the same weights as 2 and is left out." in texts(app)
    next(button for button in app.button if button.label == "Queue the sweep").click().run()
    assert not app.exception
    assert "6 trainings queued" in texts(app)
    assert sorted((run.spec.phases[0].frozen, run.spec.seed) for run in store.list()) == [
        (2, 0), (2, 1), (2, 2), (8, 0), (8, 1), (8, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [("2, x", "whole numbers"), ("2, 3", "two cuts"), ("2, 40", "40")])
def test_cuts_that_make_no_sweep_are_a_sentence_and_cannot_be_queued(store, split, text, said):
    app = page("train.py")
    labelled(app, "selectbox", "Start from").set_value("first").run()
    labelled(app, "text_input", "Frozen layers").set_value(text).run()
    assert said in texts(app)
    assert next(button for button in app.button if button.label == "Queue the sweep").disabled


def test_the_page_of_a_run_shows_its_sweep_and_offers_another_seed(settings, store, spec):
    runs, _ = sweep.submit(settings, spec, [2, 8], [0, 1])
    for run in runs:
        finish(store, run, 0.6 + run.spec.phases[0].frozen / 100 + run.spec.seed / 1000)
    st.cache_resource.clear()
    app = page("compare.py", runs=runs[0].id[:8])
    app.segmented_control(key="compare_single_view_swept").set_value("Sweep").run()
    assert not app.exception
    assert "k = 8 has the highest mean" in texts(app)
    assert "2 seeds: can't tell yet, add seeds" in texts(app)
    assert "43.2" not in texts(app)
    table = app.dataframe[-1].value
    assert list(table.columns[:5]) == ["Frozen layers", "Accuracy", "Precision", "Recall", "F1"]
    assert table["Frozen layers"].tolist() == [2, 8]
    assert table["Accuracy"].between(0, 1).all()
    assert "Test accuracy" not in table
    next(button for button in app.button if button.label == "Add a seed").click().run()
    assert not app.exception
    assert sorted(run.spec.seed for run in store.list() if not run.status.over) == [2, 2]


def test_a_run_alone_has_no_sweep(settings, store, spec):
    run, _ = queue.submit(settings, spec)
    finish(store, run, 0.7)
    app = page("compare.py", runs=run.id[:8])
    options = app.segmented_control(key="compare_single_view").options
    assert "Curves" in options
    assert "Sweep" not in options


def test_a_runs_curves_are_read_in_a_sentence_and_its_plan_can_be_trained_with_a_change(settings, store, spec):
    changed = spec.model_copy(
        update={"phases": (PHASE.model_copy(update={"frozen": 5, "epochs": 6, "learning_rate": 3e-4}),), "seed": 9}
    )
    run, _ = queue.submit(settings, changed)
    attempt = store.claim(run.id)
    for epoch in range(1, 7):
        figures = {"train_accuracy": 0.5, "validation_accuracy": 0.51, "train_loss": 1.0, "validation_loss": 1.0}
        store.log_epoch(run.id, attempt, epoch, figures)
    running = page("train.py")
    assert "Not learning: after 6 epochs the best accuracy is 51 %" in texts(running)
    finish_attempt(store, run, attempt)
    st.cache_resource.clear()  # the list of runs may be a second old
    app = page("compare.py", runs=run.id[:8])
    app.segmented_control(key="compare_single_view").set_value("Curves").run()
    assert "guessing among 2 classes gives 50 %" in texts(app)
    app.segmented_control(key="compare_single_view").set_value("Settings").run()
    app.button(key="compare_train_again").click().run()
    assert not app.exception
    assert labelled(app, "number_input", "Epochs").value == 6
    assert labelled(app, "number_input", "Frozen, of").value == 5
    assert labelled(app, "number_input", "Learning rate").value == 3e-4
    assert labelled(app, "number_input", "Photo size").value == 48
