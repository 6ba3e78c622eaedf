import numpy as np
import pytest

from core.charts import member_matrix

VALUES = [[0.25, 1.0], [0.5, np.nan]]


def test_the_scale_goes_from_the_least_to_the_greatest_value_where_no_ends_are_given():
    info = member_matrix.info(VALUES, ["Holly", "Ivy"], ["ash", "beech"])
    assert (info.low, info.high) == (0.25, 1.0)
    assert (info.row_labels, info.column_labels) == (("Holly", "Ivy"), ("ash", "beech"))
    assert info.strong == (True, True)
    whole = member_matrix.info(VALUES, ["Holly", "Ivy"], ["ash", "beech"], low=0.0, high=1.0)
    assert (whole.low, whole.high) == (0.0, 1.0)


def test_members_against_each_other_are_numbered_in_rows_and_columns():
    info = member_matrix.info(np.eye(2), ["Holly", "Ivy"], ["Holly", "Ivy"], numbered=True)
    assert info.row_labels == ("1  Holly", "2  Ivy")
    assert info.column_labels == ("1", "2")


@pytest.mark.parametrize("dark", [False, True])
def test_cells_hold_their_numbers_but_where_there_is_nothing_to_say(dark):
    info = member_matrix.info(VALUES, ["<b>", "Ivy"], ["ash", "beech"], marked=[(0, 1)], strong=[True, False])
    figure = member_matrix.plot(info, dark)
    assert list(figure.data[1].text) == ["25", "<b>100</b>", "50"]
    assert len(figure.layout.shapes) == 2  # one frame in two lines
    assert "&lt;b&gt;" in figure.layout.yaxis.ticktext[0]
    assert figure.layout.yaxis.ticktext[1] == "Ivy"


def test_values_that_are_no_shares_are_written_with_two_decimals():
    info = member_matrix.info([[-0.5]], ["Holly"], ["Ivy"], unit="")
    assert list(member_matrix.plot(info).data[1].text) == ["-0.50"]


def test_a_hundred_classes_have_no_numbers_and_need_room_to_scroll_in():
    names = [f"class {number}" for number in range(100)]
    info = member_matrix.info(np.full((40, 100), 0.5), [f"member {n}" for n in range(40)], names)
    figure = member_matrix.plot(info)
    assert len(figure.data) == 1
    assert member_matrix.least_width(info) > 1200
    assert member_matrix.least_width(member_matrix.info(VALUES, ["a", "b"], ["c", "d"])) < 200


def test_a_matrix_that_says_nothing_is_drawn_empty():
    info = member_matrix.info([[np.nan]], ["Holly"], ["Holly"])
    assert (info.low, info.high) == (0.0, 1.0)
    assert list(member_matrix.plot(info).data[1].text) == []
