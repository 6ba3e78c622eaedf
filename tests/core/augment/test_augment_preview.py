"""core.augment.preview: what the preview shows is what training does."""

import numpy as np
import tensorflow as tf

from core.augment import BUILT_IN
from core.augment.pipeline import Augmenter
from core.augment.preview import draws
from core.records import Recipe

ADVANCED = BUILT_IN[-1]


def photos(n=12, size=32):
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8), rng.integers(0, 8, n)


def test_each_draw_is_the_first_batch_of_an_epoch_bit_for_bit():
    images, labels = photos()
    shown, shown_labels = draws(ADVANCED, images, labels, classes=8, seed=4, draws=3)
    assert shown.shape == (3, 12, 32, 32, 3)
    assert shown.dtype == np.uint8
    assert shown_labels.shape == (3, 12, 8)
    assert shown_labels.dtype == np.float32
    augmenter = Augmenter(ADVANCED, 4, 32, 32, 8)
    batches = tf.data.Dataset.from_tensor_slices((images, tf.one_hot(labels, 8))).batch(12).enumerate()
    for epoch in range(3):
        mapped = batches.map(
            lambda i, pair, epoch=tf.constant(epoch): augmenter(tf.cast(pair[0], tf.float32), pair[1], epoch, i),
            num_parallel_calls=2,
        )
        trained, trained_labels = next(iter(mapped))
        np.testing.assert_array_equal(shown[epoch], np.rint(trained).astype(np.uint8))
        np.testing.assert_array_equal(shown_labels[epoch], trained_labels)


def test_more_draws_leave_the_first_ones_as_they_are():
    images, labels = photos(3)
    few, many = draws(ADVANCED, images, labels, 8, 0, draws=2), draws(ADVANCED, images, labels, 8, 0, draws=4)
    np.testing.assert_array_equal(few[0], many[0][:2])


def test_without_steps_the_originals_are_shown():
    images, labels = photos(3)
    shown, shown_labels = draws(Recipe(), images, labels, 8, 0, draws=2)
    np.testing.assert_array_equal(shown, np.stack([images, images]))
    np.testing.assert_array_equal(shown_labels[0], np.eye(8)[labels])
