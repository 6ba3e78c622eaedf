"""The report's geometric recipe through the training's own input pipeline, beside what else people use.

Flips, rotation 360, shift .1, zoom .3, brightness; mirrored fill; 2,048 photos of 96 px, batches of 128, on at most two
cores. Beside it: the same layers of Keras one after the other in a tf.data map; Keras's old ImageDataGenerator, which
the report used; and Albumentations in a parallel tf.data map with all geometry in one step, its fastest. Albumentations
is no part of Thaw: this script alone installs it, into the user's cache.

All are measured in turn, several rounds, once they run. A ratio is the median of the rounds' ratios; one of processor
time is beside it, since other work on the machine changes that less.
"""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
import tensorflow as tf

from core.augment import BUILT_IN
from core.augment.pipeline import Augmenter
from core.training.input import batches

SIZE, BATCH, PHOTOS, CLASSES, WARM, TIMED, ROUNDS = 96, 128, 2048, 8, 6, 16, 5
GEOMETRIC = next(recipe for recipe in BUILT_IN if recipe.name == "geometric (report)")
TARGETS = {"Keras's layers one after the other": 2.5, "ImageDataGenerator": 5.0, "Albumentations": 0.8}
PINNED = ("albumentations==2.0.8", "albucore==0.0.24", "opencv-python-headless==5.0.0.93")
PINNED += ("stringzilla==5.3.2", "simsimd==6.5.16")


def photos() -> tuple[np.ndarray, np.ndarray]:
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTOS, SIZE, SIZE, 3), dtype=np.uint8)
    return pixels, np.arange(PHOTOS) % CLASSES


def thaw(pixels, labels):
    augmenter = Augmenter(GEOMETRIC, 0, SIZE, SIZE, CLASSES)
    return batches(pixels, labels, CLASSES, augmenter, BATCH, 0, 0, shuffle=True, epochs=1000)


def layers(pixels, labels):
    chain = keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal_and_vertical"),
            keras.layers.RandomRotation(1.0, fill_mode="reflect"),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
            keras.layers.RandomZoom(0.3, fill_mode="reflect"),
            keras.layers.RandomBrightness((-0.25, 0.05)),
        ]
    )
    plain = batches(pixels, labels, CLASSES, None, BATCH, 0, 0, shuffle=True, epochs=1000)
    return plain.map(lambda images, truth: (chain(images, training=True), truth), num_parallel_calls=tf.data.AUTOTUNE)


def image_data_generator(pixels, labels):
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        rotation_range=360,
        width_shift_range=0.1,
        height_shift_range=0.1,
        zoom_range=0.3,
        brightness_range=(0.5, 1.1),
        horizontal_flip=True,
        vertical_flip=True,
        fill_mode="reflect",
    )
    return generator.flow(pixels, np.eye(CLASSES)[labels], batch_size=BATCH)


def albumentations(pixels, labels):
    import albumentations
    import cv2

    cv2.setNumThreads(1)  # the map is parallel already
    chain = albumentations.Compose(
        [
            albumentations.HorizontalFlip(),
            albumentations.VerticalFlip(),
            albumentations.ShiftScaleRotate(0.1, 0.3, 180, border_mode=cv2.BORDER_REFLECT, p=1.0),
            albumentations.RandomBrightnessContrast((-0.25, 0.05), (0.0, 0.0), p=1.0),
        ]
    )
    truth = np.eye(CLASSES, dtype="float32")[labels]

    def load(number):
        index = np.random.default_rng(int(number)).integers(0, PHOTOS, BATCH)
        return np.stack([chain(image=pixels[i])["image"] for i in index]), truth[index]

    def read(number):
        images, labels = tf.numpy_function(load, [number], (tf.uint8, tf.float32), stateful=False)
        return tf.cast(tf.ensure_shape(images, (None, SIZE, SIZE, 3)), tf.float32), labels

    return tf.data.Dataset.range(1_000_000).map(read, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def install() -> bool:
    """Albumentations into a folder of its own, looked in last, so that nothing of Thaw's is replaced."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "thaw-benchmarks" / "albumentations-2.0.8"
    sys.path.append(str(folder))
    if not (folder / "albumentations").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *PINNED]
        subprocess.run(command, capture_output=True, timeout=300)
    try:
        import albumentations  # noqa: F401
    except ImportError as error:
        print(f"Albumentations can't be installed here ({error}); the rest goes on without it")
        return False
    return True


def seconds(stream) -> tuple[float, float]:
    """By the clock and of the processor, a photo, once the stream runs."""
    stream = iter(stream)
    for _ in itertools.islice(stream, WARM):
        pass
    started, used = time.perf_counter(), time.process_time()
    for _ in itertools.islice(stream, TIMED):
        pass
    return (time.perf_counter() - started) / (BATCH * TIMED), (time.process_time() - used) / (BATCH * TIMED)


def main() -> None:
    pixels, labels = photos()
    streams = {"Thaw": thaw, "Keras's layers one after the other": layers, "ImageDataGenerator": image_data_generator}
    if install():
        streams["Albumentations"] = albumentations
    taken = {name: [] for name in streams}
    for _ in range(ROUNDS):
        for name, make in streams.items():
            taken[name].append(seconds(make(pixels, labels)))
    taken = {name: np.array(rounds) for name, rounds in taken.items()}  # (rounds, [clock, processor])
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"geometric recipe of the report, {SIZE} px, {ROUNDS} rounds, load of the machine {load:.1f}")
    for name, rounds in taken.items():
        rates, processor = 1 / rounds[:, 0], 1e6 * np.median(rounds[:, 1])
        spread = f"{rates.min():,.0f} to {rates.max():,.0f}"
        print(f"{name}: {np.median(rates):,.0f} photos a second ({spread}), {processor:.0f} µs of processor each")
    for name, target in TARGETS.items():
        if name in taken:
            clock, processor = np.median(taken[name] / taken["Thaw"], axis=0)
            verdict = f"target at least {target}: {'met' if clock >= target else 'MISSED'}"
            print(f"Thaw / {name}: {clock:.1f} by the clock ({verdict}), {processor:.1f} by processor time")


if __name__ == "__main__":
    main()
