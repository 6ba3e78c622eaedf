import pandas as pd
import pytest

from core.charts import member_plane
from core.charts.member_plane import Pair

PAIRS = pd.DataFrame({"first": ["x"], "second": ["y"], "accuracy": [0.7], "disagreement": [0.25], "q": [-0.5]})
NAMES = {"x": "Holly", "y": "<b>"}


def test_a_pair_has_its_names_its_measure_and_the_mean_accuracy():
    info = member_plane.info(PAIRS, NAMES, "q", "Q statistic")
    assert info.pairs == (Pair("Holly", "<b>", -0.5, 0.7),)
    assert (info.measure, info.percent, info.part) == ("Q statistic", False, "validation")


@pytest.mark.parametrize("dark", [False, True])
def test_shares_are_drawn_in_percent_and_hovering_names_the_two(dark):
    figure = member_plane.plot(member_plane.info(PAIRS, NAMES, "disagreement", "Disagreement", True), dark)
    (dots,) = figure.data
    assert (list(dots.x), list(dots.y)) == ([25], [70])
    assert list(dots.customdata[0]) == ["Holly", "&lt;b&gt;"]
    assert figure.layout.xaxis.ticksuffix == " %"
