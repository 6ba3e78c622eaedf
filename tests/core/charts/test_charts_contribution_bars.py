import pandas as pd
import pytest

from core.charts import contribution_bars
from core.charts.contribution_bars import ContributionBar

NAMES = {"x": "Holly", "y": "<b>"}


def table(error=0.0):
    return pd.DataFrame(
        {"run": ["x", "y"], "alone": [0.5, 0.6], "left_out": [0.0, -0.01], "shapley": [0.1, 0.2], "error": error}
    )


def test_who_brings_most_comes_first():
    info = contribution_bars.info(table(), NAMES, "test")
    assert info.part == "test"
    assert info.bars == (
        ContributionBar("<b>", "<b>", 0.2, 0.0, -0.01, 0.6),
        ContributionBar("Holly", "Holly", 0.1, 0.0, 0.0, 0.5),
    )


@pytest.mark.parametrize("dark", [False, True])
def test_exact_shares_are_written_and_have_no_error_bars(dark):
    bars, left_out = contribution_bars.plot(contribution_bars.info(table(), NAMES), dark).data
    assert (list(bars.x), list(bars.text), bars.error_x.visible) == ([20, 10], ["+20.0", "+10.0"], False)
    assert list(left_out.x) == [-1, 0]
    assert left_out.customdata[0] == "&lt;b&gt;"


def test_drawn_shares_have_a_95_percent_interval():
    bars, _ = contribution_bars.plot(contribution_bars.info(table(0.01), NAMES)).data
    assert bars.error_x.visible
    assert list(bars.error_x.array) == pytest.approx([1.96, 1.96])
