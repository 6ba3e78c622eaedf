import numpy as np
import pytest

from core.training.epoch import order, steps
from core.training.input import batches

PIXELS = np.arange(10 * 2 * 2 * 3, dtype=np.uint8).reshape(10, 2, 2, 3)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])


def read(**changes):
    arguments = {"augmenter": None, "batch_size": 4, "seed": 3, "epoch": 1, "shuffle": True, "epochs": 3} | changes
    dataset = batches(PIXELS, LABELS, 3, **arguments)
    return [tuple(np.asarray(part) for part in batch) for batch in dataset]


def noisy(images, labels, epoch, batch):
    """Stands for an augmenter: adds what tells which epoch and batch it was called for."""
    import tensorflow as tf

    return tf.cast(images, tf.float32) + 1000.0 * tf.cast(epoch, tf.float32) + 100.0 * tf.cast(
        batch, tf.float32
    ), labels


def test_every_epoch_visits_every_photo_once_in_an_order_of_its_own():
    found = read()
    assert [len(batch[0]) for batch in found] == [4, 4, 2] * 3
    epochs = [np.concatenate([batch[0] for batch in found[start : start + 3]])[:, 0, 0, 0] for start in (0, 3, 6)]
    for visited in epochs:
        assert sorted(visited) == PIXELS[:, 0, 0, 0].tolist()
    assert epochs[0].tolist() != epochs[1].tolist() != epochs[2].tolist()


def test_photos_keep_their_labels_and_come_as_float_with_one_hot_labels():
    for photos, labels in read():
        assert (photos.dtype, labels.dtype) == (np.float32, np.float32)
        rows = photos[:, 0, 0, 0].astype(int) // 12
        np.testing.assert_array_equal(photos, PIXELS[rows])
        np.testing.assert_array_equal(labels, np.eye(3)[LABELS[rows]])


@pytest.mark.parametrize("augmenter", [None, noisy])
def test_a_stream_that_starts_later_shows_what_the_whole_one_shows_then(augmenter):
    whole = read(augmenter=augmenter)
    later = read(augmenter=augmenter, epoch=2, epochs=2)
    for one, other in zip(whole[3:], later, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_the_augmenter_is_told_the_epoch_and_the_batch_within_it():
    photos = [batch[0] for batch in read(augmenter=noisy, shuffle=False)]
    added = [int((batch - batch % 100).min()) for batch in photos]
    assert [value // 1000 for value in added] == [1] * 3 + [2] * 3 + [3] * 3
    rows = np.concatenate([PIXELS] * 3).astype(np.float32)
    told = np.concatenate(photos) - rows
    assert sorted(np.unique(told)) == [1000, 1100, 1200, 2000, 2100, 2200, 3000, 3100, 3200]


def test_only_the_rows_named_take_part():
    seen = np.concatenate([batch[0] for batch in read(rows=np.array([1, 5, 7]), epochs=1)])
    assert sorted(seen[:, 0, 0, 0].astype(int) // 12) == [1, 5, 7]


def test_class_weights_follow_the_shares_of_a_mixed_label():
    def mixing(images, labels, *_):
        return images, 0.75 * labels + 0.25 * labels[::-1]

    for _, labels, weights in read(augmenter=mixing, class_weights=np.array([1.0, 2.0, 4.0])):
        np.testing.assert_allclose(weights, labels @ [1.0, 2.0, 4.0], rtol=1e-6)


def test_features_of_a_frozen_prefix_are_batched_like_photos():
    features = np.random.default_rng(0).normal(size=(10, 5)).astype(np.float32)
    found = np.concatenate([np.asarray(b[0]) for b in batches(features, LABELS, 3, None, 4, 0, 1, False)])
    np.testing.assert_array_equal(found, features)


def test_the_order_depends_on_seed_and_epoch_alone():
    assert order(50, 1, 2).tolist() == order(50, 1, 2).tolist()
    assert len({tuple(order(50, seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9
    assert (steps(10, 4), steps(8, 4), steps(3, 128)) == (3, 2, 1)


def test_rare_classes_come_as_often_as_asked_and_the_rest_differs_from_epoch_to_epoch():
    found = read(rows=np.arange(10), oversample=5, epochs=2)  # four photos of the first class, three of the others
    assert [len(batch[0]) for batch in found] == [4, 4, 4, 3] * 2
    epochs = [np.concatenate([batch[0] for batch in found[start : start + 4]])[:, 0, 0, 0] // 12 for start in (0, 4)]
    for visited in epochs:
        assert np.bincount(LABELS[visited.astype(int)]).tolist() == [5, 5, 5]
        assert set(visited) == set(range(10))
    assert np.bincount(epochs[0].astype(int)).tolist() != np.bincount(epochs[1].astype(int)).tolist()


def test_labels_that_are_mixed_already_come_as_they_are():
    soft = np.linspace(0, 1, 30, dtype=np.float32).reshape(10, 3)
    for photos, labels in (map(np.asarray, batch) for batch in batches(PIXELS, soft, 3, None, 4, 3, 1, True)):
        np.testing.assert_array_equal(labels, soft[photos[:, 0, 0, 0].astype(int) // 12])
