import json

import numpy as np
import pytest

from core.errors import BadCosts, BadName
from core.runs.costs_store import LONGEST_NAME, MOST, PLAIN, delete_costs, list_costs, save_costs

CLASSES = ("ash", "oak", "=elm")
MATRIX = np.array([[0, 1, 2], [5, 0, 1], [-1, 0.5, 0]])


def names(settings, classes=CLASSES):
    return [costs.name for costs in list_costs(settings, classes)]


def test_costs_come_back_as_they_were_saved(settings):
    save_costs(settings, "  Poison ", CLASSES, MATRIX)
    (found,) = list_costs(settings, CLASSES)
    assert (found.name, found.classes) == ("Poison", CLASSES)
    np.testing.assert_array_equal(found.matrix, MATRIX)


def test_a_name_is_the_same_whatever_its_case_and_the_last_one_saved_counts(settings):
    save_costs(settings, "Poison", CLASSES, MATRIX)
    save_costs(settings, "POISON", CLASSES, 2 * MATRIX)
    (found,) = list_costs(settings, CLASSES)
    assert found.matrix[1, 0] == 10


def test_other_classes_have_other_costs_under_the_same_name(settings):
    save_costs(settings, "Poison", CLASSES, MATRIX)
    save_costs(settings, "Poison", CLASSES[:2], MATRIX[:2, :2])
    assert names(settings) == names(settings, CLASSES[:2]) == ["Poison"]
    assert names(settings, ("ash", "beech", "elm")) == []


def test_deleted_costs_are_gone_and_deleting_again_does_nothing(settings):
    save_costs(settings, "Poison", CLASSES, MATRIX)
    delete_costs(settings, "poison", CLASSES)
    delete_costs(settings, "poison", CLASSES)
    assert names(settings) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1), "a\x00b", "a\nb", PLAIN, PLAIN.upper()])
def test_a_name_that_is_none_is_refused(settings, name):
    with pytest.raises(BadName):
        save_costs(settings, name, CLASSES, MATRIX)


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "שם", "<b>", "a" * LONGEST_NAME])
def test_whatever_the_name_the_file_lies_in_the_folder_of_costs(settings, name):
    save_costs(settings, name, CLASSES, MATRIX)
    assert names(settings) == [name]
    assert len(list((settings.home / "costs").glob("*.json"))) == 1


@pytest.mark.parametrize(
    "matrix",
    [
        MATRIX[:2],
        [[0, None, 1], [1, 0, 1], [1, 1, 0]],
        [[0, float("nan"), 1], [1, 0, 1], [1, 1, 0]],
        [["a", 0, 1], [1, 0, 1], [1, 1, 0]],
        MATRIX * MOST,
        [[0, 1], [1]],
    ],
)
def test_costs_without_a_number_in_each_cell_are_refused_with_the_name(settings, matrix):
    with pytest.raises(BadCosts, match="Poison"):
        save_costs(settings, "Poison", CLASSES, matrix)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 100_000, '{"version": 2}', '{"version": 1, "name": 3, "classes": []}']
)
def test_a_file_that_cannot_be_read_is_left_out(settings, text):
    save_costs(settings, "Poison", CLASSES, MATRIX)
    path = save_costs(settings, "Other", CLASSES, MATRIX) and next((settings.home / "costs").glob("other*"))
    path.write_text(text)
    assert names(settings) == ["Poison"]


def test_a_file_with_other_classes_than_its_name_says_is_left_out(settings):
    save_costs(settings, "Poison", CLASSES, MATRIX)
    path = next((settings.home / "costs").glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classes": ["a", "b", "c"]}))
    assert names(settings) == []
