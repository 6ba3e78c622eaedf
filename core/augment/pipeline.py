"""A recipe as a function on batches: the one place where training and preview get their pixels. Needs Keras."""

from collections import Counter
from contextlib import nullcontext

import tensorflow as tf
from keras import ops

from core.augment.affine import compose, resample
from core.augment.registry import find_operation, parameters, validate
from core.augment.seeds import StepSeeds, batch_seeds, step_code
from core.records import Recipe


class Augmenter:
    """Applies a recipe to batches; equal (seed, epoch, batch) and inputs give equal bits, eagerly and in a tf.data map.

    Layers are made here once, so make an Augmenter outside the map. Inside, pass epoch and batch as tensors: plain
    numbers would trace the function again for each value. height, width: px of the photos. classes: number of them.

    Consecutive geometric steps with the same fill are one resampling. Raises UnknownOperation, BadParameter.
    """

    def __init__(self, recipe: Recipe, seed: int, height: int, width: int, classes: int):
        self.recipe, self.seed = validate(recipe), seed
        self.height, self.width, self.classes = height, width, classes
        self._stages, self._codes = _stages(self.recipe, height, width)

    def __call__(self, images, labels, epoch, batch):
        """Augmented batch.

        images: (n, h, w, 3) in 0..255; labels: float32 (n, classes), rows sum to 1; epoch, batch: int scalars or
        tensors. Returns float32 images of the same shape in 0..255 and float32 labels. n may differ between calls.
        """
        # In a tf.data map this is the CPU anyway; eagerly a GPU would round otherwise.
        with tf.device("/CPU:0") if tf.executing_eagerly() else nullcontext():
            images = tf.ensure_shape(tf.cast(images, tf.float32), (None, self.height, self.width, 3))
            labels = tf.ensure_shape(tf.cast(labels, tf.float32), (None, self.classes))
            if self._codes:
                seeds = batch_seeds(self.seed, epoch, batch, self._codes)
                seeds = dict(zip(self._codes, seeds, strict=True))
                for stage in self._stages:
                    images, labels = stage(images, labels, seeds)
            return tf.clip_by_value(images, 0.0, 255.0), labels


def _stages(recipe: Recipe, height: int, width: int) -> tuple[list, list[int]]:
    """What is done one after the other, and the codes of all steps in it."""
    stages, codes, seen = [], [], Counter()
    for step in recipe.steps:
        operation, values = find_operation(step.operation), parameters(step)
        code = step_code(step.operation, seen[step.operation])
        seen[step.operation] += 1
        if step.probability == 0:
            continue
        codes.append(code)
        drawn = (operation.implementation(values, height, width), code, step.probability)
        if operation.group == "geometry":
            fill = values.get("fill")  # None: a flip leaves no gap and joins any group
            if not (stages and isinstance(stages[-1], _Geometry) and stages[-1].takes(fill)):
                stages.append(_Geometry())
            stages[-1].add(drawn, fill)
        else:
            stages.append((_Mix if operation.group == "mix" else _Photo)(*drawn))
    return stages, codes


class _Geometry:
    """Consecutive geometric steps: drawn apart, composed, resampled once."""

    def __init__(self):
        self.steps, self.fill = [], None

    def takes(self, fill: str | None) -> bool:
        return None in (fill, self.fill) or fill == self.fill

    def add(self, drawn: tuple, fill: str | None) -> None:
        self.steps.append(drawn)
        self.fill = self.fill or fill

    def matrix(self, n, seeds: dict[int, StepSeeds]):  # (n, 3, 3)
        matrices = []
        for step, code, probability in self.steps:
            matrix = step.matrix(step.draw(seeds[code], n))
            if probability < 1:
                chosen = seeds[code].chance(n) < probability
                matrix = ops.where(chosen[:, None, None], matrix, ops.eye(3))
            matrices.append(matrix)
        return compose(matrices)

    def __call__(self, images, labels, seeds):
        matrix = self.matrix(ops.shape(images)[0], seeds)
        return resample(images, matrix, self.fill or "nearest"), labels


class _Photo:
    """A colour or erasing step; its probability is drawn for each photo."""

    def __init__(self, step, code: int, probability: float):
        self.step, self.code, self.probability = step, code, probability

    def __call__(self, images, labels, seeds):
        seeds = seeds[self.code]
        changed = self.step.apply(images, self.step.draw(seeds, images))
        if self.probability < 1:
            chosen = seeds.chance(ops.shape(images)[0]) < self.probability
            changed = ops.where(chosen[:, None, None, None], changed, images)
        return changed, labels


class _Mix(_Photo):
    """A mixing step; its probability is drawn for the batch."""

    def __call__(self, images, labels, seeds):
        seeds = seeds[self.code]

        def mix():
            return self.step.apply(images, labels, self.step.draw(seeds, images))

        if self.probability == 1:
            return mix()
        return tf.cond(seeds.chance(1)[0] < self.probability, mix, lambda: (images, labels))
