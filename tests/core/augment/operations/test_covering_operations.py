"""Cutout, GridMask and random erasing: where they cover, how much, and with what."""

import keras
import numpy as np
import pytest

from core.augment import OPERATIONS
from core.augment.registry import parameters
from core.augment.seeds import batch_seeds
from core.records import Step


def step(operation, height=96, width=96, **values):
    entry = OPERATIONS[operation]
    return entry.implementation(parameters(Step(operation=operation, parameters=values)), height, width)


def seeds(epoch=0):
    return batch_seeds(0, epoch, 0, [7])[0]


def whole(*rows):
    return keras.ops.convert_to_tensor(np.array(rows, np.int32))


def test_a_hole_inside_the_photo_has_the_side_it_was_given():
    cutout = step("cutout", size=0.25)
    masked = cutout.masked((whole([40], [50]), whole([48], [30]))).numpy()[..., 0]
    assert masked.sum(axis=(1, 2)).tolist() == [24 * 24, 24 * 24]
    assert masked[0, 48 - 12 : 48 + 12, 40 - 12 : 40 + 12].all()


def test_a_hole_at_the_corner_is_cut_off_there():
    masked = step("cutout", size=0.25).masked((whole([0]), whole([95]))).numpy()
    assert masked.sum() == 12 * 13


def test_holes_are_counted_and_may_overlap():
    cutout = step("cutout", size=0.25, holes=2)
    apart, same = cutout.masked((whole([20, 70], [20, 20]), whole([20, 70], [20, 20]))).numpy().sum(axis=(1, 2, 3))
    assert (apart, same) == (2 * 24 * 24, 24 * 24)


def test_the_holes_side_is_a_share_of_the_shorter_side():
    masked = step("cutout", height=40, width=100, size=0.5).masked((whole([50]), whole([20]))).numpy()
    assert masked.sum() == 20 * 20


def test_holes_fall_everywhere_on_the_photo():
    x, y = step("cutout").draw(seeds(), keras.ops.zeros((4000, 96, 96, 3)))
    for centre in (x.numpy(), y.numpy()):
        assert centre.min() == 0
        assert centre.max() == 95
        assert abs(centre.mean() - 47.5) < 2


@pytest.mark.parametrize(("colour", "expected"), [("grey", 127.5), ("black", 0.0), ("mean", 60.0)])
def test_what_is_covered_has_the_chosen_colour_and_the_rest_is_untouched(colour, expected):
    photos = np.full((1, 32, 32, 3), 60.0, np.float32)
    cutout = step("cutout", 32, 32, size=0.25, cover=colour)
    out = cutout.apply(keras.ops.convert_to_tensor(photos), (whole([16]), whole([16]))).numpy()
    np.testing.assert_allclose(out[0, 12:20, 12:20], expected, rtol=1e-6)
    assert (np.delete(out[0], np.s_[12:20], axis=0) == 60).all()


def grid(photos=1, **values):
    gridmask = step("gridmask", **values)
    return gridmask, gridmask.draw(seeds(), keras.ops.zeros((photos, 96, 96, 3)))


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.8])
def test_gridmask_keeps_the_papers_share(keep):
    gridmask, draws = grid(300, keep=keep, period_low=0.2, period_high=0.5)
    kept = 1 - gridmask.masked(draws).numpy().mean()
    assert abs(kept - (1 - (1 - keep) ** 2)) < 0.01


def test_an_unturned_grid_repeats_with_its_period_in_both_directions():
    gridmask, _ = grid(keep=0.5)
    period, zero = (keras.ops.convert_to_tensor(np.array([v], np.float32)) for v in (16, 0))
    masked = gridmask.masked((period, zero, zero, zero)).numpy()[0, :, :, 0]
    np.testing.assert_array_equal(masked[16:], masked[:-16])
    np.testing.assert_array_equal(masked[:, 16:], masked[:, :-16])
    assert masked.mean() == 0.25


def test_gridmask_draws_periods_offsets_and_angles_within_their_ranges():
    _, (period, x, y, angle) = grid(2000, period_low=0.25, period_high=0.5, rotation=45.0)
    assert 24 <= period.numpy().min() < 25
    assert 47 < period.numpy().max() <= 48
    for offset in (x.numpy(), y.numpy()):
        assert 0 <= offset.min() < 0.01
        assert 0.99 < offset.max() <= 1
    assert 0.75 < np.abs(angle).max() <= np.pi / 4


def erased(photos=2000, height=40, width=60, **values):
    """Where, what share of the photo, and how wide a height the rectangles are that are really covered."""
    made = step("random_erasing", height, width, cover="black", **values)
    masked = made.masked(made.draw(seeds(), keras.ops.zeros((photos, height, width, 3)))).numpy()[..., 0]
    wide, high = masked.any(axis=1).sum(axis=1), masked.any(axis=2).sum(axis=1)
    np.testing.assert_array_equal(masked.sum(axis=(1, 2)), wide * high)  # full rectangles, inside the photo
    return masked, wide * high / (height * width), wide / high


def test_erased_rectangles_have_the_areas_and_shapes_they_were_given():
    _, area, shape = erased(area_low=0.02, area_high=0.3, stretch=3.0)
    assert 0.015 < area.min() < 0.03
    assert 0.28 < area.max() < 0.32
    assert abs(area.mean() - 0.16) < 0.01
    assert 1 / 3.7 < shape.min() < 1 / 2.7
    assert 2.7 < shape.max() < 3.7
    assert abs(np.log(shape).mean()) < 0.05  # upright as often as lying


def test_erased_rectangles_fall_everywhere_on_the_photo():
    masked, _, _ = erased(area_low=0.02, area_high=0.02, stretch=1.0)
    assert masked[:, 0, 0].any()
    assert masked[:, -1, -1].any()
    assert masked.any(axis=0).all()


def test_an_erased_rectangle_that_doesnt_fit_is_cut_to_the_photos_side():
    masked, area, _ = erased(300, 8, 60, area_low=0.9, area_high=0.9, stretch=10.0)
    assert masked.any(axis=2).all(axis=1).any()
    assert area.max() <= 1


@pytest.mark.parametrize(("colour", "expected"), [("grey", 127.5), ("black", 0.0), ("mean", 60.0), ("noise", None)])
def test_what_is_erased_has_the_chosen_colour_and_the_rest_is_untouched(colour, expected):
    photos = keras.ops.full((3, 16, 16, 3), 60.0)
    made = step("random_erasing", 16, 16, cover=colour)
    draws = made.draw(seeds(), photos)
    masked, out = made.masked(draws).numpy()[..., 0], made.apply(photos, draws).numpy()
    assert (out[~masked] == 60).all()
    if expected is None:
        assert len(np.unique(out[masked])) > 0.9 * out[masked].size
        assert abs(out[masked].mean() - 127.5) < 15
    else:
        np.testing.assert_allclose(out[masked], expected, rtol=1e-6)
