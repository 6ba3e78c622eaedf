"""The views of a comparison, on predictions brought in: two with probabilities, one with labels only."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import compare, final_figures
from core.evaluation.choices import ONE_SEED
from core.models import speed
from core.records import Part, PartPredictions, Phase, Predictions, Run, RunKind, RunSpec, evaluation_id
from core.runs import RunStore
from core.settings import read as read_settings
from core.settings import settings
from pages.parts import compare_figures, compare_shipping, compare_verdict

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
MARKUP = "<b onclick='x'>*bold*</b> | $x$"
CLASSES = (MARKUP, "Elm", "a class name of sixty letters, which is as long as they come", "שיטה")
PHOTOS = {Part.VALIDATION: 80, Part.TEST: 120}


def brought(
    share: float, seed: int, labels_only: bool = False, parts=tuple(PHOTOS), absent: int | None = None
) -> Predictions:
    """Answers of which about the given share is right, surer where they are; class `absent` is never said."""
    random, found, labelled = np.random.default_rng(seed), {}, {}
    for part, n in PHOTOS.items():
        true = np.arange(n) % len(CLASSES)
        said = np.where(random.random(n) < share, true, (true + 1 + random.integers(0, 3, n)) % len(CLASSES))
        if absent is not None:
            said = np.where(said == absent, (absent + 1) % len(CLASSES), said)
        sure = np.where(said == true, random.uniform(0.6, 0.99, n), random.uniform(0.3, 0.8, n))[:, None]
        one_hot = np.eye(len(CLASSES))[said]
        shares = one_hot if labels_only else sure * one_hot + (1 - sure) * (1 - one_hot) / (len(CLASSES) - 1)
        ids = tuple(f"{part}{number:04d}" for number in range(n))
        labelled[part] = [(photo, CLASSES[label]) for photo, label in zip(ids, true, strict=True)]
        if part in parts:
            found[part] = PartPredictions(ids=ids, true=true, probabilities=shares)
    same_test = evaluation_id(CLASSES, labelled)
    return Predictions(evaluation_id=same_test, classes=CLASSES, parts=found, has_probabilities=not labels_only)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    store = RunStore(read_settings({"THAW_HOME": str(folder)}))
    made = {
        "strong": brought(0.9, 1),
        "weak": brought(0.5, 2),
        "labels": brought(0.7, 3, labels_only=True),
        "untested": brought(0.8, 4, parts=(Part.VALIDATION,)),
        "blind": brought(0.6, 5, absent=1),
        MARKUP: brought(0.85, 6),
        "seventh": brought(0.8, 7),
    }
    for name, predictions in made.items():
        store.create(RunKind.BROUGHT, name, predictions=predictions, metrics=final_figures(predictions))
    return folder


@pytest.fixture
def runs(home, monkeypatch) -> dict[str, Run]:
    monkeypatch.setenv("THAW_HOME", str(home))
    settings.cache_clear()
    return {run.name: run for run in RunStore(settings()).list()}


def open_view(view: str, ticked, test: bool = False) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=60)
    page.session_state["runs"] = [run.id for run in ticked]
    page.session_state["test"] = test
    page.session_state["compare_view"] = view
    page.switch_page("compare.py").run()
    assert not page.exception, page.exception
    return page


def said(page: AppTest) -> str:
    texts = [str(element.value) for kind in ("markdown", "caption", "warning", "error") for element in page.get(kind)]
    return "\n".join([*texts, *(element.proto.body for element in page.get("html"))]).replace("\\", "")


def drawn(page: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


# Figures


def test_every_figure_has_its_interval_and_only_what_stands_is_marked(runs):
    text = said(open_view("Figures", [runs["strong"], runs["weak"]]))
    for title, _ in compare_figures.FIGURES.values():
        assert f"<bdi>{title}</bdi>" in text
    assert "▲ " in text
    assert " to " in text


def test_photos_a_second_are_those_of_this_machine_at_the_size_that_was_measured(runs):
    spec = RunSpec(dataset="d", split="s", backbone="vanilla", phases=(Phase(),), input_size=96)
    trained, brought_in = runs["strong"].model_copy(update={"spec": spec}), runs["weak"]
    unmeasured = compare_shipping.rows([trained, brought_in])[0]
    assert (unmeasured[0].text, unmeasured[0].quiet) == ("Photos a second", "not measured yet: on Train")
    kept = settings().cache / "speed.json"
    figures = {"infer": 1234.5, "train": 56.0, "batch": 32}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({speed.machine(): {"vanilla": {"128": figures}}}))
    try:
        title, measured, not_here = compare_shipping.rows([trained, brought_in])[0]
    finally:
        kept.unlink()
    assert title.quiet == "answered on this machine"
    assert (measured.text, measured.quiet) == ("1,234", "at 128 px")
    assert not_here.text == ""


def test_figures_that_need_probabilities_are_empty_for_a_run_of_labels(runs):
    text = said(open_view("Figures", [runs["strong"], runs["labels"]]))
    assert text.count("only labels were brought") == 3
    assert "nan" not in text.lower()
    assert "None" not in text


def test_more_runs_than_fit_side_by_side_stand_one_under_the_other(runs):
    text = said(open_view("Figures", list(runs.values())))
    assert '<th scope="col"><bdi>Accuracy</bdi>' in text
    assert "looked at together (Holm)" in text
    assert "is the best of 7 runs" in text


def test_names_with_markup_stay_text(runs):
    text = "\n".join(element.proto.body for element in open_view("Figures", [runs[MARKUP], runs["weak"]]).get("html"))
    assert "<b onclick" not in text
    assert "&lt;b onclick=" in text


def test_another_baseline_turns_the_verdict_and_stays_in_the_session(runs):
    page = open_view("Figures", [runs["strong"], runs["weak"], runs["labels"]])
    page.selectbox(key="baseline").set_value(runs["weak"].id).run()
    assert not page.exception
    assert "higher than B" in said(page)
    assert "Against B weak" in said(page)


def test_a_baseline_that_is_no_longer_ticked_makes_way_for_the_first(runs):
    page = AppTest.from_file(FRAME, default_timeout=60)
    page.session_state["runs"] = [runs["strong"].id, runs["weak"].id]
    page.session_state["baseline"] = runs["labels"].id
    page.switch_page("compare.py").run()
    assert not page.exception
    assert "Against A strong" in said(page)


def test_many_photos_first_come_without_intervals(runs, monkeypatch):
    monkeypatch.setattr(compare_figures, "AT_ONCE", 10)
    text = said(open_view("Figures", [runs["strong"], runs["weak"]]))
    assert "intervals under the figures are being drawn" in text


def test_above_three_differences_the_verdict_gathers_letters(runs):
    by_name = [runs[name] for name in ("strong", "weak", "labels", "blind", MARKUP)]
    text = said(open_view("Figures", by_name))
    assert "lower than A" in text
    assert "too close to call against A" in text


def test_one_seed_is_said_once(runs):
    three = {name: brought(share, seed) for name, share, seed in (("x", 0.9, 1), ("y", 0.5, 2), ("z", 0.6, 3))}
    assert compare_verdict.choices(compare(three, Part.VALIDATION)) == [ONE_SEED]


# Runs that lack something


def test_a_run_without_test_predictions_is_left_out_of_test_with_a_sentence(runs):
    page = open_view("Figures", [runs["strong"], runs["untested"], runs["weak"]], test=True)
    page.segmented_control(key="compare_part").set_value(Part.TEST).run()
    assert not page.exception
    text = said(page)
    assert "B has no answers on test photos" in text
    assert "C weak" in text
    assert "B untested" not in text


@pytest.mark.parametrize("view", ["Figures", "Classes", "Curves", "Calibration"])
def test_every_view_bears_labels_only_missing_classes_and_one_run_left(runs, view):
    for ticked in (["labels", "blind"], ["untested", "strong"], ["labels", "untested"]):
        page = open_view(view, [runs[name] for name in ticked], test=True)
        page.segmented_control(key="compare_part").set_value(Part.TEST).run()
        assert not page.exception, (view, ticked, page.exception)
        assert "nan" not in said(page).lower()


def test_a_run_deleted_while_it_is_looked_at_becomes_a_sentence(runs, monkeypatch):
    from core.errors import UnknownRun
    from pages.parts import loaders

    gone, read = runs["weak"].id, loaders.predictions

    def predictions(run_id):
        if run_id == gone:
            raise UnknownRun(run=gone)
        return read(run_id)

    monkeypatch.setattr(loaders, "predictions", predictions)
    text = said(open_view("Figures", [runs["strong"], runs["weak"]]))
    assert f"There is no run {gone}" in text


# Classes


def test_the_class_table_is_coloured_and_sorted_by_the_largest_difference(runs):
    page = open_view("Classes", [runs["strong"], runs["blind"]])
    table = page.dataframe[-1].value
    assert list(table["class"]) == list(CLASSES)
    page.segmented_control(key="compare_class_order").set_value("difference").run()
    assert page.dataframe[-1].value["class"].iloc[0] == "Elm"
    assert "B: No photo was taken for Elm" in said(page)


def test_one_class_against_the_rest_has_curves_of_those_with_probabilities(runs):
    page = open_view("Classes", [runs["strong"], runs["labels"], runs["weak"]])
    names = [trace["name"] for trace in drawn(page)[-1]["data"]]
    assert names == ["guessing", "guessing", "A strong", "A strong", "C weak", "C weak"]


def test_without_probabilities_there_is_a_sentence_instead_of_curves(runs):
    page = open_view("Classes", [runs["labels"], runs["untested"]], test=True)
    page.segmented_control(key="compare_part").set_value(Part.TEST).run()
    assert "There is no curve of" in said(page)


# Calibration


def test_calibration_says_how_sure_each_run_is_and_what_labels_lack(runs):
    page = open_view("Calibration", [runs["strong"], runs["labels"], runs["weak"]])
    text = said(page)
    assert "B brought labels and no probabilities" in text
    assert "fitted on validation" in text
    assert len(drawn(page)) == 3  # a diagram a run, and the coverage


def test_more_wanted_accuracy_leaves_more_unanswered(runs):
    page = open_view("Calibration", [runs["strong"], runs["weak"]])
    before = said(page)
    page.slider(key="compare_wanted").set_value(99.0).run()
    assert not page.exception
    assert "answers most" in before
    assert said(page) != before


# Costs


def test_plain_costs_are_the_share_of_mistakes_and_labels_have_no_cheapest_answer(runs):
    page = open_view("Costs", [runs["strong"], runs["labels"]])
    wrong = 1 - compare({"x": brought(0.9, 1)}, Part.VALIDATION).figures["x"].accuracy
    text = said(page)
    assert f"<bdi>{wrong:.3f}</bdi>" in text
    assert "nan" not in text.lower()


def test_costs_are_saved_by_name_chosen_again_and_deleted(runs):
    page = open_view("Costs", [runs["strong"], runs["weak"]])
    page.text_input(key="compare_costs_as_").set_value("Poison <b>").run()
    page.button(key="compare_costs_save").click().run()
    assert not page.exception
    assert page.selectbox(key="compare_costs_name").value == "Poison <b>"
    page.button(key="compare_costs_delete").click().run()
    assert page.selectbox(key="compare_costs_name").options == ["Every mistake costs 1"]


def test_a_name_that_cannot_be_is_refused_in_a_sentence(runs):
    page = open_view("Costs", [runs["strong"], runs["weak"]])
    page.text_input(key="compare_costs_as_").set_value("every mistake costs 1").run()
    page.button(key="compare_costs_save").click().run()
    assert "can't be used as a name" in page.error[0].value.replace("\\", "")
