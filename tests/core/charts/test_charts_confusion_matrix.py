"""Confusion matrix: info exactly, the figure lightly."""

import numpy as np
import pytest

from core.charts import confusion_matrix
from core.charts.colours import ink_on


def test_info_holds_counts_and_row_shares():
    info = confusion_matrix.info([[3, 1], [0, 4]], ["Oak", "Elm"])
    assert info.classes == ("Oak", "Elm")
    assert info.counts.tolist() == [[3, 1], [0, 4]]
    assert info.shares.tolist() == [[0.75, 0.25], [0.0, 1.0]]


def test_a_class_without_photos_has_shares_of_zero():
    assert confusion_matrix.info([[0, 0], [1, 1]], ["a", "b"]).shares.tolist() == [[0, 0], [0.5, 0.5]]


def test_a_matrix_of_another_size_than_the_classes_is_refused():
    with pytest.raises(ValueError, match="one row a class"):
        confusion_matrix.info([[1, 2], [3, 4]], ["a", "b", "c"])


def test_long_names_are_short_in_labels_different_from_each_other_and_whole_in_the_hover():
    names = [f"Acer pseudoplatanus var. longissimum of the {n} kind, typical" for n in ("first", "other")]
    info = confusion_matrix.info([[1, 2], [3, 4]], names)
    assert all(len(label) <= 18 for label in info.labels)
    assert len(set(info.labels)) == 2
    hovers = confusion_matrix.plot(info).data[0].hovertext
    assert names[0] in hovers[0][0]
    assert all(name in hovers[0][1] for name in names)


def test_markup_in_a_name_is_shown_as_it_is():
    figure = confusion_matrix.plot(confusion_matrix.info([[1, 0], [0, 1]], ["<b>Oak</b>", "Elm"]))
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;Oak&lt;/b&gt;"
    assert "&lt;b&gt;Oak" in figure.data[0].hovertext[0][0]


@pytest.mark.parametrize("n", [2, 8, 20])
def test_up_to_20_classes_every_cell_has_its_number(n):
    figure = confusion_matrix.plot(confusion_matrix.info(np.eye(n), [f"c{i}" for i in range(n)]))
    numbers = next(trace for trace in figure.data if trace.name == "numbers")
    assert [text == "1" for text in numbers.text] == np.eye(n, dtype=bool).ravel().tolist()
    assert all((x, y) == divmod(place, n)[::-1] for place, (x, y) in enumerate(zip(numbers.x, numbers.y, strict=True)))


@pytest.mark.parametrize("n", [21, 100])
def test_beyond_20_classes_there_are_no_numbers_but_all_row_labels(n):
    figure = confusion_matrix.plot(confusion_matrix.info(np.eye(n), [f"class {i}" for i in range(n)]))
    assert [trace.name for trace in figure.data] == ["shares"]
    assert len(figure.layout.yaxis.ticktext) == n
    assert len(figure.layout.xaxis.ticktext) <= 40
    assert figure.layout.height >= 14 * n
    assert len(figure.to_json()) < 400_000


@pytest.mark.parametrize("show", ["counts", "shares"])
def test_colour_is_the_row_share_from_0_to_100_whatever_the_numbers_are(show):
    figure = confusion_matrix.plot(confusion_matrix.info([[3, 1], [0, 4]], ["a", "b"]), show=show)
    assert figure.data[0].z.tolist() == [[75, 25], [0, 100]]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 100)
    assert list(figure.data[1].text) == (["3", "1", "", "4"] if show == "counts" else ["75", "25", "", "100"])


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_change_their_ink_with_the_cell(dark):
    figure = confusion_matrix.plot(confusion_matrix.info([[1, 0], [0, 1]], ["a", "b"]), dark=dark)
    full, empty = figure.data[1].textfont.color[:2]
    assert full != empty
    assert full == ink_on("#BFD7FF" if dark else "#2D4A7A")


def test_rows_run_downwards_and_cells_are_square():
    axis = confusion_matrix.plot(confusion_matrix.info(np.eye(3), "abc")).layout.yaxis
    assert tuple(axis.range) == (2.5, -0.5)
    assert axis.scaleanchor == "x"


def test_shares_of_the_column_are_of_all_that_were_taken_for_a_class():
    info = confusion_matrix.info([[3, 1], [1, 4]], ["a", "b"], by="column")
    assert info.shares.tolist() == [[0.75, 0.2], [0.25, 0.8]]
    assert "3 of 4 photos taken for it (75.0 %)" in confusion_matrix.plot(info).data[0].hovertext[0][0]


def test_another_order_moves_rows_and_columns_and_says_which_class_is_where():
    info = confusion_matrix.info([[1, 2, 3], [4, 5, 6], [7, 8, 9]], ["a", "b", "c"], order=[2, 0, 1])
    assert info.classes == ("c", "a", "b")
    assert info.counts.tolist() == [[9, 7, 8], [3, 1, 2], [6, 4, 5]]
    assert info.index == (2, 0, 1)
    assert confusion_matrix.texts(info) == list("978312645")


def test_means_of_matrices_are_written_with_one_decimal():
    figure = confusion_matrix.plot(confusion_matrix.info([[2.5, 1], [0, 4]], ["a", "b"]))
    assert list(figure.data[1].text) == ["2.5", "1.0", "", "4.0"]


def test_a_greyed_picture_without_numbers_says_nothing_under_the_pointer():
    heat = confusion_matrix.plot(confusion_matrix.info(np.eye(3), "abc"), show="none").data[0]
    assert heat.hoverinfo == "skip"


def test_numbers_before_alike_names_are_the_datasets_in_every_order():
    names = [f"Acer pseudoplatanus var. {n} longissimum" for n in "abc"]
    as_it_is = confusion_matrix.info(np.eye(3), names).labels
    assert confusion_matrix.info(np.eye(3), names, order=[2, 0, 1]).labels == (as_it_is[2], as_it_is[0], as_it_is[1])
