"""Confusion by epoch on a run's page."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import datasets
from core.evaluation import final_figures
from core.records import Part, PartPredictions, Phase, Predictions, RunKind, RunSpec
from core.runs.files import CONFUSIONS, write_json
from pages.parts import compare_epochs
from tests.pages.test_compare_page import FRAME, everything

KEPT = {"1": "4 8 6 6", "2": "10 2 1 11", "3": "12 0 3 9"}


@pytest.fixture
def make(store, settings, split, tmp_path):
    """Function: a finished run whose file of confusions holds the given value; without one where it is None."""

    def made(kept):
        trees = datasets.find_dataset(settings, split.dataset)
        rows = datasets.photo_rows(settings, trees.id).sort_values("id")
        part = PartPredictions(ids=tuple(rows["id"]), true=rows["label"], probabilities=np.eye(2)[rows["label"]])
        parts = {Part.VALIDATION: part, Part.TEST: part}
        of = Predictions(evaluation_id=split.evaluation_id, classes=trees.classes, parts=parts)
        spec = RunSpec(dataset=trees.id, split=split.id, backbone="vanilla", phases=(Phase(),))
        run = store.create(RunKind.TRAINED, "trained", spec, split.evaluation_id)
        files = {}
        if kept is not None:
            write_json(tmp_path / "kept.json", kept)
            files = {CONFUSIONS: tmp_path / "kept.json"}
        figures = final_figures(of) | {"best_epoch": 2.0, "epochs": 3.0, "trainable_parameters": 9.0}
        attempt = store.claim(run.id)
        store.log_epoch(run.id, attempt, 1, {"train_loss": 1.0, "validation_loss": 1.0, "validation_accuracy": 0.5})
        store.finish(run.id, attempt, of, figures, files)
        return store.get(run.id)

    return made


def open_curves(run) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.session_state["runs"] = [run.id]
    page.session_state["compare_single_view"] = "Curves"
    page.switch_page("compare.py").run()
    assert not page.exception, page.exception
    return page


def counts(page: AppTest) -> list[str]:
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    return next(trace["text"] for chart in charts for trace in chart["data"] if trace["name"] == "numbers")


def test_the_slider_starts_at_the_epoch_whose_weights_are_kept_and_moves_through_all(make):
    run = make(KEPT)
    page = open_curves(run)
    assert "Epoch 2: 87.5 % of 24 are right, and the run keeps this epoch's weights" in everything(page)
    assert counts(page) == ["10", "2", "1", "11"]
    page.select_slider(key=f"compare_epoch_{run.id}").set_value(1).run()
    assert counts(page) == ["4", "8", "6", "6"]
    assert "keeps this epoch" not in everything(page)


def test_a_run_older_than_the_file_says_so(make):
    assert "kept no confusion by epoch" in everything(open_curves(make(None)))


@pytest.mark.parametrize("kept", [{"1": "1 2 3"}, {"x": "1 2 3 4"}, [1, 2], {"1": 5}, {"1": "1 2 3 -4"}])
def test_a_file_that_is_not_ours_is_as_none(make, kept):
    assert compare_epochs.confusions(make(kept).id, 2) == {}


def test_a_single_epoch_needs_no_slider(make):
    page = open_curves(make({"1": "4 8 6 6"}))
    assert not page.select_slider
    assert counts(page) == ["4", "8", "6", "6"]
