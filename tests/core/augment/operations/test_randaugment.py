"""RandAugment: which operations are drawn, how strong they are, and that photos stay with themselves."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from core.augment import OPERATIONS
from core.augment.operations.randaugment import KINDS
from core.augment.registry import parameters
from core.augment.seeds import batch_seeds
from core.records import Step

SIZE = 33


def step(**values):
    entry = OPERATIONS["randaugment"]
    return entry.implementation(parameters(Step(operation="randaugment", parameters=values)), SIZE, SIZE)


@pytest.fixture(scope="module")
def photo():
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.stack([40 + 5 * x, 30 + 4 * y, 200 - 3 * x], axis=-1).astype(np.uint8)


def alone(photo, kind, direction=1.0, **values):
    """The photo after one operation of that kind, in a batch beside others that must not touch each other."""
    kinds = np.array([KINDS.index("nothing"), KINDS.index(kind), KINDS.index("solarise")], np.int32)[:, None]
    directions = np.array([1.0, direction, 1.0], np.float32)[:, None]
    photos = tf.constant(np.stack([photo, photo, 255 - photo]), tf.float32)
    out = step(operations=1, **values).apply(photos, (kinds, directions)).numpy()
    np.testing.assert_array_equal(out[0], photo)
    return out[1]


def enhanced(enhancer, factor):
    return lambda image: enhancer(image).enhance(factor)


@pytest.mark.parametrize(
    ("kind", "direction", "change", "tolerance"),
    [
        ("nothing", 1, lambda image: image, 0),
        ("equalise", 1, ImageOps.equalize, 0),
        ("auto_contrast", 1, ImageOps.autocontrast, 1),
        ("posterise", 1, lambda image: ImageOps.posterize(image, 6), 0),
        ("solarise", 1, lambda image: ImageOps.solarize(image, 128), 0),
        ("sharpness", 1, enhanced(ImageEnhance.Sharpness, 1.45), 1),
        ("sharpness", -1, enhanced(ImageEnhance.Sharpness, 0.55), 1),
        ("brightness", 1, enhanced(ImageEnhance.Brightness, 1.45), 1),
        ("brightness", -1, enhanced(ImageEnhance.Brightness, 0.55), 1),
        ("rotate", 1, lambda image: image.rotate(15, Image.Resampling.BILINEAR), 2),
        ("rotate", -1, lambda image: image.rotate(-15, Image.Resampling.BILINEAR), 2),
    ],
)
def test_each_operation_is_pillows_at_half_magnitude(photo, kind, direction, change, tolerance):
    expected = np.asarray(change(Image.fromarray(photo))).astype(np.float32)
    inside = np.s_[8:-8, 8:-8]  # corners are filled otherwise, edges smoothed otherwise
    out = alone(photo, kind, direction, magnitude=5.0)
    np.testing.assert_allclose(out[inside], expected[inside], atol=tolerance + 1e-3)


def test_light_contrast_and_colour_go_both_ways(photo):
    def both(kind, measure):
        return measure(alone(photo, kind, -1)) < measure(photo.astype(np.float32)) < measure(alone(photo, kind, 1))

    assert both("brightness", np.mean)
    assert both("contrast", np.std)
    assert both("saturation", lambda pixels: np.ptp(pixels, axis=-1).mean())


@pytest.mark.parametrize(("kind", "axis"), [("shift_x", 1), ("shift_y", 0)])
def test_a_shift_moves_by_a_share_of_the_side(photo, kind, axis):
    out = alone(photo, kind, 1, magnitude=10 * 3 / 33 / 0.3)  # three pixels
    inside = np.s_[3:] if axis == 0 else np.s_[:, 3:]
    np.testing.assert_allclose(out[inside], np.roll(photo, 3, axis=axis)[inside], atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_at_magnitude_zero_only_those_without_a_strength_change_anything(photo, kind):
    out = alone(photo, kind, -1, magnitude=0.0)
    if kind in ("equalise", "auto_contrast"):
        assert (out != photo).any()
    else:
        np.testing.assert_allclose(out, photo, atol=0.02)


def test_all_operations_are_drawn_equally_often_and_apart_for_each_photo():
    made = step(operations=2)
    kind, direction = (part.numpy() for part in made.draw(batch_seeds(0, 0, 0, [1])[0], np.zeros((7000, 8, 8, 3))))
    counts = np.bincount(kind.ravel(), minlength=14)
    assert len(counts) == len(KINDS) == 14
    assert counts.min() > 850
    assert counts.max() < 1150
    assert abs(direction.mean()) < 0.05
    assert abs(np.corrcoef(kind.T)[0, 1]) < 0.05


def test_operations_follow_each_other_in_the_order_drawn(photo):
    kinds = np.array([[KINDS.index("solarise"), KINDS.index("equalise")]], np.int32)
    made = step(operations=2, magnitude=5.0)
    both = made.apply(tf.constant(photo[None], tf.float32), (kinds, np.ones((1, 2), np.float32))).numpy()
    expected = ImageOps.equalize(ImageOps.solarize(Image.fromarray(photo), 128))
    np.testing.assert_array_equal(both[0], np.asarray(expected))
