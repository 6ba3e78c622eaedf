"""The real handwritten digits that scikit-learn brings."""

import hashlib

import numpy as np

from core.datasets import digits


def test_there_are_1797_digits_of_ten_classes():
    labels = digits.labels()
    assert len(labels) == 1797
    assert sorted(set(labels.tolist())) == [int(name) for name in digits.CLASSES]


def test_a_digit_is_a_grey_rgb_photo_of_32_px_with_dark_ground_and_bright_ink():
    photo = digits.draw(0)
    assert photo.shape == (32, 32, 3)
    assert photo.dtype == np.uint8
    assert (photo[..., 0] == photo[..., 2]).all()
    assert photo[:, :2].max() < 40
    assert photo.max() > 200


def test_an_id_is_the_hash_of_the_index():
    assert digits.photo_id(5) == hashlib.sha256(b"digits/1/5").hexdigest()
