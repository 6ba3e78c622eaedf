"""The input pipeline: the one module of the training code that speaks TensorFlow rather than Keras.

Which photos a batch holds and what is drawn for it are pure functions of (seed, epoch, batch): a run that was
interrupted and goes on sees what it would have seen.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from core.augment.balancing import Oversample
from core.training.epoch import order, repeated, steps

PREFETCHED = 2  # batches made ready while the network computes


def batches(
    pixels: np.ndarray,
    labels: np.ndarray,
    classes: int,
    augmenter: Callable | None,
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool,
    *,
    epochs: int = 1,
    rows: np.ndarray | None = None,
    oversample: Oversample = None,
    class_weights: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Batches of `epochs` epochs, counted from `epoch`, one after the other.

    pixels : array or memory map of shape (n, ...): uint8 photos, or float32 features of a frozen prefix. Only the rows
        of a batch are ever read into memory.
    labels : int array of shape (n,), or float32 of shape (n, classes) where labels are mixed already.
    rows : the rows of `pixels` and `labels` that take part (the training part); all where None.
    oversample : how often photos of rare classes come in an epoch (core.augment.balancing); for int labels only.
    class_weights : float array of shape (classes,); a mixed label weighs as its shares do.

    Yields (float32 (b, ...) photos in 0 to 255 or features, float32 (b, classes) labels), and float32 (b,) weights
    third where class weights are given. The augmenter gets the photos as they are stored, and the number of the epoch
    and of the batch within it.
    """
    rows = np.arange(len(labels)) if rows is None else np.asarray(rows)
    soft = labels.ndim == 2
    truth_of = labels if soft else np.eye(classes, dtype="float32")
    an_epoch = steps(len(repeated(labels, rows, oversample, seed, epoch)), batch_size)
    running = (-1, rows)  # the order of the epoch that is being read, made once

    def visits(number):
        shown = repeated(labels, rows, oversample, seed, epoch + number)
        return shown[order(len(shown), seed, epoch + number)] if shuffle else shown

    def gather(step):
        nonlocal running
        number, batch = divmod(int(step), an_epoch)
        if running[0] != number:
            running = (number, visits(number))
        index = running[1][batch * batch_size : (batch + 1) * batch_size]
        return pixels[index], truth_of[index] if soft else truth_of[labels[index]]

    def load(step):
        photos, truth = tf.numpy_function(gather, [step], (tf.as_dtype(pixels.dtype), tf.float32))
        photos.set_shape((None, *pixels.shape[1:]))
        truth.set_shape((None, classes))
        return step, photos, truth

    def augment(step, photos, truth):
        photos, truth = augmenter(photos, truth, tf.cast(epoch + step // an_epoch, tf.int32), _batch(step))
        photos = tf.ensure_shape(photos, (None, *pixels.shape[1:]))
        return step, photos, tf.ensure_shape(truth, (None, classes))

    def _batch(step):
        return tf.cast(step % an_epoch, tf.int32)

    def finish(_, photos, truth):
        photos = tf.cast(photos, tf.float32)  # only here: geometry reads bytes faster
        if class_weights is None:
            return photos, truth
        return photos, truth, tf.linalg.matvec(truth, tf.constant(class_weights, tf.float32))

    dataset = tf.data.Dataset.range(epochs * an_epoch).map(load)
    if augmenter is not None:
        dataset = dataset.map(augment, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.map(finish).prefetch(PREFETCHED)


def make_deterministic() -> None:
    """From here on this process computes the same numbers for the same inputs.

    It costs nothing that shows on two cores: `benchmarks/training.py` took 0.82 (MobileNetV2) and 0.57 (vanilla CNN) of
    the time that the same trainings took without.
    """
    tf.config.experimental.enable_op_determinism()
    # Nothing of ours draws from TensorFlow's own state; whoever else does in this process is refused without a seed.
    tf.random.set_seed(0)
