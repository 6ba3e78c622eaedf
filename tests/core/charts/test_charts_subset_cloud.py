import numpy as np
import pytest

from core.charts import subset_cloud
from core.charts.subset_cloud import Mark, Spot

SIZES = [1, 1, 2]
RIGHT = [6, 7, 8]


def test_sets_of_one_size_and_accuracy_are_one_spot_that_counts_them():
    info = subset_cloud.info([1, 1, 1, 2], [5, 5, 7, 8], 10, {1: 2, 2: 3})
    assert info.spots == (Spot(1, 0.5, 2), Spot(1, 0.7, 1), Spot(2, 0.8, 1))
    assert info.best == (Mark(1, 0.7), Mark(2, 0.8))
    assert (info.test, info.on, info.photos) == ((), None, 10)


def test_thirty_thousand_sets_are_drawn_as_few_spots_and_none_is_lost():
    generator = np.random.default_rng(0)
    sizes, right = generator.integers(1, 16, 32767), generator.integers(4000, 9000, 32767)
    best = {size: int(np.flatnonzero(sizes == size)[right[sizes == size].argmax()]) for size in range(1, 16)}
    info = subset_cloud.info(sizes, right, 10_000, best)
    assert sum(spot.sets for spot in info.spots) == 32767
    assert len(info.spots) <= 15 * (subset_cloud.LEVELS + 1)
    assert max(mark.accuracy for mark in info.best) == right.max() / 10_000


def test_the_same_sets_on_test_and_the_set_that_is_on_are_marked():
    info = subset_cloud.info(SIZES, RIGHT, 10, {1: 1, 2: 2}, (2, 0.8), np.array([0.1, 0.2, 0.3]))
    assert info.test == (Mark(1, 0.2), Mark(2, 0.3))
    assert info.on == Mark(2, 0.8)


@pytest.mark.parametrize("dark", [False, True])
def test_the_best_of_each_size_is_a_line_and_the_best_single_member_a_level(dark):
    figure = subset_cloud.plot(subset_cloud.info(SIZES, RIGHT, 10, {1: 1, 2: 2}, (2, 0.8)), dark)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["best of each size"].y) == [70, 80]
    assert list(by_name["switched on now"].y) == [80]
    assert "the same sets on test" not in by_name
    assert figure.layout.annotations[0].text == "best single member 70.0 %"
    assert "1 set of 2 members: 80.0 %" in by_name["sets (the longer, the more)"].text
