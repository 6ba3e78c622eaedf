import pytest

from core.charts import freeze_sweep
from core.charts.colours import palette


def example():
    return freeze_sweep.info(
        [6, 10, 13],
        [(0.70, 0.72), (0.80, 0.84), (0.78,)],
        [9e6, 7e6, 5e6],
        chosen=10,
        twins=[(6,), (10, 11), (12, 13, 14)],
    )


def test_each_cut_has_its_seeds_their_mean_and_its_twins():
    found = example()
    assert [point.label for point in found.cuts] == ["6", "10 = 11", "13 (12–14)"]
    assert [point.chosen for point in found.cuts] == [False, True, False]
    assert found.cuts[1].mean == pytest.approx(0.82)
    assert found.cuts[1].accuracies == (0.80, 0.84)
    assert (found.low, found.high) == (pytest.approx(0.70 - 0.021), pytest.approx(0.84 + 0.021))


def test_the_axis_stays_inside_0_and_1_and_one_seed_alone_has_room():
    found = freeze_sweep.info([0, 4], [(1.0,), (0.995,)], [2, 1], chosen=0)
    assert found.high == 1.0
    assert found.low == pytest.approx(0.985)


@pytest.mark.parametrize("dark", [False, True])
def test_accuracy_is_drawn_in_validation_colour_and_weights_in_that_of_thawing(dark):
    bars, mean, seeds = freeze_sweep.plot(example(), dark).data
    assert bars.marker.color == palette(dark).thawing
    assert mean.line.color == palette(dark).validation
    assert list(bars.y) == [9.0, 7.0, 5.0]
    assert list(mean.y) == pytest.approx([71, 82, 78])
    assert len(seeds.x) == 5
