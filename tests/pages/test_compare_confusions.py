"""Confusion matrices on the Compare screen: what a cell's photos are, and what the views draw."""

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.charts import confusion_matrix, matrix_cells
from core.evaluation.photos import photo_table
from core.records import Part, PartPredictions, Phase, Predictions, Run, RunKind, RunSpec
from core.runs import RunStore
from core.settings import read as read_settings
from core.settings import settings
from pages.parts import compare_cells, compare_thumbnails, matrix_grid
from pages.parts.compare_cells import Cell
from pages.parts.matrix_grid import Matrix
from tests.pages.test_compare_page import CLASSES, FRAME, PHOTOS, brought, everything


def repeat(store: RunStore, name: str, accuracy: float, seed: int) -> Run:
    """A finished run of one plan with another seed, without training it."""
    spec = RunSpec(dataset="d", split="s", backbone="vanilla", phases=(Phase(),), seed=seed)
    predictions = brought({Part.VALIDATION: accuracy, Part.TEST: accuracy}, seed=seed)
    run = store.create(RunKind.TRAINED, name, spec, predictions.evaluation_id)
    store.finish(run.id, store.claim(run.id), predictions, {"validation_accuracy": accuracy})
    return store.get(run.id)


@pytest.fixture(scope="module")
def cells_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("cells")
    store = RunStore(read_settings({"THAW_HOME": str(home)}))
    repeat(store, "first seed", 0.9, seed=1)
    repeat(store, "second seed", 0.8, seed=2)
    predictions = brought({Part.VALIDATION: 0.7, Part.TEST: 0.7}, seed=3)
    store.create(RunKind.BROUGHT, "elsewhere", predictions=predictions)
    return home


@pytest.fixture
def runs(cells_home, monkeypatch) -> dict[str, Run]:
    monkeypatch.setenv("THAW_HOME", str(cells_home))
    settings.cache_clear()
    return {run.name.split()[0]: run for run in RunStore(settings()).list()}


def open_view(*ticked: Run, **state) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.session_state["runs"] = [run.id for run in ticked]
    page.session_state["compare_view"] = "Confusions"
    for key, value in state.items():
        page.session_state[key] = value
    page.switch_page("compare.py").run()
    assert not page.exception, page.exception
    return page


def grid(page: AppTest) -> dict:
    """What the one grid of matrices on the page was given."""
    (found,) = page.get("bidi_component")
    return json.loads(found.proto.json)


def table(page: AppTest, column: str) -> pd.DataFrame | None:
    """The table that has this column."""
    return next((found.value for found in page.dataframe if column in found.value), None)


def test_shares_of_row_and_column_are_one_switch_for_all_matrices(runs):
    page = open_view(runs["first"], runs["second"])
    seen = []
    for choice in ("counts", "shares", "columns"):
        page.segmented_control(key="compare_numbers").set_value(choice).run()
        assert grid(page)["scale"]["ends"] == ["0 %", "100 %"]
        seen.append([matrix["texts"] for matrix in grid(page)["matrices"]])
    assert [len(one) for one in seen] == [2, 2, 2]
    assert all(one != other for one, other in zip(seen[0], seen[1], strict=True))
    assert all(one != other for one, other in zip(seen[1], seen[2], strict=True))


def test_a_matrix_carries_its_letter_name_and_accuracy(runs):
    told = [(one["letter"], one["name"], one["told"]) for one in grid(open_view(*runs.values()))["matrices"]]
    names = [run.name for run in runs.values()]
    assert [(letter, name) for letter, name, _ in told] == list(zip("ABC", names, strict=True))
    assert all(accuracy.endswith(" % of 60") for *_, accuracy in told)


def test_the_difference_of_two_is_one_table_symmetric_about_nought(runs):
    page = open_view(runs["first"], runs["second"])
    page.segmented_control(key="compare_matrices_repeats").set_value("Difference of two").run()
    (matrix,) = grid(page)["matrices"]
    low, middle, high = grid(page)["scale"]["ends"]
    assert (low[1:], middle) == (high[1:], "0")
    assert matrix["key"] == "A+B"
    assert "From A to B" in everything(page)


def test_matrices_can_be_drawn_as_pictures_that_a_camera_saves(runs):
    page = open_view(runs["first"], runs["elsewhere"], compare_matrices_pictures=True)
    pictures = page.get("plotly_chart")
    assert len(pictures) == 2
    configs = [json.loads(picture.proto.config) for picture in pictures]
    assert {config["toImageButtonOptions"]["filename"] for config in configs} == {
        "thaw confusion matrix A",
        "thaw confusion matrix B",
    }
    assert not page.get("bidi_component")
    page = open_view(
        runs["first"], runs["elsewhere"], compare_matrices_pictures=True, compare_matrices_runs="Difference of two"
    )
    (picture,) = page.get("plotly_chart")
    assert json.loads(picture.proto.config)["toImageButtonOptions"]["filename"] == "thaw from A to B"


def test_the_difference_of_two_of_three_runs_can_be_chosen_and_never_is_one_with_itself(runs):
    page = open_view(runs["first"], runs["second"], runs["elsewhere"])
    page.segmented_control(key="compare_matrices_repeats").set_value("Difference of two").run()
    assert page.selectbox(key="compare_difference_to").value == "B"
    page.selectbox(key="compare_difference_from").set_value("B").run()
    assert "B" not in [option[0] for option in page.selectbox(key="compare_difference_to").options]
    assert not page.exception


def test_repeats_of_a_plan_are_gathered_in_their_mean(runs):
    page = open_view(runs["first"], runs["second"], runs["elsewhere"])
    page.segmented_control(key="compare_matrices_repeats").set_value("Mean of repeats").run()
    found = [(one["letter"], one["name"], one["told"]) for one in grid(page)["matrices"]]
    assert found[0] == ("A, B", "first seed and 1 more, their mean", "85.0 % of 60")
    assert found[1][:2] == ("C", "elsewhere")


def test_without_repeats_their_mean_is_not_offered(runs):
    page = open_view(runs["first"], runs["elsewhere"])
    assert page.segmented_control(key="compare_matrices_runs").options == ["Each run", "Difference of two"]


def test_two_boxes_choose_a_cell_without_a_mouse(runs):
    page = open_view(runs["first"], runs["elsewhere"])
    page.selectbox(key="compare_true").set_value(0).run()
    page.selectbox(key="compare_said").set_value(1).run()
    page.selectbox(key="compare_by").set_value("B").run()
    photos = table(page, "said B")
    assert f"{len(photos)} photos" in everything(page)
    assert grid(page)["chosen"] == [0, 1]
    assert set(photos["true"]) == {CLASSES[0]}
    assert set(photos["said B"]) == {CLASSES[1]}
    page.button(key="compare_cell_close").click().run()
    assert page.selectbox(key="compare_true").value is None


def test_a_class_that_is_not_there_any_more_chooses_nothing(runs):
    page = open_view(runs["first"], runs["elsewhere"], compare_true=99, compare_said=1, compare_by="Q")
    assert page.selectbox(key="compare_true").value is None
    assert page.selectbox(key="compare_by").value == "A"


def test_photos_of_another_machine_are_a_table_of_ids_and_the_page_says_why(runs):
    page = open_view(runs["first"], runs["elsewhere"], compare_true=0, compare_said=0)
    assert "not on this machine" in everything(page)


def test_the_pairs_are_those_that_are_confused_most(runs):
    page = open_view(runs["first"], runs["elsewhere"])
    pairs = table(page, "share")
    assert list(pairs["photos"]) == sorted(pairs["photos"], reverse=True)
    assert (pairs["true"] != pairs["said"]).all()


def test_one_runs_page_shows_a_cells_photos_in_the_place_of_its_table(runs):
    page = open_view(runs["first"])
    assert table(page, "precision") is not None
    page.selectbox(key="compare_true").set_value(0).run()
    assert table(page, "precision") is None
    assert len(table(page, "said A")) == PHOTOS[Part.VALIDATION] / len(CLASSES)


def test_no_test_photo_is_listed_before_the_switch_is_on(runs):
    page = open_view(runs["first"], runs["elsewhere"], compare_true=0)
    assert not any("test0" in found.value.to_string() for found in page.dataframe)


# What is exactly a cell's photos


@pytest.fixture
def three_runs() -> dict[str, Predictions]:
    random = np.random.default_rng(0)
    true = np.repeat(np.arange(4), 25)
    parts = []
    for _ in range(3):
        probabilities = random.dirichlet(np.ones(4), 100)
        parts.append(PartPredictions(ids=tuple(map(str, range(100))), true=true, probabilities=probabilities))
    return {
        str(number): Predictions(evaluation_id="e", classes=tuple("abcd"), parts={Part.VALIDATION: part})
        for number, part in enumerate(parts)
    }


def test_every_cell_has_exactly_the_photos_its_matrix_counts(three_runs):
    photos = photo_table(three_runs, Part.VALIDATION)
    for letter, of in zip("ABC", three_runs.values(), strict=True):
        part = of.parts[Part.VALIDATION]
        for true in range(4):
            for said in range(4):
                found = compare_cells.rows_of(photos, Cell(true, said, letter), (letter,))
                expected = np.flatnonzero((part.true == true) & (part.predicted == said))
                assert sorted(map(int, found["id"])) == expected.tolist()


def test_a_cell_of_several_runs_has_the_photos_of_any_of_them_once(three_runs):
    photos = photo_table(three_runs, Part.VALIDATION)
    found = compare_cells.rows_of(photos, Cell(1, 2, "A+C"), ("A", "C"))
    each = [set(compare_cells.rows_of(photos, Cell(1, 2, one), (one,))["id"]) for one in "AC"]
    assert set(found["id"]) == each[0] | each[1]
    assert found["id"].is_unique


def test_without_an_answer_a_cell_is_its_whole_row_the_most_mistaken_first(three_runs):
    photos = photo_table(three_runs, Part.VALIDATION)
    found = compare_cells.rows_of(photos, Cell(3, None, "A"), ("A",))
    assert len(found) == 25
    assert list(found["loss"]) == sorted(found["loss"], reverse=True)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ({"true": 3, "said": 4, "by": "B"}, (3, 4, "B")),
        ({"true": 3, "said": 4, "by": "C"}, None),
        ({"true": 3, "said": 5, "by": "B"}, None),
        ({"true": True, "said": 4, "by": "B"}, None),
        ({"true": "3", "said": 4, "by": "B"}, None),
        ({"true": 3, "by": "B"}, None),
        ([3, 4, "B"], None),
        (None, None),
    ],
)
def test_only_two_classes_and_a_matrix_that_are_there_are_a_cell(value, cell):
    assert matrix_grid.sent(value, index=(4, 3, 1), keys=["A", "B"]) == cell


def test_markup_in_names_and_ids_is_inert_under_a_picture(three_runs):
    row = photo_table(three_runs, Part.VALIDATION).iloc[0].to_dict() | {"id": '"><script>x</script>'}
    text = compare_thumbnails.card(row, "", ["A", "B", "C"], ["<b>a</b>", "<i>", '"', "'"])
    assert "<script>" not in text
    assert "<i>" not in text
    assert "<b>a" not in text


def test_of_more_runs_than_fit_under_a_picture_the_rest_is_counted():
    letters = list("ABCDEFGH")
    row = {"id": "x", "true": 0} | {f"said {one}": 0 for one in letters} | {f"right {one}": True for one in letters}
    row |= {f"sure {one}": pd.NA for one in letters}
    assert "2 more runs, 2 right" in compare_thumbnails.card(row, "", letters, ["a"])


def test_runs_keep_the_letters_that_the_page_gave_them(runs):
    ids = (runs["first"].id, runs["elsewhere"].id)
    found = compare_cells.table(ids, ("B", "D"), Part.VALIDATION)
    assert [name for name in found.columns if name.startswith("said")] == ["said B", "said D"]


def test_cells_are_as_wide_as_the_longest_count_whatever_numbers_are_shown():
    info = confusion_matrix.info([[12_345, 1], [2, 3]], ["a", "b"])
    sizes = [
        matrix_grid.sizes([Matrix("A", "A", "", "", matrix_cells.of_shares(info, show))], info.labels)
        for show in ("counts", "shares")
    ]
    assert sizes[0] == sizes[1]
