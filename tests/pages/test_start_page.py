"""The Start screen and the frame around it: from nothing to a trained model, and the choice in the address."""

import shutil
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import datasets
from core.records import Part, PartPredictions, Predictions, Progress, Status
from pages.parts import warmup

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"


def start(**address) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=120)
    for key, value in address.items():
        app.query_params[key] = value
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def texts(app: AppTest) -> str:
    return " ".join(one.value for kind in ("caption", "info", "markdown", "html", "error") for one in app.get(kind))


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def answers(settings, split) -> Predictions:
    """Predictions that are right on all validation photos but one, and on no test photo."""
    rows = datasets.split_rows(settings, split.id)
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        of_part = rows[rows["part"] == part].sort_values("id")
        said = 1 - of_part["label"].to_numpy()
        if part == Part.VALIDATION:
            said[1:] = 1 - said[1:]
        parts[part] = PartPredictions(
            ids=tuple(of_part["id"]), true=of_part["label"], probabilities=0.2 + 0.6 * np.eye(2)[said]
        )
    return Predictions(evaluation_id=split.evaluation_id, classes=("ash", "oak"), parts=parts)


def test_without_photos_the_screen_says_so_and_offers_to_add_some(settings):
    app = start()
    assert "no photos yet" in texts(app)
    assert [one.label for one in app.button if one.proto.type == "primary"] == ["Add photos"]


def test_one_primary_button_trains_and_the_training_is_followed_in_place(store):
    app = start()
    assert [one.label for one in app.button if one.proto.type == "primary"] == ["Train a first model on Trees"]
    button(app, "Train a first model on Trees").click()
    ran(app)
    (run,) = store.list()
    assert (run.status, run.name) == (Status.QUEUED, "First model on Trees")
    assert app.session_state["runs"] == [run.id]
    store.claim(run.id)
    store.write_progress(run.id, 1, Progress(phase=1, epoch=2, epochs=12, eta_seconds=9, note="epoch 3 of 12"))
    app = start(runs=run.id[:8])
    assert "First model on Trees" in " ".join(one.value for one in app.subheader)
    assert "epoch 3 of 12 · 0:09 left" in " ".join(one.proto.text for one in app.get("progress"))


def test_the_result_stands_in_place_and_hides_test_figures_until_they_are_switched_on(settings, store, split):
    app = start()
    button(app, "Train a first model on Trees").click()
    ran(app)
    (run,) = store.list()
    predictions = answers(settings, split)
    accuracy = float(np.mean(predictions.parts[Part.VALIDATION].predicted == predictions.parts[Part.VALIDATION].true))
    store.claim(run.id)
    store.finish(run.id, 1, predictions, {"validation_accuracy": accuracy, "test_accuracy": 0.0})

    app = start(runs=run.id[:8])
    shown = texts(app)
    assert f"{100 * accuracy:.1f} %" in shown
    assert "test:" not in shown
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) == 1
    app.toggle(key="test").set_value(True)
    ran(app)
    assert "test: 0.0 %" in texts(app)


def test_a_failed_first_training_says_why_and_offers_another_try(store):
    app = start()
    button(app, "Train a first model on Trees").click()
    ran(app)
    (run,) = store.list()
    store.claim(run.id)
    store.fail(run.id, 1, "The disk is full.")
    app = start(runs=run.id[:8])
    assert "disk is full" in texts(app)
    assert button(app, "Train a first model on Trees")


def test_somebody_coming_back_finds_the_last_runs(settings, store, split):
    app = start()
    button(app, "Train a first model on Trees").click()
    ran(app)
    (run,) = store.list()
    app = start()
    button(app, "First model on Trees").click()
    ran(app)
    assert app.session_state["runs"] == [run.id]
    assert [one.label for one in app.button if "ensemble" in one.label], "the run opens on the Compare screen"


def test_a_link_that_names_photos_and_split_keeps_them_when_newer_ones_come(settings, split):
    first = start()
    older = first.session_state["dataset"]
    photos = sorted((settings.home / "photos").glob("*/*.png"))
    files = [("one", photos[0].name, photos[0]), ("two", photos[1].name, photos[1])]
    datasets.import_files(settings, [(label, name, path.open("rb")) for label, name, path in files], "Newer")

    st.cache_resource.clear()  # lists are a second old at most

    linked = start(dataset="Trees", split=split.id[:8])
    assert linked.session_state["dataset"] == older
    assert linked.session_state["split"] == split.id
    assert start().session_state["dataset"] != older


def test_an_address_that_names_nothing_known_falls_back_to_what_there_is(split):
    app = start(dataset="gone", split="ffffffff", runs="12345678")
    assert app.session_state["split"] == split.id
    assert not app.session_state["runs"]


def test_while_the_demo_is_drawn_every_screen_waits_and_then_shows_it(settings, trees_home, monkeypatch):
    state = warmup.Warmup(started=True, done=50, total=3297)
    monkeypatch.setattr(warmup, "state", state)
    app = start()
    assert "Drawing the demo photos: 50 of 3,297" in " ".join(one.proto.text for one in app.get("progress"))
    assert "being drawn" in texts(ran(app.switch_page("train.py")))
    shutil.copytree(trees_home[0], settings.home, dirs_exist_ok=True)
    state.demo_over.set()
    st.cache_resource.clear()
    ran(app)
    assert app.session_state["dataset"] == trees_home[1].dataset
