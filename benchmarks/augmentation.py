"""The report's geometric recipe through tf.data: ours, geometry fused, beside Keras's layers one after the other.

Flips, rotation 360, shift .1, zoom .3, brightness; mirrored fill; 96 px, batches of 128. Photos a second, the best of
three passes each, taken in turn so that both see the same machine.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
import tensorflow as tf

from core.augment import BUILT_IN
from core.augment.pipeline import Augmenter

SIZE, BATCH, BATCHES, CLASSES, TARGET = 96, 128, 16, 8, 2.5
GEOMETRIC = next(recipe for recipe in BUILT_IN if recipe.name == "geometric (report)")


def photos() -> tf.data.Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH, SIZE, SIZE, 3), dtype=np.uint8)
    labels = tf.one_hot(np.arange(BATCH) % CLASSES, CLASSES)
    return tf.data.Dataset.from_tensors((pixels, labels)).repeat(BATCHES).enumerate()


def fused() -> tf.data.Dataset:
    augmenter, epoch = Augmenter(GEOMETRIC, 0, SIZE, SIZE, CLASSES), tf.constant(0)
    return photos().map(lambda i, pair: augmenter(*pair, epoch, i), num_parallel_calls=tf.data.AUTOTUNE)


def layers() -> tf.data.Dataset:
    chain = keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal_and_vertical"),
            keras.layers.RandomRotation(1.0, fill_mode="reflect"),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
            keras.layers.RandomZoom(0.3, fill_mode="reflect"),
            keras.layers.RandomBrightness((-0.25, 0.05)),
        ]
    )
    return photos().map(
        lambda _, pair: (chain(tf.cast(pair[0], tf.float32), training=True), pair[1]),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def photos_a_second(pipeline: tf.data.Dataset) -> float:
    started = time.perf_counter()
    for _ in pipeline:
        pass
    return BATCH * BATCHES / (time.perf_counter() - started)


def main() -> None:
    pipelines = {"fused": fused(), "layers": layers()}
    best = dict.fromkeys(pipelines, 0.0)
    for _ in range(4):  # the first pass traces
        for name, pipeline in pipelines.items():
            best[name] = max(best[name], photos_a_second(pipeline))
    print(f"geometric recipe of the report, fused: {best['fused']:,.0f} photos a second at {SIZE} px")
    print(f"geometric recipe of the report, Keras layers in sequence: {best['layers']:,.0f} photos a second")
    ratio = best["fused"] / best["layers"]
    print(f"fused / Keras layers: {ratio:.1f} (target at least {TARGET}: {'met' if ratio >= TARGET else 'MISSED'})")


if __name__ == "__main__":
    main()
