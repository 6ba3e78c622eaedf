"""The Compare screen, empty and full; full without training, from predictions brought in."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import figures_by_part
from core.records import Part, PartPredictions, Predictions, Run, RunKind, Status, evaluation_id
from core.runs import RunStore
from core.settings import read as read_settings
from core.settings import settings
from pages.parts import compare_table

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
CLASSES = ("A class name of forty characters, so long", "Elm", "Oak")  # string order, as a dataset has them
PHOTOS = {Part.VALIDATION: 60, Part.TEST: 90}


def brought(accuracy: dict[Part, float], seed: int = 0, prefix: str = "") -> Predictions:
    """Predictions of which exactly the given share is right in each part."""
    random = np.random.default_rng(seed)
    parts, labelled = {}, {}
    for part, n in PHOTOS.items():
        true = np.arange(n) % len(CLASSES)
        wrong = random.permutation(n)[: round(n * (1 - accuracy[part]))]
        said = true.copy()
        said[wrong] = (said[wrong] + 1) % len(CLASSES)
        ids = tuple(f"{prefix}{part}{number:04d}" for number in range(n))
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=np.eye(len(CLASSES))[said] * 0.94 + 0.02)
        labelled[part] = [(photo, CLASSES[label]) for photo, label in zip(ids, true, strict=True)]
    return Predictions(evaluation_id=evaluation_id(CLASSES, labelled), classes=CLASSES, parts=parts)


def bring(store: RunStore, name: str, validation: float, test: float, **more) -> Run:
    predictions = brought({Part.VALIDATION: validation, Part.TEST: test}, **more)
    metrics = {
        f"{part}_{figure}": value
        for part, found in figures_by_part(predictions).items()
        for figure, value in found.summary.items()
    }
    return store.create(RunKind.BROUGHT, name, predictions=predictions, metrics=metrics)


@pytest.fixture(scope="module")
def full_home(tmp_path_factory) -> Path:
    """A data folder with runs, made once: a fresh store takes seconds."""
    home = tmp_path_factory.mktemp("compare")
    store = RunStore(read_settings({"THAW_HOME": str(home)}))
    bring(store, "strong *run*", 0.95, 0.4444, seed=1)
    bring(store, "weak run", 0.55, 0.4556, seed=2)
    bring(store, "close run", 0.93, 0.4222, seed=3)
    failed = store.create(RunKind.TRAINED, "broken run")
    store.fail(failed.id, store.claim(failed.id), "Training stopped: the disk is full")
    store.create(RunKind.TRAINED, "patient run")
    bring(store, "other photos", 0.75, 0.4111, prefix="other")
    return home


@pytest.fixture
def runs(full_home, monkeypatch) -> dict[str, Run]:
    """
    By first word: two runs far apart, one close to the first, one of another test, a failed and a queued one.

    Their test figures, 41 to 46 %, are like no validation figure.
    """
    monkeypatch.setenv("THAW_HOME", str(full_home))
    settings.cache_clear()
    return {run.name.split()[0]: run for run in RunStore(settings()).list()}


def open_page(ticked=(), test: bool = False) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.session_state["runs"] = [run.id for run in ticked]
    page.session_state["test"] = test
    page.switch_page("compare.py").run()
    assert not page.exception, page.exception
    return page


def everything(page: AppTest) -> str:
    """All that was sent to the browser: text, tables, figures."""
    texts = [str(getattr(element, "value", "")) for element in page]
    texts += [chart.proto.spec for chart in page.get("plotly_chart")]
    texts += [table.value.to_string() for table in page.dataframe]
    texts += [element.proto.body for element in page.get("html")]
    return "\n".join(texts)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def charts(page: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def matrices(page: AppTest) -> list[dict]:
    """What the tables of confusion matrices were given."""
    return [matrix for grid in page.get("bidi_component") for matrix in json.loads(grid.proto.json)["matrices"]]


def test_without_runs_the_page_says_why_and_offers_to_train():
    page = open_page()
    assert "Nothing has been trained yet" in everything(page)
    assert "Train a first model" in labels(page)


def test_with_nothing_ticked_the_latest_finished_run_is_shown(runs):
    page = open_page()
    assert "latest finished run" in everything(page)
    assert page.subheader[0].value == runs["other"].name
    assert "75.0 %" in everything(page)


def test_one_ticked_run_has_its_accuracy_matrix_and_classes(runs):
    page = open_page([runs["strong"]])
    assert page.subheader[0].value == r"strong \*run\*"
    assert "95.0 %" in everything(page)
    assert len(matrices(page)) == 1
    table = page.dataframe[1].value
    assert list(table["class"]) == list(CLASSES)
    assert table["support"].sum() == PHOTOS[Part.VALIDATION]


def test_two_ticked_runs_bring_a_verdict_in_looks_grammar(runs):
    text = everything(open_page([runs["strong"], runs["weak"]]))
    assert ":green[▲] A is 40" in text.replace("\\", "")  # and not brown: it speaks of the one that is higher
    assert "significant" not in text


def test_close_runs_are_too_close_to_call(runs):
    text = everything(open_page([runs["strong"], runs["close"]])).replace("\\", "")
    assert "Too close to call: A 1.7 points higher" in text
    assert "▲" not in text
    assert "▼" not in text


def test_each_view_of_two_runs_draws_its_own_pictures_only(runs):
    page = open_page([runs["strong"], runs["weak"]])
    assert len(charts(page)) == 0
    for view, drawn in (("Classes", (2, 0)), ("Confusions", (0, 2)), ("Figures", (0, 0))):
        page.segmented_control(key="compare_view").set_value(view).run()
        assert not page.exception
        assert (len(charts(page)), len(matrices(page))) == drawn, view


def test_one_switch_changes_the_numbers_of_all_matrices(runs):
    page = open_page([runs["strong"], runs["weak"]])
    page.segmented_control(key="compare_view").set_value("Confusions").run()
    counts = matrices(page)
    page.segmented_control(key="compare_numbers").set_value("shares").run()
    for before, after in zip(counts, matrices(page), strict=True):
        assert before["texts"] != after["texts"]
        assert before["tones"] == after["tones"]


def test_a_run_of_another_test_is_left_out_and_the_page_says_why(runs):
    text = everything(open_page([runs["strong"], runs["other"]])).replace("\\", "")
    assert "“other photos” is left out: tested on other photos" in text
    assert "Greyed runs can't be added" in text


@pytest.mark.parametrize("ticked", [(), ("strong",), ("strong", "weak")])
def test_no_test_figure_is_in_the_page_before_the_switch_is_on(runs, ticked):
    page = open_page([runs[name] for name in ticked])
    views = ["Figures", "Classes", "Confusions"] if len(ticked) > 1 else [None]
    for view in views:
        if view:
            page.segmented_control(key="compare_view").set_value(view).run()
        text = everything(page)
        for figure in ("44.4", "45.6", "42.2", "41.1", "of 90", "90 test"):
            assert figure not in text, (view, figure)


def test_with_the_switch_on_the_test_figure_stands_beside_validation(runs):
    page = open_page([runs["strong"]], test=True)
    assert "test: 44.4 % of 90" in everything(page)


def test_with_the_switch_on_two_runs_can_be_compared_on_test(runs):
    page = open_page([runs["strong"], runs["weak"]], test=True)
    page.segmented_control(key="compare_part").set_value(Part.TEST).run()
    assert "on 90 photos" in everything(page)


def test_a_failed_run_says_why_it_failed_and_shows_its_log(runs, monkeypatch):
    monkeypatch.setattr("pages.parts.compare_single.log_lines", lambda _: "last words")
    page = open_page([runs["broken"]])
    assert "the disk is full" in page.error[0].value
    assert page.code[0].value == "last words"


def test_a_queued_run_says_that_it_waits(runs):
    page = open_page([runs["patient"]])
    assert page.get("progress")[0].proto.text == "Waiting for its turn"


def test_the_last_button_leads_to_the_ensemble(runs):
    page = open_page([runs["strong"], runs["weak"]])
    assert labels(page)[-1] == "Combine these runs in an ensemble"


def test_an_uploaded_csv_becomes_a_run_that_can_be_compared(runs):
    page = open_page([runs["strong"]])
    predictions = brought({Part.VALIDATION: 0.8, Part.TEST: 0.4})
    rows = ["id,split,true,predicted"]
    for part, answers in predictions.parts.items():
        for photo, true, said in zip(answers.ids, answers.true, answers.predicted, strict=True):
            rows.append(f'{photo},{part},"{CLASSES[true]}","{CLASSES[said]}"')
    page.file_uploader(key="compare_upload_file").upload("mine.csv", "\n".join(rows).encode())
    page.button(key="compare_upload_send").click().run()
    assert "60 validation, 90 test photos" in page.success[0].value
    newest = page.dataframe[0].value.iloc[0]
    assert (newest["name"], newest["validation"], newest["reason"]) == ("mine", 80.0, "")


def test_an_uploaded_file_that_is_none_brings_one_sentence():
    page = open_page()
    page.file_uploader(key="compare_upload_file").upload("mine.csv", b"id,split\n1,test\n")
    page.button(key="compare_upload_send").click().run()
    assert "can't be used as predictions" in page.error[0].value.replace("\\", "")


# What a click on the table may do


def test_ticks_keep_the_order_they_were_made_in(runs):
    by_id = {run.id: run for run in runs.values()}
    strong, weak = runs["strong"].id, runs["weak"].id
    assert compare_table.admitted([weak], [strong, weak], by_id) == ([weak, strong], [])


def test_a_tick_on_a_run_of_another_test_is_refused_with_its_reason(runs):
    by_id = {run.id: run for run in runs.values()}
    kept, refused = compare_table.admitted([runs["weak"].id], [runs["weak"].id, runs["other"].id], by_id)
    assert kept == [runs["weak"].id]
    assert refused == ["“other photos” can't be added to “weak run”: tested on other photos."]


def test_a_run_without_figures_makes_way_for_the_next_tick(runs):
    failed = runs["other"].model_copy(update={"status": Status.FAILED})
    by_id = {run.id: run for run in runs.values()} | {failed.id: failed}
    assert compare_table.admitted([failed.id], [failed.id, runs["weak"].id], by_id) == ([runs["weak"].id], [])


def test_unticking_everything_leaves_nothing(runs):
    assert compare_table.admitted([runs["weak"].id], [], {}) == ([], [])
