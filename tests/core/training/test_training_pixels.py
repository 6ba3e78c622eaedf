import hashlib

import numpy as np
import pytest
from PIL import Image

from core.errors import PhotoMissing, TrainingFailed
from core.settings import Settings
from core.training.pixels import decoded


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


def put(settings, array, kind="png"):
    """Stores a photo as an import would and returns its id."""
    photo = hashlib.sha256(array.tobytes()).hexdigest()
    path = settings.photos / photo[:2] / f"{photo}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return photo


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_photos_of_the_input_size_come_unchanged_in_the_order_asked(settings):
    photos = [noise(16, 16, seed) for seed in range(3)]
    ids = [put(settings, photo) for photo in photos]
    pixels = decoded(settings, [ids[2], ids[0], ids[1]], 16)
    assert (pixels.shape, pixels.dtype) == ((3, 16, 16, 3), np.uint8)
    np.testing.assert_array_equal(pixels, np.stack([photos[2], photos[0], photos[1]]))


def test_a_photo_of_another_shape_becomes_a_square_without_aliasing(settings):
    stripes = np.zeros((64, 128, 3), np.uint8)
    stripes[:, ::2] = 255  # one pixel wide: without antialiasing a shrunk photo is all black or all white
    pixels = decoded(settings, [put(settings, stripes)], 16)
    assert pixels.shape == (1, 16, 16, 3)
    assert abs(int(pixels[0, 8, 8, 0]) - 127) < 12


def test_photos_are_decoded_once_for_an_input_size(settings):
    photo = put(settings, noise(16, 16))
    first = decoded(settings, [photo], 16)
    next(settings.photos.rglob(f"{photo}.*")).unlink()
    np.testing.assert_array_equal(decoded(settings, [photo], 16), first)
    with pytest.raises(PhotoMissing):
        decoded(settings, [photo], 8)


def test_a_broken_photo_is_named(settings):
    photo = put(settings, noise(16, 16))
    next(settings.photos.rglob(f"{photo}.*")).write_bytes(b"no photo")
    with pytest.raises(TrainingFailed, match=photo):
        decoded(settings, [photo], 16)


def test_reading_stops_where_the_caller_says_so(settings):
    ids = [put(settings, noise(8, 8, seed)) for seed in range(3)]

    def tick(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        decoded(settings, ids, 8, tick)
    assert not list(settings.cache.rglob("*.npy"))
