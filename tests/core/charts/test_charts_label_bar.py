"""Soft labels: info exactly, the figure lightly."""

import pytest

from core.charts import label_bar
from core.charts.colours import LIGHT

CLASSES = ["Oak", "Elm", "Ash"]


def test_shares_come_largest_first_with_the_colour_of_their_class():
    info = label_bar.info([0.3, 0.0, 0.7], CLASSES)
    assert info.shares == (("Ash", "Ash", 0.7, 2), ("Oak", "Oak", 0.3, 0))
    assert info.mixed
    assert info.sentence == "70 % Ash, 30 % Oak"


def test_a_hard_label_is_not_mixed():
    info = label_bar.info([0, 1, 0], CLASSES)
    assert not info.mixed
    assert info.sentence == "100 % Elm"


def test_crumbs_are_not_drawn():
    assert len(label_bar.info([0.998, 0.002, 0], CLASSES).shares) == 1


def test_with_more_classes_than_colours_the_pieces_of_a_bar_still_differ():
    label = [0.0] * 20
    label[3] = label[11] = 0.5  # 3 and 11 would have one colour
    assert [share.colour for share in label_bar.info(label, [f"c{i}" for i in range(20)]).shares] == [0, 1]


def test_a_label_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one weight a class"):
        label_bar.info([1, 0], CLASSES)


def test_the_bar_fills_the_width():
    figure = label_bar.plot(label_bar.info([0.3, 0.0, 0.7], CLASSES))
    assert [trace.x[0] for trace in figure.data] == [0.7, 0.3]
    assert [trace.marker.color for trace in figure.data] == [LIGHT.classes[2], LIGHT.classes[0]]
    assert tuple(figure.layout.xaxis.range) == (0, 1)
