import pytest

from core.charts import views_curve
from core.charts.colours import palette

PHOTOS = {"validation": 451, "test": 452}


def example(**curves):
    curves = curves or {"validation": (0.80, 0.82, 0.83), "test": (0.78, 0.79, 0.79)}
    return views_curve.info(curves, PHOTOS, (1.0, 2.5, 4.04))


def test_each_part_has_its_accuracies_and_photos():
    found = example()
    assert found.curves == (
        views_curve.PartCurve("validation", (0.80, 0.82, 0.83), 451),
        views_curve.PartCurve("test", (0.78, 0.79, 0.79), 452),
    )
    assert (found.low, found.high) == (pytest.approx(0.77), pytest.approx(0.84))


def test_the_seconds_stand_under_the_numbers_of_views():
    assert example().labels == ("0<br>1.0 s", "1<br>2.5 s", "2<br>4.0 s")


@pytest.mark.parametrize(
    ("views", "ticks"),
    [
        (0, (0,)),
        (1, (0, 1)),
        (4, (0, 1, 2, 4)),
        (8, (0, 1, 2, 4, 8)),
        (10, (0, 1, 2, 4, 10)),
        (32, (0, 1, 2, 4, 8, 16, 32)),
    ],
)
def test_the_last_number_has_a_tick_and_none_touches_it(views, ticks):
    seconds = [float(second) for second in range(1, views + 2)]
    assert views_curve.info({"validation": [0.5] * (views + 1)}, PHOTOS, seconds).ticks == ticks


def test_long_times_are_told_without_decimals_and_then_in_minutes():
    found = views_curve.info({"validation": (0.5, 0.5, 0.5)}, PHOTOS, (9.94, 90.2, 720.0))
    assert [label.partition("<br>")[2] for label in found.labels] == ["9.9 s", "90 s", "12 min"]


def test_the_axis_stays_inside_0_and_1():
    found = example(validation=(1.0, 1.0, 0.995))
    assert found.high == 1.0
    assert found.low == pytest.approx(0.985)


@pytest.mark.parametrize("curves", [{}, {"validation": (0.5,)}])
def test_curves_of_another_length_are_refused(curves):
    with pytest.raises(ValueError, match="an accuracy a view, 3 in all"):
        views_curve.info(curves, PHOTOS, (1.0, 2.0, 3.0))


@pytest.mark.parametrize("dark", [False, True])
def test_validation_and_test_are_lines_of_their_own_colours_with_the_plain_accuracy_dotted(dark):
    figure = views_curve.plot(example(), dark)
    validation, test = figure.data
    assert (validation.line.color, test.line.color) == (palette(dark).validation, palette(dark).test)
    assert test.line.width > validation.line.width
    assert list(validation.y) == pytest.approx([80, 82, 83])
    assert [shape.line.dash for shape in figure.layout.shapes] == ["dot", "dot"]
    assert [shape.y0 for shape in figure.layout.shapes] == pytest.approx([80, 78])


def test_without_test_no_word_of_it_is_in_the_picture():
    assert "test" not in views_curve.plot(example(validation=(0.8, 0.8, 0.8))).to_json()
