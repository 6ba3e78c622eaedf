"""Brightness, contrast, saturation, hue and grayscale: Keras's layers with draws of ours."""

import keras
import numpy as np
import pytest

from core.augment import OPERATIONS
from core.augment.registry import parameters
from core.augment.seeds import batch_seeds
from core.records import Step

COLOUR = [name for name, operation in OPERATIONS.items() if operation.group == "colour"]


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(0).uniform(0, 255, (400, 8, 8, 3)).astype(np.float32)


def step(operation, **values):
    entry = OPERATIONS[operation]
    return entry.implementation(parameters(Step(operation=operation, parameters=values)), 8, 8)


def drawn(operation, photos, **values):
    made = step(operation, **values)
    return made, made.draw(batch_seeds(0, 0, 0, [1])[0], photos)


def test_brightness_adds_the_same_to_every_pixel_of_a_photo(photos):
    made, draws = drawn("brightness", photos, darker=0.4, lighter=0.1)
    delta = draws["rgb_delta"].numpy()
    assert -102 <= delta.min() < -95
    assert 20 < delta.max() <= 25.5
    np.testing.assert_allclose(made.apply(photos, draws), np.clip(photos + delta, 0, 255), atol=1e-3)


def test_contrast_goes_both_ways(photos):
    made, draws = drawn("contrast", photos, amount=0.5)
    factor = draws["contrast_factor"].numpy()
    assert 0.5 <= factor.min() < 0.52
    assert 1.48 < factor.max() <= 1.5
    mean = photos.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(made.apply(photos, draws), np.clip((photos - mean) * factor + mean, 0, 255), atol=0.01)


def test_saturation_goes_both_ways_and_stays_in_the_range(photos):
    made, draws = drawn("saturation", photos, amount=0.6)
    factor = draws["factor"].numpy()
    assert factor.min() < 0.3
    assert factor.max() > 3.5
    assert abs(np.median(factor) - 1) < 0.15
    out = made.apply(photos, draws).numpy()
    assert out.min() >= -1e-3
    assert out.max() <= 255.001
    np.testing.assert_allclose(out.max(axis=-1), photos.max(axis=-1), atol=0.01)  # the value stays


def test_keras_own_value_range_would_let_saturation_leave_the_range(photos):
    # Why the step says value_range=(0, 1): should this fail, Keras has mended it and the step may be simplified.
    layer = keras.layers.RandomSaturation((0.8, 0.8), value_range=(0, 255))
    assert layer(photos, training=True).numpy().min() < -10


def test_hue_keeps_lightest_and_darkest_channel(photos):
    made, draws = drawn("hue", photos, amount=1.0)
    assert -0.5 <= draws["factor"].numpy().min() < -0.48
    assert 0.48 < draws["factor"].numpy().max() <= 0.5
    out = made.apply(photos, draws).numpy()
    np.testing.assert_allclose(out.max(axis=-1), photos.max(axis=-1), atol=0.05)
    np.testing.assert_allclose(out.min(axis=-1), photos.min(axis=-1), atol=0.05)
    assert np.abs(out - photos).max() > 100


def test_grayscale_takes_the_share_of_photos_it_is_given(photos):
    made, draws = drawn("grayscale", photos, chance=0.3)
    out = made.apply(photos, draws).numpy()
    grey = (out[..., 0] == out[..., 1]).all(axis=(1, 2)) & (out[..., 1] == out[..., 2]).all(axis=(1, 2))
    assert 0.22 < grey.mean() < 0.38
    np.testing.assert_array_equal(out[~grey], photos[~grey])


@pytest.mark.parametrize("operation", COLOUR)
def test_at_no_strength_nothing_changes(photos, operation):
    strength = OPERATIONS[operation].parameters
    none = {parameter.name: 0.0 for parameter in strength}
    made, draws = drawn(operation, photos, **none)
    np.testing.assert_allclose(made.apply(photos, draws), photos, atol=0.02)


@pytest.mark.parametrize("operation", COLOUR)
def test_the_layers_own_call_applies_what_we_apply(photos, operation):
    """Draw and apply apart are the layer's own two halves: with its generator replaced by ours, its call agrees."""
    made, draws = drawn(operation, photos)
    ours = made.apply(photos, draws).numpy()
    made.layer.generator = batch_seeds(0, 0, 0, [1])[0]
    np.testing.assert_allclose(made.layer(photos, training=True), ours, atol=1e-4)
