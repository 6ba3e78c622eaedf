"""Elastic: a net of knots that moves, smoothly, and hardly more than it may."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from core.augment import OPERATIONS
from core.augment.registry import parameters
from core.augment.seeds import batch_seeds
from core.records import Step

HEIGHT, WIDTH = 40, 60


def step(**values):
    values = parameters(Step(operation="elastic", parameters=values))
    return OPERATIONS["elastic"].implementation(values, HEIGHT, WIDTH)


def photos(n):
    return np.random.default_rng(0).uniform(0, 255, (n, HEIGHT, WIDTH, 3)).astype(np.float32)


def test_a_net_that_moves_as_a_whole_shifts_the_photo():
    out = step(amount=0.1, waves=3).apply(tf.constant(photos(1)), np.full((1, 4, 4, 2), 0.5, np.float32)).numpy()
    np.testing.assert_allclose(out[:, :38, :57], photos(1)[:, 2:, 3:], atol=0.01)  # half of 10 % of each side


def test_the_photo_is_read_where_the_net_says():
    made = step(amount=0.1, waves=3)
    draws = made.draw(batch_seeds(0, 0, 0, [1])[0], photos(2))
    moved, out = made.moved(draws).numpy(), made.apply(tf.constant(photos(2)), draws).numpy()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for i, photo in enumerate(photos(2)):
        places = [y + moved[i, ..., 1], x + moved[i, ..., 0]]
        expected = scipy.ndimage.map_coordinates(photo[..., 0], places, order=1, mode="reflect")
        np.testing.assert_allclose(out[i, ..., 0], expected, atol=0.02)


def test_knots_move_the_pixels_they_lie_on_and_the_corners_are_knots():
    draws = np.zeros((1, 4, 4, 2), np.float32)
    draws[0, 0, 0], draws[0, 3, 3] = [1.0, 0.0], [0.0, -1.0]
    moved = step(amount=0.1, waves=3).moved(draws).numpy()[0]
    np.testing.assert_allclose(moved[0, 0], [6, 0], atol=1e-4)
    np.testing.assert_allclose(moved[-1, -1], [0, -4], atol=1e-4)


@pytest.mark.parametrize("waves", [1, 4, 12])
def test_the_net_is_smooth_and_moves_hardly_more_than_it_may(waves):
    made = step(amount=0.1, waves=waves)
    moved = made.moved(made.draw(batch_seeds(0, 0, 0, [1])[0], photos(20))).numpy() / [6, 4]
    assert 0.9 < np.abs(moved).max() < 1.4
    assert np.abs(np.diff(moved, axis=2)).max() < 2 * 2 * waves / WIDTH
