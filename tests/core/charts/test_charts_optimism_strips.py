import numpy as np
import pytest

from core.charts import optimism_strips

CHOSEN = np.linspace(0.8, 0.9, 101)


def test_a_strip_has_the_mean_and_the_middle_95_percent_of_its_draws():
    info = optimism_strips.info(CHOSEN, CHOSEN - 0.1)
    assert [strip.label for strip in info.strips] == ["photos it was chosen by", "photos it was not chosen by"]
    first = info.strips[0]
    assert (first.mean, first.low, first.high) == pytest.approx((0.85, 0.8025, 0.8975))
    assert info.strips[1].mean == pytest.approx(0.75)


def test_test_photos_have_a_strip_only_where_they_are_given():
    assert [strip.part for strip in optimism_strips.info(CHOSEN, CHOSEN, CHOSEN).strips] == [
        "validation",
        "validation",
        "test",
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_each_mean_stands_in_the_picture_with_its_figure_also_where_all_draws_are_equal(dark):
    figure = optimism_strips.plot(optimism_strips.info(np.ones(5), CHOSEN), dark)
    assert [trace.text[0] for trace in figure.data if trace.text] == ["<b>100.0 %</b>", "<b>85.0 %</b>"]
