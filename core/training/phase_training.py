"""One phase: a compiled Keras model, its batches, and an epoch at a time."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from core.augment.pipeline import Augmenter
from core.errors import TrainingFailed
from core.records import Part, Phase, RunSpec
from core.training import input as pipeline
from core.training.prefix_cache import outputs

PREDICT_BATCH = 64
SMALLEST = 1e-7  # probabilities are cut here before the logarithm, as Keras's cross-entropy does
COOLED = 0.1  # the exponential schedule ends at this share of the rate it began with


class Source(NamedTuple):
    """Where a part's inputs are: `array[rows]`, with `labels[rows]`."""

    array: np.ndarray  # (m, ...), uint8 photos or float32 features of a frozen prefix, a memory map
    labels: np.ndarray  # (m,)
    rows: np.ndarray  # row numbers of the part


@dataclass(frozen=True)
class Photos:
    """The photos of a split, in the order of their sorted ids."""

    ids: list[str]
    labels: np.ndarray  # (n,), int64
    rows: dict[Part, np.ndarray]  # row numbers of each part
    pixels: np.ndarray  # (n, s, s, 3), uint8, a memory map

    def source(self, part: Part) -> Source:
        return Source(self.pixels, self.labels, self.rows[part])


def balanced(labels: np.ndarray, classes: int) -> np.ndarray:
    """Weight of each class, (classes,): n / (classes * count), as scikit-learn's "balanced". Absent classes weigh 0."""
    counts = np.bincount(labels, minlength=classes)
    return np.divide(len(labels), classes * counts, out=np.zeros(classes), where=counts > 0)


class PhaseTraining:
    """A phase made ready to train. `source(part)` says where what `model` takes is: photos, or a prefix's features."""

    def __init__(
        self,
        spec: RunSpec,
        phase: Phase,
        model: keras.Model,
        source: Callable[[Part], Source],
        train_photos: int,
        classes: int,
    ):
        self.phase, self.model, self.source, self.train_photos = phase, model, source, train_photos
        self._spec, self._classes = spec, classes
        self.batches = pipeline.steps(train_photos, phase.batch_size)
        # A new optimiser and a new trace: Keras takes up changed `trainable` flags only when it compiles again.
        model.compile(
            optimizer=_optimizer(phase, self.batches),
            loss="categorical_crossentropy",
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        model.optimizer.build(model.trainable_variables)
        model.make_train_function()
        self._iterator = None

    def train_epoch(self, epoch: int, last: int, done: Callable[[int, int, float], None]) -> dict[str, float]:
        """Train epoch number `epoch` (from 1, over all phases); this phase plans epochs up to `last`.

        `done(batch, photos, seconds)` is called after every batch. Returns train_loss, train_accuracy, learning_rate.
        Raises TrainingFailed as soon as the loss is no number.
        """
        if self._iterator is None:  # one stream for the rest of the phase: the augmenter is traced once
            self._iterator = iter(self._stream(epoch, last))
        self.model.reset_metrics()
        logs = {}
        began = time.perf_counter()
        for batch in range(1, self.batches + 1):
            logs = self.model.train_function(self._iterator)
            if not math.isfinite(float(logs["loss"])):
                raise TrainingFailed(
                    reason=f"the loss was no longer a number in epoch {epoch}, batch {batch}. The learning rate of "
                    f"{self.phase.learning_rate:g} is most likely too high; try {self.phase.learning_rate / 10:g}."
                )
            now = time.perf_counter()
            done(batch, min(self.phase.batch_size, self.train_photos), now - began)
            began = now
        return {
            "train_loss": float(logs["loss"]),
            "train_accuracy": float(logs["accuracy"]),
            "learning_rate": float(np.asarray(self.model.optimizer.learning_rate)),
        }

    def probabilities(self, part: Part, tick: Callable[[], None] = lambda: None) -> np.ndarray:
        """ndarray of shape (photos of the part, classes), float32; rows sum to 1."""
        array, _, rows = self.source(part)
        answers = np.empty((len(rows), self._classes), dtype="float32")
        for start in range(0, len(rows), PREDICT_BATCH):
            tick()
            some = rows[start : start + PREDICT_BATCH]
            answers[start : start + len(some)] = outputs(self.model, array[some], PREDICT_BATCH)
        return answers

    def validate(self, tick: Callable[[], None]) -> dict[str, float]:
        """validation_loss (mean cross-entropy) and validation_accuracy, without class weights."""
        answers = self.probabilities(Part.VALIDATION, tick)
        _, labels, rows = self.source(Part.VALIDATION)
        true = labels[rows]
        of_true = answers[np.arange(len(true)), true].astype(np.float64)
        return {
            "validation_loss": float(-np.log(np.clip(of_true, SMALLEST, 1)).mean()),
            "validation_accuracy": float((answers.argmax(axis=1) == true).mean()),
        }

    def _stream(self, epoch: int, last: int):
        phase, (array, labels, rows) = self.phase, self.source(Part.TRAIN)
        augmenter = None
        if phase.recipe is not None and phase.recipe.steps:
            augmenter = Augmenter(phase.recipe, self._spec.seed, array.shape[1], array.shape[2], self._classes)
        weights = None
        if phase.class_weights == "balanced":  # from the training part alone
            weights = balanced(labels[rows], self._classes)
        return pipeline.batches(
            array,
            labels,
            self._classes,
            augmenter,
            phase.batch_size,
            self._spec.seed,
            epoch,
            True,
            epochs=last - epoch + 1,
            rows=rows,
            class_weights=weights,
        )


def _optimizer(phase: Phase, batches: int) -> keras.optimizers.Optimizer:
    rate, total = phase.learning_rate, phase.epochs * batches
    if phase.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, total)
    elif phase.schedule == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(rate, total, COOLED)
    match phase.optimizer:
        case "adam":
            return keras.optimizers.Adam(rate)
        case "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate)
