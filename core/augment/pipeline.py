"""A recipe as a function on batches: the one place where training and preview get their pixels. Needs Keras."""

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from core.augment.registry import find_operation, validate
from core.augment.seeds import StepSeeds, batch_seeds
from core.augment.stages import Geometry, does_nothing, make_stages
from core.errors import WrongPhotos
from core.records import Recipe, Step


class Traced(NamedTuple):
    """A batch after one step of the recipe and all before it."""

    step: Step
    title: str
    images: np.ndarray  # float32 (n, h, w, 3) in 0..255
    labels: np.ndarray  # float32 (n, classes)
    partner: np.ndarray | None  # int (n,): the photo each was mixed with, itself where it was not; None: no mixing step
    weight: np.ndarray | None  # float32 (n,): the photo's own share (lambda), 1 where it was not mixed


class Augmenter:
    """Applies a recipe to batches; equal (seed, epoch, batch) and inputs give equal bits, eagerly and in a tf.data map.

    Layers are made here once, so make an Augmenter outside the map. Inside, pass epoch and batch as tensors: plain
    numbers would trace the function again for each value. height, width: px of the photos. classes: number of them.

    Steps that are switched off are as if they weren't there. Consecutive geometric steps with the same fill are one
    resampling. Raises UnknownOperation, BadParameter; when called WrongPhotos.
    """

    def __init__(self, recipe: Recipe, seed: int, height: int, width: int, classes: int):
        self.recipe, self.seed = validate(recipe), seed
        self.height, self.width, self.classes = height, width, classes
        self._stages, self._codes = make_stages(self.recipe.active, height, width)

    def __call__(self, images, labels, epoch, batch):
        """Augmented batch.

        images: (n, h, w, 3) in 0..255; labels: float32 (n, classes), rows sum to 1; epoch, batch: int scalars or
        tensors. Returns float32 images of the same shape in 0..255 and float32 labels. n may differ between calls.
        """
        with _on_cpu():
            images, labels = self._given(images, labels)
            if self._codes:
                seeds = self._seeds(epoch, batch)
                for stage in self._stages:
                    images, labels, _ = stage(images, labels, seeds)
            return tf.clip_by_value(images, 0.0, 255.0), labels

    def trace(self, images, labels, epoch: int, batch: int) -> list[Traced]:
        """The batch after each step, with the very draws of `__call__` (same arguments); to be called eagerly.

        One entry for each step that is switched on, in the recipe's order. A geometric step's entry shows the photos
        resampled once through it and the geometric steps just before it, so the last entry is what `__call__` returns,
        bit for bit, and the last of a run of geometric steps is what the recipe makes of them.
        """
        with _on_cpu():
            images, labels = self._given(images, labels)
            results = self._results(images, labels, self._seeds(epoch, batch) if self._codes else {})
            now, entries = (images, labels, None), []
            for step in self.recipe.active.steps:
                now = (*now[:2], None) if does_nothing(step) else next(results)
                images, labels, mixing = now
                partner, weight = (None, None) if mixing is None else (part.numpy() for part in mixing)
                pixels = tf.clip_by_value(tf.cast(images, tf.float32), 0.0, 255.0).numpy()
                entries.append(Traced(step, _title(step), pixels, labels.numpy(), partner, weight))
            return entries

    def _given(self, images, labels) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.convert_to_tensor(images)
        # Geometry reads bytes faster than floats, and says the same.
        if not (images.dtype == tf.uint8 and self._stages and isinstance(self._stages[0], Geometry)):
            images = tf.cast(images, tf.float32)
        if not images.shape.is_compatible_with((None, self.height, self.width, 3)):
            expected = f"{self.height} x {self.width} px with 3 channels, a batch at a time"
            raise WrongPhotos(expected=expected, shape=" x ".join(map(str, images.shape)))
        images = tf.ensure_shape(images, (None, self.height, self.width, 3))
        return images, tf.ensure_shape(tf.cast(labels, tf.float32), (None, self.classes))

    def _seeds(self, epoch, batch) -> dict[int, StepSeeds]:
        return dict(zip(self._codes, batch_seeds(self.seed, epoch, batch, self._codes), strict=True))

    def _results(self, images, labels, seeds):
        """(images, labels, mixing) after each step that does something."""
        for stage in self._stages:
            for result in stage.trace(images, labels, seeds):
                yield result
            images, labels, _ = result


def _title(step: Step) -> str:
    """The words for a step: those of a group name its members."""
    members = dict.fromkeys(find_operation(member.operation).title for member in step.steps)
    return " or ".join(members) or find_operation(step.operation).title


def _on_cpu():
    """In a tf.data map this is so anyway; eagerly a GPU would round otherwise."""
    return tf.device("/CPU:0") if tf.executing_eagerly() else nullcontext()
