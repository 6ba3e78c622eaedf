"""Split bars: info exactly, the figure lightly."""

import pytest

from core.charts import split_bars
from core.charts.colours import LIGHT

COUNTS = {"train": [70, 140], "validation": [15, 30], "test": [15, 210]}


def test_info_holds_counts_totals_and_what_a_test_photo_is_worth():
    info = split_bars.info(COUNTS, ["Oak", "Elm"])
    assert info.counts.tolist() == [[70, 140], [15, 30], [15, 210]]
    assert info.totals == (210, 45, 225)
    assert info.points_a_photo == 0.4


def test_without_test_photos_a_photo_is_worth_nothing():
    assert split_bars.info(COUNTS | {"test": [0, 0]}, ["Oak", "Elm"]).points_a_photo == 0


def test_counts_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="a count a class"):
        split_bars.info(COUNTS, ["Oak"])


def test_there_are_three_bars_a_class_in_the_parts_colours_with_their_words():
    figure = split_bars.plot(split_bars.info(COUNTS, ["Oak", "Elm"]))
    assert [trace.name for trace in figure.data] == ["train (210)", "validation (45)", "test (225)"]
    assert [trace.marker.color for trace in figure.data] == [LIGHT.train, LIGHT.validation, LIGHT.test]
    assert list(figure.data[2].text) == ["15", "210"]
