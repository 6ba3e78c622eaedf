"""Random numbers as a function of (seed, epoch, batch, step, draw number). Needs Keras and TensorFlow.

Keras's own state would make the draws depend on what ran before, and differ between a parallel map and eager code.
An int seed would make all draws of a step equal. So layers are handed this generator, whose `next()` is stateless.
"""

import zlib

import keras
import numpy as np
import tensorflow as tf

DRAWS = 8  # the most a step may draw, its probability included


def step_code(operation: str, occurrence: int) -> int:
    """A number for the step: its operation and which of its kind it is, not its place in the recipe.

    So switching one step off, or moving it, leaves the draws of the others as they are.
    """
    return zlib.crc32(f"{operation} {occurrence}".encode()) & 0x7FFFFFFF


def batch_seeds(seed: int, epoch, batch, codes: list[int]) -> list["StepSeeds"]:
    """One generator a step. epoch, batch: ints or int tensors; codes: the steps' `step_code`s.

    TensorFlow's stateless operations scramble a seed before use, so seeds need only differ: those of a batch are
    64 random bits, and (step, draw number) added to them.
    """
    epoch, batch = tf.cast(epoch, tf.int32), tf.cast(batch, tf.int32)
    of_epoch = _bits((), tf.stack([tf.constant(seed & 0x7FFFFFFF, tf.int32), epoch]))
    of_batch = _bits((2,), tf.stack([of_epoch, batch]))
    offsets = np.array([[code, draw] for code in codes for draw in range(DRAWS)], np.int32)
    seeds = tf.unstack(of_batch + offsets)  # once for all: eagerly each operation costs its call
    return [StepSeeds(seeds[DRAWS * i : DRAWS * (i + 1)]) for i in range(len(codes))]


class StepSeeds(keras.random.SeedGenerator):
    """Seeds of one step in one batch: draw 0 is the step's probability, the operation's draws count from 1."""

    def __init__(self, seeds: list[tf.Tensor]):
        # No call to super: it would make a variable, which is the state that we don't want.
        self._seeds = seeds
        self._number = 0

    def next(self, ordered=True):
        self._number += 1
        return self._seeds[self._number]

    def chance(self, n) -> tf.Tensor:
        """float32 (n,) in 0..1: draw 0, to be compared with the step's probability."""
        return tf.random.stateless_uniform((n,), seed=self._seeds[0])


def _bits(shape: tuple, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed=seed, dtype=tf.int32, minval=None, maxval=None)
