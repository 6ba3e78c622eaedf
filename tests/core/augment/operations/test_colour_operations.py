"""The colour operations, with Keras, Pillow and SciPy as oracles."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from core.augment import OPERATIONS
from core.augment.operations.channel_shuffle import ORDERS
from core.augment.operations.equalise import equalised
from core.augment.operations.sharpen import sharpened
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
    weakest = {p.name: p.low for p in OPERATIONS[operation].parameters if p.low is not None}
    if operation == "posterise":
        weakest, photos = {"bits": 8}, np.floor(photos)
    made, draws = drawn(operation, photos, **weakest)
    np.testing.assert_allclose(made.apply(photos, draws), photos, atol=0.02)


@pytest.mark.parametrize("operation", [name for name in COLOUR if hasattr(step(name), "layer") and name != "solarise"])
def test_the_layers_own_call_applies_what_we_apply(photos, operation):
    """Draw and apply apart are the layer's own two halves: with its generator replaced by ours, its call agrees."""
    made, draws = drawn(operation, photos)
    ours = made.apply(photos, draws).numpy()
    made.layer.generator = batch_seeds(0, 0, 0, [1])[0]
    np.testing.assert_allclose(made.layer(photos, training=True), ours, atol=1e-4)


@pytest.fixture(scope="module")
def whole():
    """Photos of whole values, as Pillow's: noise, shades, dark shades, a flat one, two values, a single channel."""
    x, y = np.meshgrid(np.arange(24), np.arange(20))
    shades = np.stack([5 * x + 3 * y, 255 - 9 * x, (x * y) % 256], axis=-1)
    made = [np.random.default_rng(1).integers(0, 256, (20, 24, 3)), shades, shades // 5, np.full((20, 24, 3), 9)]
    made += [np.where(x > 3, 200, 40)[..., None].repeat(3, -1), shades * np.array([1, 0, 0])]
    return np.stack(made).astype(np.uint8)


def pillow(photos, change):
    return np.stack([np.asarray(change(Image.fromarray(photo))) for photo in photos]).astype(np.float32)


def test_equalise_is_pillows(whole):
    np.testing.assert_array_equal(equalised(tf.constant(whole, tf.float32)), pillow(whole, ImageOps.equalize))
    halfway = step("equalise").apply(tf.constant(whole, tf.float32), np.full((6, 1, 1, 1), 0.5, np.float32))
    np.testing.assert_allclose(halfway, (whole + pillow(whole, ImageOps.equalize)) / 2, atol=1e-4)


def test_keras_equalization_would_make_a_photo_depend_on_its_company(whole):
    # Why equalise is ours: should this fail, Keras has mended it and its layer may take over.
    layer, photos = keras.layers.Equalization(), whole.astype(np.float32)
    assert np.abs(layer(photos)[:1] - layer(photos[:1])).max() > 5


def test_posterise_is_pillows(whole):
    made = step("posterise")
    for bits in (1, 3, 4, 8):
        out = made.apply(whole.astype(np.float32), {"shift_factor": np.full(6, 8 - bits, np.uint8)})
        np.testing.assert_array_equal(out, pillow(whole, lambda photo, bits=bits: ImageOps.posterize(photo, bits)))


def test_posterise_draws_from_the_fewest_bits_to_all_eight(photos):
    _, draws = drawn("posterise", photos, bits=3)
    bits, counts = np.unique(8 - draws["shift_factor"].numpy(), return_counts=True)
    assert bits.tolist() == [3, 4, 5, 6, 7, 8]
    assert counts.min() > 40


def test_solarise_is_pillows(whole):
    made = step("solarise")
    for threshold in (0, 100, 128, 256):
        out = made.apply(whole.astype(np.float32), np.full((6, 1, 1, 1), threshold, np.float32))
        expected = pillow(whole, lambda photo, threshold=threshold: ImageOps.solarize(photo, threshold))
        np.testing.assert_array_equal(out, expected)


def test_solarise_draws_thresholds_from_the_light_end(photos):
    _, thresholds = drawn("solarise", photos, amount=0.25)
    assert 192 <= thresholds.numpy().min() < 194
    assert 254 < thresholds.numpy().max() <= 256


def test_keras_solarization_would_draw_below_its_lower_end(photos):
    # Why solarise draws itself: the lower end is not brought into 0..255.
    draws = keras.layers.Solarization(0.0, (0.5, 1.0)).get_random_transformation(photos, seed=3)
    assert draws["thresholds"].numpy().min() < 100


def test_invert_is_pillows(whole):
    chosen = np.array([True, True, True, False, True, False])
    expected = np.where(chosen[:, None, None, None], pillow(whole, ImageOps.invert), whole)
    np.testing.assert_array_equal(step("invert").apply(whole.astype(np.float32), {"apply_inversion": chosen}), expected)


def test_invert_and_swapped_channels_take_the_share_of_photos_they_are_given(photos):
    _, draws = drawn("invert", photos, chance=0.3)
    assert 0.22 < draws["apply_inversion"].numpy().mean() < 0.38
    _, draws = drawn("channel_shuffle", photos, chance=0.3)
    assert 0.22 < (draws.numpy() > 0).mean() < 0.38
    assert set(draws.numpy()) == set(range(6))


def test_swapped_channels_are_the_orders_of_the_table_exactly(photos):
    out = step("channel_shuffle").apply(photos[:6], np.arange(6, dtype=np.int32)).numpy()
    for i, order in enumerate(ORDERS):
        np.testing.assert_array_equal(out[i], photos[i][..., order])
    assert len({tuple(order) for order in ORDERS}) == 6


@pytest.mark.parametrize("deviation", [0.0, 0.4, 1.0, 3.0])
def test_blur_is_scipys_gaussian(whole, deviation):
    made = OPERATIONS["blur"].implementation({"amount": 0.05}, 20, 24)
    out = made.apply(whole.astype(np.float32), np.full(6, deviation, np.float32)).numpy()
    for i, photo in enumerate(whole.astype(np.float64)):
        expected = scipy.ndimage.gaussian_filter(photo, (deviation, deviation, 0), mode="reflect", truncate=6)
        np.testing.assert_allclose(out[i], expected, atol=0.02)


def test_each_photo_is_blurred_by_its_own_draw(photos):
    _, deviation = drawn("blur", photos, amount=0.05)
    assert deviation.numpy().min() < 0.01
    assert 0.39 < deviation.numpy().max() <= 0.4
    assert len(np.unique(deviation)) > 390


def test_keras_blur_and_sharpness_would_frame_a_photo():
    # Why blur and sharpen are ours: beyond the edge these layers see black.
    flat = np.full((1, 9, 9, 3), 100.0, np.float32)
    blurred = keras.layers.RandomGaussianBlur((1.0, 1.0), 5, (1.0, 1.0))(flat, training=True).numpy()
    assert blurred[0, 0, 0, 0] < 70
    assert keras.layers.RandomSharpness((1.0, 1.0))(flat, training=True).numpy()[0, 0, 0, 0] > 120


def test_sharpen_is_pillows_inside_and_no_frame_at_the_edge(whole):
    out = sharpened(tf.constant(whole, tf.float32), np.ones((6, 1, 1, 1), np.float32)).numpy()
    expected = pillow(whole, lambda photo: ImageEnhance.Sharpness(photo).enhance(2.0))
    np.testing.assert_allclose(out[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1.01)  # Pillow rounds twice
    np.testing.assert_allclose(out[3], 9.0, rtol=1e-5)


def test_noise_has_the_strength_that_was_drawn_for_each_photo():
    grey = np.full((4, 64, 64, 3), 128.0, np.float32)
    made, (strength, noise) = drawn("noise", grey, amount=0.1)
    assert strength.numpy().min() >= 0
    assert strength.numpy().max() <= 25.5
    out = made.apply(grey, (np.array([0, 5, 10, 20], np.float32).reshape(4, 1, 1, 1), noise)).numpy()
    np.testing.assert_allclose(out.std(axis=(1, 2, 3)), [0, 5, 10, 20], rtol=0.03)
    np.testing.assert_allclose(out.mean(axis=(1, 2, 3)), 128, atol=0.7)
    assert (out[1:, ..., 0] != out[1:, ..., 1]).any()


def test_noise_without_colour_leaves_a_grey_photo_grey():
    grey = np.full((4, 16, 16, 3), 128.0, np.float32)
    made, draws = drawn("noise", grey, coloured=False)
    out = made.apply(grey, draws).numpy()
    np.testing.assert_array_equal(out[..., 0], out[..., 2])
    assert out.std() > 1
