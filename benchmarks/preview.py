"""A parameter of the recipe is changed: how long until the preview of 12 photos is there?

12 photos of 96 px, three draws each, 50 changes of the report's second recipe (10 steps, a slider moved at each
change), warm. Timed is what the server does between the slider and the answer that it sends: validating, making the
Augmenter, drawing, and writing the 48 pictures. Compared with the same draws by a function that is compiled anew
for each change, which is what a recipe inside a tf.data map costs before its first batch.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import tensorflow as tf

from core.augment import BUILT_IN, preview
from core.augment.pipeline import Augmenter
from core.records import Recipe, Step
from pages.parts import augment_draws, augment_grid

PHOTOS, DRAWS, SIZE, CLASSES, CHANGES, TARGET_MS = 12, 3, 96, 8, 50, 300
ADVANCED = next(recipe for recipe in BUILT_IN if recipe.name == "advanced (report)")


def changed(number: int) -> Recipe:
    """The recipe with one slider at a place where it has not been."""
    moved = {
        "rotation": {"degrees": 5.0 + 7 * number},
        "zoom": {"amount": 0.01 + 0.01 * number},
        "gridmask": {"keep": 0.2 + 0.01 * number},
    }
    which = list(moved)[number % len(moved)]
    steps = [
        Step(operation=step.operation, parameters=moved[which], probability=step.probability)
        if step.operation == which
        else step
        for step in ADVANCED.steps
    ]
    return Recipe(steps=tuple(steps))


def photos() -> tuple[np.ndarray, np.ndarray]:
    """Waves rather than noise, which no JPEG encoder likes."""
    y, x = np.mgrid[:SIZE, :SIZE]
    waves = [[127 + 100 * np.sin((x * (k + 1) + y * c) / 19) for c in range(3)] for k in range(PHOTOS)]
    return np.moveaxis(np.array(waves), 1, -1).astype(np.uint8), np.arange(PHOTOS) % CLASSES


def ours(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> str:
    names = [f"class {label}" for label in labels]
    drawn = preview.draws(recipe, images, labels, CLASSES, seed=0, draws=DRAWS)
    classes = [f"class {label}" for label in range(CLASSES)]
    sources = [augment_grid.source(image) for image in images]
    return augment_draws.markup(sources, names, classes, [drawn], [], False)


def compiled_anew(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> None:
    function = tf.function(Augmenter(recipe, 0, SIZE, SIZE, CLASSES))
    for epoch in range(DRAWS):
        function(images, tf.one_hot(labels, CLASSES), tf.constant(epoch), tf.constant(0))


def milliseconds(work, changes: int) -> np.ndarray:
    images, labels = photos()
    work(ADVANCED, images, labels)  # warm
    taken = []
    for number in range(changes):
        recipe = changed(number)
        started = time.perf_counter()
        work(recipe, images, labels)
        taken.append(1_000 * (time.perf_counter() - started))
    return np.array(taken)


def main() -> None:
    preview.warm_up()
    taken = milliseconds(ours, CHANGES)
    anew = milliseconds(compiled_anew, 5)
    what = f"preview of {PHOTOS} photos x {DRAWS} draws after a changed parameter, {len(ADVANCED.steps)} steps"
    print(f"{what}: p50 {np.median(taken):.0f} ms over {CHANGES} changes")
    p95 = np.quantile(taken, 0.95)
    print(f"{what}: p95 {p95:.0f} ms (target at most {TARGET_MS} ms: {'met' if p95 <= TARGET_MS else 'MISSED'})")
    print(f"compiling the recipe anew for each change / drawing it as we do: {np.median(anew) / np.median(taken):.1f}")


if __name__ == "__main__":
    main()
