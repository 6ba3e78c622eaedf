"""core.augment.sampling: photos read between their pixels, with SciPy and Keras as oracles."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from core.augment import sampling
from core.augment.sampling import read_at, read_through

MODES = {"reflect": "reflect", "nearest": "nearest", "constant": "grid-constant"}
FILLS = (*MODES, "wrap")


def photos(n, height=12, width=17):
    return np.random.default_rng(0).uniform(0, 255, (n, height, width, 3)).astype(np.float32)


def matrices(n):
    """Far more than any recipe moves: turned, squeezed, moved by photos' lengths, tilted."""
    rng = np.random.default_rng(1)
    made = np.concatenate([rng.uniform(-2, 2, (n, 6)), rng.uniform(-0.02, 0.02, (n, 2))], axis=1).astype(np.float32)
    made[:, [2, 5]] *= 20
    return made


@pytest.mark.parametrize("fill", MODES)
def test_any_place_is_read_as_scipy_reads_it(fill):
    places = np.random.default_rng(2).uniform(-40, 60, (3, 12, 17, 2)).astype(np.float32)
    read = read_at(tf.constant(photos(3)), places, fill).numpy()
    for i, photo in enumerate(photos(3)):
        for channel in range(3):
            at = [places[i, ..., 1], places[i, ..., 0]]
            expected = scipy.ndimage.map_coordinates(photo[..., channel], at, order=1, mode=MODES[fill])
            np.testing.assert_allclose(read[i, ..., channel], expected, atol=0.01)


@pytest.mark.parametrize("fill", FILLS)
def test_a_photo_is_seen_through_a_matrix_as_keras_sees_it(fill):
    oracle = keras.ops.image.affine_transform(photos(40), matrices(40), interpolation="bilinear", fill_mode=fill)
    off = np.abs(read_through(tf.constant(photos(40)), matrices(40), fill) - oracle)
    # Where a place lies on the very border of two pixels or two mirror images, the last bit decides which.
    assert (off > 0.1).mean() < 0.002


@pytest.mark.parametrize("fill", FILLS)
def test_a_place_on_a_pixel_is_read_exactly_and_one_beyond_all_bounds_gives_a_number(fill):
    grid = np.stack(np.meshgrid(np.arange(17), np.arange(12)), axis=-1).astype(np.float32)[None].repeat(2, 0)
    np.testing.assert_array_equal(read_at(tf.constant(photos(2)), grid, fill), photos(2))
    for far in (grid * 1e30 - 1e29, (grid + 1) * np.float32(np.inf), grid - np.float32(1e7)):
        out = read_at(tf.constant(photos(2)), far, fill).numpy()
        assert np.isfinite(out).all()
        assert out.min() >= 0
        assert out.max() <= 255


@pytest.mark.parametrize("fill", FILLS)
def test_bytes_and_floats_give_the_same_bits(fill):
    whole = np.floor(photos(9, 30, 41))
    as_floats = read_through(tf.constant(whole), matrices(9), fill)
    np.testing.assert_array_equal(read_through(tf.constant(whole.astype(np.uint8)), matrices(9), fill), as_floats)


def test_the_bits_of_a_photo_depend_neither_on_its_company_nor_on_the_map():
    images, moves = tf.constant(photos(23)), matrices(23)
    together = read_through(images, moves, "reflect").numpy()
    for start, end in ((0, 1), (3, 10), (10, 23)):
        np.testing.assert_array_equal(read_through(images[start:end], moves[start:end], "reflect"), together[start:end])
    dataset = tf.data.Dataset.from_tensor_slices((images, moves)).batch(6)
    mapped = dataset.map(lambda *batch: read_through(*batch, "reflect"), num_parallel_calls=4)
    np.testing.assert_array_equal(np.concatenate(list(mapped.as_numpy_iterator())), together)


def test_without_a_compiler_about_the_same_is_computed(monkeypatch):
    images, moves = tf.constant(photos(5)), matrices(5)
    compiled = read_through(images, moves, "reflect")
    sampling._compiled.cache_clear()
    monkeypatch.setattr(sampling, "_xla", lambda: False)
    plain = read_through(images, moves, "reflect")
    sampling._compiled.cache_clear()
    assert (np.abs(compiled - plain) > 0.1).mean() < 0.002
