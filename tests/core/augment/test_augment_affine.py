"""core.augment.affine and the geometric operations, with Keras's layers as the oracle."""

import math

import keras
import numpy as np
import pytest

from core.augment import OPERATIONS
from core.augment.affine import about_centre, compose, resample, tilt, translation
from core.augment.pipeline import Augmenter
from core.augment.registry import parameters
from core.records import Recipe, Step

HEIGHT, WIDTH = 30, 42


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (5, HEIGHT, WIDTH, 3)).astype(np.float32)


def smooth_photos():
    """Photos in which interpolating twice loses little."""
    x, y = np.meshgrid(np.arange(96), np.arange(96))
    waves = [127 + 60 * np.sin(x / 9 + k) + 60 * np.cos(y / 11 - k) for k in range(3)]
    return np.stack([np.stack(waves, axis=-1)] * 4).astype(np.float32)


def step(operation, height=HEIGHT, width=WIDTH, **values):
    entry = OPERATIONS[operation]
    return entry.implementation(parameters(Step(operation=operation, parameters=values)), height, width)


def column(*values):
    return keras.ops.convert_to_tensor(np.array(values, np.float32))


def seen_through(photos, matrix, fill="reflect"):
    return resample(keras.ops.convert_to_tensor(photos), matrix, fill).numpy()


@pytest.mark.parametrize("fill", ["reflect", "nearest", "wrap", "constant"])
@pytest.mark.parametrize("degrees", [0, 17, -90, 180, 300])
def test_rotation_is_keras_rotation(photos, degrees, fill):
    oracle = keras.layers.RandomRotation((degrees / 360, degrees / 360), fill_mode=fill)(photos, training=True)
    ours = seen_through(photos, step("rotation").matrix(column(*[math.radians(degrees)] * 5)), fill)
    np.testing.assert_allclose(ours, oracle, atol=0.05)


@pytest.mark.parametrize("share", [(0.1, -0.2), (0.5, 0.0), (-0.33, 0.33)])
def test_shift_is_keras_translation(photos, share):
    x, y = share
    oracle = keras.layers.RandomTranslation((y, y), (x, x))(photos, training=True)
    ours = seen_through(photos, step("shift").matrix((column(*[x] * 5), column(*[y] * 5))))
    np.testing.assert_allclose(ours, oracle, atol=0.05)


@pytest.mark.parametrize("shown", [(0.7, 0.7), (1.3, 1.3), (0.5, 1.2)])
def test_zoom_is_keras_zoom(photos, shown):
    x, y = shown
    oracle = keras.layers.RandomZoom((y - 1, y - 1), (x - 1, x - 1))(photos, training=True)
    ours = seen_through(photos, step("zoom").matrix((column(*[x] * 5), column(*[y] * 5))))
    np.testing.assert_allclose(ours, oracle, atol=0.05)


def test_shear_is_keras_shear_about_the_centre():
    # RandomShear shears about the corner, so the oracle is shifted there and back.
    x, y = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    there, back = translation(column(x), column(y)), translation(column(-x), column(-y))
    layer = keras.layers.RandomShear()
    corner = keras.ops.concatenate([layer._get_shear_matrix(column(0.2, 0.0)[None]), column(1.0)[None]], axis=1)
    oracle = compose([back, keras.ops.reshape(corner, (1, 3, 3)), there])
    ours = step("shear").matrix((column(0.2), column(0.0)))
    np.testing.assert_allclose(ours, oracle, atol=1e-5)


@pytest.mark.parametrize(("operation", "axis"), [("horizontal_flip", 2), ("vertical_flip", 1)])
def test_flips_are_exact(photos, operation, axis):
    ours = seen_through(photos, step(operation).matrix(column(-1, 1, -1, 1, 1)))
    expected = photos.copy()
    expected[[0, 2]] = np.flip(photos[[0, 2]], axis=axis)
    np.testing.assert_array_equal(ours, expected)


def test_no_movement_changes_no_value(photos):
    identity = about_centre(column(1, 1, 1, 1, 1), 0, 0, 1, HEIGHT, WIDTH)
    np.testing.assert_array_equal(seen_through(photos, identity), photos)


def seen_at(matrix, points):
    """Where the places `points` (k, 2) are read from."""
    read = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ np.asarray(matrix, np.float64).T
    return (read[:, :2] / read[:, 2:]).astype(np.float32)


@pytest.mark.parametrize(("x", "y"), [(0.2, 0.0), (0.0, -0.3), (0.25, 0.15), (0.0, 0.0)])
def test_perspective_is_keras_perspective_transform_of_the_corners(photos, x, y):
    matrix = step("perspective").matrix((column(*[x] * 5), column(*[y] * 5)))
    corners = np.array([[0, 0], [WIDTH - 1, 0], [0, HEIGHT - 1], [WIDTH - 1, HEIGHT - 1]], np.float32)
    read = seen_at(matrix[0], corners)
    oracle = keras.ops.image.perspective_transform(photos, *(np.stack([ends] * 5) for ends in (read, corners)))
    np.testing.assert_allclose(seen_through(photos, matrix, "constant"), oracle, atol=0.1)


def test_a_tilted_photo_keeps_its_centre_and_shows_more_at_the_far_edge():
    matrix = tilt(column(0.3), column(0.0), HEIGHT, WIDTH)[0]
    x, y = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    np.testing.assert_allclose(seen_at(matrix, np.array([[x, y]])), [[x, y]], atol=1e-4)
    left_top, left_bottom, right_top, right_bottom = seen_at(
        matrix, np.array([[0, 0], [0, 2 * y], [2 * x, 0], [2 * x, 2 * y]])
    )
    assert left_bottom[1] - left_top[1] == pytest.approx(2 * y / 0.7, rel=1e-4)
    assert right_bottom[1] - right_top[1] == pytest.approx(2 * y / 1.3, rel=1e-4)


def test_a_tilt_fused_with_other_steps_is_divided_by_its_last_entry():
    photos = smooth_photos()
    matrices = [
        step("perspective", 96, 96).matrix((column(0.2, -0.1, 0.3, 0.0), column(0.1, 0.2, 0.0, -0.3))),
        step("shift", 96, 96).matrix((column(0.05, -0.1, 0.1, 0.02), column(0.1, 0.03, -0.1, 0.0))),
        step("rotation", 96, 96).matrix(column(0.3, -0.2, 0.1, 0.0)),
    ]
    one_by_one = photos
    for matrix in matrices:
        one_by_one = seen_through(one_by_one, matrix)
    assert np.abs(compose(matrices)[:, 2, 2] - 1).max() > 0.01
    inside = np.s_[:, 28:68, 28:68]
    np.testing.assert_allclose(seen_through(photos, compose(matrices))[inside], one_by_one[inside], atol=2.0)


def test_fused_steps_equal_the_steps_one_by_one():
    photos = smooth_photos()
    draws = {
        "rotation": column(0.3, -0.2, 0.1, 0.0),
        "shift": (column(0.05, -0.1, 0.0, 0.02), column(0.1, 0.03, -0.04, 0.0)),
        "zoom": (column(0.8, 0.9, 1.0, 0.7), column(0.8, 0.9, 1.0, 0.7)),
        "horizontal_flip": column(-1, 1, -1, 1),
    }
    matrices = [step(name, 96, 96).matrix(drawn) for name, drawn in draws.items()]
    one_by_one = photos
    for matrix in matrices:
        one_by_one = seen_through(one_by_one, matrix)
    fused = seen_through(photos, compose(matrices))
    inside = np.s_[:, 28:68, 28:68]  # at the rim each step mirrors anew, the fused one once
    np.testing.assert_allclose(fused[inside], one_by_one[inside], atol=2.0)


def test_the_order_of_steps_matters_and_is_kept():
    photos = smooth_photos()
    first, second = step("rotation", 96, 96).matrix(column(*[0.5] * 4)), translation(*[column(*[9.0] * 4)] * 2)
    expected = seen_through(seen_through(photos, first), second)[:, 30:66, 30:66]
    fused = seen_through(photos, compose([first, second]))[:, 30:66, 30:66]
    swapped = seen_through(photos, compose([second, first]))[:, 30:66, 30:66]
    assert np.abs(fused - expected).max() < 2 < np.abs(swapped - expected).max()


def test_consecutive_steps_with_one_fill_are_one_resampling_and_another_fill_starts_a_new_one():
    def stages(*steps):
        return len(Augmenter(Recipe(steps=steps), 0, 32, 32, 2)._stages)

    turn, move, flip = (Step(operation=name) for name in ("rotation", "shift", "vertical_flip"))
    black = Step(operation="zoom", parameters={"fill": "constant"})
    assert stages(flip, turn, move, flip) == 1
    assert stages(turn, flip, black, move) == 3
    assert stages(turn, Step(operation="brightness"), move) == 3
