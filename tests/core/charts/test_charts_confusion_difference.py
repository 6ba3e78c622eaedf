"""Difference of two confusion matrices: info exactly, the figure lightly."""

import numpy as np
import pytest

from core.charts import confusion_difference
from core.charts.confusion_difference import MINUS, signed

FIRST, SECOND = [[3, 1], [2, 2]], [[4, 0], [1, 3]]


def test_photos_are_the_second_minus_the_first():
    info = confusion_difference.difference(FIRST, SECOND, ["a", "b"])
    assert info.values.tolist() == [[1, -1], [-1, 1]]
    assert (info.unit, info.limit) == ("photos", 1)


def test_shares_differ_in_points():
    info = confusion_difference.difference(FIRST, SECOND, ["a", "b"], by="row")
    assert info.values.tolist() == [[25, -25], [-25, 25]]
    assert (info.unit, info.limit) == ("points", 25)
    columns = confusion_difference.difference(FIRST, SECOND, ["a", "b"], by="column").values
    np.testing.assert_allclose(columns, [[20, -100 / 3], [-20, 100 / 3]], atol=1e-12)


def test_the_scale_is_symmetric_and_its_limits_are_printed():
    info = confusion_difference.difference([[30, 0], [0, 4]], [[7, 23], [0, 4]], ["a", "b"])
    heat = confusion_difference.plot(info).data[0]
    assert (heat.zmin, heat.zmax) == (-25, 25)
    assert heat.colorbar.ticktext == (f"{MINUS}25", "0", "+25")


def test_equal_matrices_have_a_scale_and_no_number():
    info = confusion_difference.difference(FIRST, FIRST, ["a", "b"])
    assert info.limit == 1
    assert set(confusion_difference.plot(info).data[1].text) == {""}


def test_another_order_moves_the_cells_and_their_numbers_with_them():
    info = confusion_difference.difference(FIRST, SECOND, ["a", "b"], order=[1, 0])
    assert info.classes == ("b", "a")
    assert info.index == (1, 0)
    assert info.values.tolist() == [[1, -1], [-1, 1]]
    assert confusion_difference.sentences(info, "A", "B")[0] == "+1 photo from A to B"


def test_markup_in_class_and_run_names_is_shown_as_it_is():
    info = confusion_difference.difference(FIRST, SECOND, ["<b>a</b>", "b"])
    hover = confusion_difference.plot(info, names=("<i>x</i>", "B")).data[0].hovertext[0][0]
    assert "&lt;b&gt;a" in hover
    assert "&lt;i&gt;x" in hover


def test_many_classes_are_one_heatmap_that_can_be_zoomed():
    info = confusion_difference.difference(np.eye(50), np.ones((50, 50)), [f"c{i}" for i in range(50)])
    assert [trace.name for trace in confusion_difference.plot(info).data] == ["difference"]


@pytest.mark.parametrize(
    ("value", "text"), [(3, "+3"), (-2, f"{MINUS}2"), (0, "0"), (0.2, "0"), (-1234, f"{MINUS}1,234")]
)
def test_signs_are_always_written(value, text):
    assert signed(value) == text
