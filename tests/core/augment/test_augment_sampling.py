"""core.augment.sampling: photos read at arbitrary places, with SciPy as the oracle."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from core.augment.sampling import sample

MODES = {"reflect": "reflect", "nearest": "nearest", "wrap": "grid-wrap", "constant": "grid-constant"}


@pytest.mark.parametrize("fill", MODES)
def test_any_place_is_read_as_scipy_reads_it(fill):
    rng = np.random.default_rng(0)
    photos = rng.uniform(0, 255, (3, 12, 17, 3)).astype(np.float32)
    x, y = (rng.uniform(-40, 60, (3, 12, 17)).astype(np.float32) for _ in range(2))
    read = sample(tf.constant(photos), x, y, fill).numpy()
    for i, photo in enumerate(photos):
        for channel in range(3):
            expected = scipy.ndimage.map_coordinates(photo[..., channel], [y[i], x[i]], order=1, mode=MODES[fill])
            np.testing.assert_allclose(read[i, ..., channel], expected, atol=0.01)


@pytest.mark.parametrize("fill", MODES)
def test_a_place_on_a_pixel_is_read_exactly_and_one_beyond_all_bounds_gives_a_number(fill):
    photos = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32))
    x, y = (place.astype(np.float32)[None].repeat(2, 0) for place in np.meshgrid(np.arange(9), np.arange(9)))
    np.testing.assert_array_equal(sample(photos, x, y, fill), photos)
    far = sample(photos, x * 1e30, y - 1e30, fill).numpy()
    assert np.isfinite(far).all()
    assert far.min() >= 0
    assert far.max() <= 255
