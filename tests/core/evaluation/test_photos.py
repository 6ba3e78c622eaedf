import numpy as np
import pytest

from core.evaluation.photos import FILTERS, filtered, letters_of, photo_table, with_names
from core.records import Part, PartPredictions, Predictions

CLASSES = ("ash", "beech", "cedar")
TRUE = [0, 1, 2, 0]
A = [[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.95, 0.03, 0.02], [0.3, 0.4, 0.3]]  # right, right, sure and wrong, wrong
B = [[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.2, 0.6, 0.2]]  # wrong, right, wrong, wrong


def predictions(probabilities, has_probabilities=True, parts=(Part.TEST,)):
    answers = PartPredictions(ids=("p0", "p1", "p2", "p3"), true=TRUE, probabilities=probabilities)
    return Predictions(
        evaluation_id="e",
        classes=CLASSES,
        parts=dict.fromkeys(parts, answers),
        has_probabilities=has_probabilities,
    )


@pytest.fixture
def table():
    return photo_table({"x": predictions(A), "y": predictions(B)}, Part.TEST)


def test_a_row_a_photo_says_what_each_run_said_and_what_it_cost(table):
    assert table["id"].tolist() == ["p0", "p1", "p2", "p3"]
    assert table["said A"].tolist() == [0, 1, 0, 1]
    assert table["right B"].tolist() == [False, True, False, False]
    assert table["probability A"].tolist() == pytest.approx([0.8, 0.7, 0.02, 0.3])
    assert table["sure B"].tolist() == pytest.approx([0.7, 0.8, 0.5, 0.6])
    assert table["loss A"].tolist() == pytest.approx(-np.log([0.8, 0.7, 0.02, 0.3]))
    assert table["n_right"].tolist() == [1, 2, 0, 0]
    assert table["agreement"].tolist() == [0.5, 1.0, 0.5, 1.0]
    assert table["loss"].tolist() == pytest.approx((table["loss A"] + table["loss B"]) / 2)


def test_agreement_is_the_share_of_the_most_common_answer():
    runs = {str(number): predictions(np.eye(3)[said]) for number, said in enumerate(([0] * 4, [1] * 4, [0, 1, 2, 0]))}
    assert photo_table(runs, Part.TEST)["agreement"].tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("kind", "arguments", "ids"),
    [
        ("all", {}, ["p2", "p3", "p0", "p1"]),
        ("all_wrong", {}, ["p2", "p3"]),
        ("only", {"run": "A"}, ["p0"]),
        ("only", {"run": "B"}, []),
        ("disagree", {}, ["p2", "p0"]),
        ("sure_and_wrong", {}, ["p2"]),
        ("sure_and_wrong", {"run": "B"}, []),
        ("sure_and_wrong", {"run": "B", "least": 0.6}, ["p3", "p0"]),
        ("cell", {"true": 0, "said": 1, "run": "A"}, ["p3"]),
        ("cell", {"true": 0, "said": 1}, ["p3", "p0"]),
        ("cell", {"true": 1, "said": 1, "run": "B"}, ["p1"]),
    ],
)
def test_a_filter_leaves_its_photos_with_the_highest_mean_loss_first(table, kind, arguments, ids):
    assert filtered(table, kind, **arguments)["id"].tolist() == ids


def test_the_cells_of_a_run_hold_every_photo_once(table):
    found = [
        photo
        for true in range(3)
        for said in range(3)
        for photo in filtered(table, "cell", true=true, said=said, run="A")["id"]
    ]
    assert sorted(found) == table["id"].tolist()


def test_another_filter_or_run_is_refused_with_what_there_is(table):
    with pytest.raises(ValueError, match=r"one of all, all_wrong.*Received: odd"):
        filtered(table, "odd")
    with pytest.raises(ValueError, match="one of A, B"):
        filtered(table, "only", run="C")


def test_labels_alone_leave_probabilities_and_losses_missing_and_filters_work():
    labels = predictions(np.eye(3)[[0, 1, 0, 1]], has_probabilities=False)
    alone = photo_table({"x": labels}, Part.TEST)
    for name in ("probability A", "sure A", "loss A", "loss"):
        assert alone[name].isna().all()
    assert filtered(alone, "sure_and_wrong").empty
    assert filtered(alone, "all")["id"].tolist() == ["p2", "p3", "p0", "p1"]
    both = photo_table({"x": labels, "y": predictions(B)}, Part.TEST)
    assert both["loss"].tolist() == pytest.approx(both["loss B"].tolist())


def test_a_run_without_the_part_keeps_its_letter_and_has_no_columns():
    table = photo_table({"x": predictions(A, parts=(Part.VALIDATION,)), "y": predictions(B)}, Part.TEST)
    assert letters_of(table) == ["B"]
    assert table["n_right"].tolist() == [0, 1, 0, 0]
    empty = photo_table({"x": predictions(A, parts=(Part.VALIDATION,))}, Part.TEST)
    assert (len(empty), letters_of(empty)) == (0, [])
    for kind in set(FILTERS) - {"only", "cell"}:
        assert filtered(empty, kind).empty


def test_names_stand_in_place_of_indices(table):
    named = with_names(table, CLASSES)
    assert named["true"].tolist() == ["ash", "beech", "cedar", "ash"]
    assert named["said B"].tolist() == ["beech", "beech", "beech", "beech"]
    assert named["loss"].tolist() == table["loss"].tolist()
