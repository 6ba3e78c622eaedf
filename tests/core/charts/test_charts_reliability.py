import pandas as pd
import pytest

from core.charts import reliability

BINS = pd.DataFrame(
    {
        "low": [0.4, 0.9],
        "high": [0.5, 1.0],
        "photos": [4, 6],
        "confidence": [0.45, 0.95],
        "accuracy": [0.25, 0.9],
        "accuracy_low": [0.05, 0.6],
        "accuracy_high": [0.7, 0.98],
    }
)


def test_the_bins_are_those_given():
    found = reliability.info(BINS)
    assert found.before.confidence == (0.45, 0.95)
    assert found.before.photos == (4, 6)
    assert found.after is None


def test_error_bars_reach_to_both_ends_of_the_interval():
    line = reliability.plot(reliability.info(BINS)).data[1]
    assert [y + up for y, up in zip(line.y, line.error_y.array, strict=True)] == pytest.approx([70, 98])
    assert [y - down for y, down in zip(line.y, line.error_y.arrayminus, strict=True)] == pytest.approx([5, 60])


def test_before_is_dashed_and_after_is_solid_where_a_temperature_was_fitted():
    assert len(reliability.plot(reliability.info(BINS)).data) == 2
    figure = reliability.plot(reliability.info(BINS, BINS), dark=True)
    assert [trace.line.dash for trace in figure.data[1:]] == ["dash", "solid"]


def test_no_photos_give_an_empty_picture():
    assert reliability.plot(reliability.info(BINS.iloc[:0])).data[1].x == ()
