"""One phase: a compiled Keras model, its batches, and an epoch at a time."""

import math
import time
from collections.abc import Callable

import keras
import numpy as np

from core.records import RECALL, Part, Phase, RunSpec
from core.training.epoch import MOST_RECALLS, steps
from core.training.phase_input import Source, stream
from core.training.prefix_cache import outputs

PREDICT_BATCH = 64
SMALLEST = 1e-7  # probabilities are cut here before the logarithm, as Keras's cross-entropy does
COOLED = 0.1  # the exponential schedule ends at this share of the rate it began with


class NotANumberError(Exception):
    """The loss is no number any more; the text says where: "batch 12", "on the validation photos"."""


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
        self.batches = steps(train_photos, phase.batch_size)
        # A new optimiser and a new trace: Keras takes up changed `trainable` flags only when it compiles again.
        model.compile(
            optimizer=_optimizer(phase, self.batches),
            loss="categorical_crossentropy",
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        model.optimizer.build(model.trainable_variables)
        model.make_train_function()
        self._iterator, self._answered = None, False
        self.confusion: np.ndarray | None = None  # of the last `validate`: int64 (classes, classes), rows true
        self.tracing = 0.0  # seconds of the first batch that was answered, which traces; taken by who counts time

    def train_epoch(self, epoch: int, last: int, done: Callable[[int, int, float], None]) -> dict[str, float]:
        """Train epoch number `epoch` (from 1, over all phases); this phase plans epochs up to `last`.

        `done(batch, photos, seconds)` is called after every batch. Returns train_loss, train_accuracy, learning_rate.
        Raises NotANumberError as soon as the loss is no number.
        """
        if self._iterator is None:  # one stream for the rest of the phase: the augmenter is traced once
            self._iterator = iter(stream(self._spec, self.phase, self.source(Part.TRAIN), self._classes, epoch, last))
        self.model.reset_metrics()
        logs = {}
        began = time.perf_counter()
        for batch in range(1, self.batches + 1):
            logs = self.model.train_function(self._iterator)
            if not math.isfinite(float(logs["loss"])):
                raise NotANumberError(f"batch {batch}")
            now = time.perf_counter()
            size = self.phase.batch_size
            done(batch, min(size, self.train_photos - (batch - 1) * size), now - began)
            began = now
        return {
            "train_loss": float(logs["loss"]),
            "train_accuracy": float(logs["accuracy"]),
            "learning_rate": self.rate(),
        }

    def rate(self) -> float:
        """The learning rate now, after schedule and warm-up."""
        return float(np.asarray(self.model.optimizer.learning_rate))

    def probabilities(self, part: Part, tick: Callable[[], None] = lambda: None) -> np.ndarray:
        """ndarray of shape (photos of the part, classes), float32; rows sum to 1."""
        array, _, rows = self.source(part)
        answers = np.empty((len(rows), self._classes), dtype="float32")
        for start in range(0, len(rows), PREDICT_BATCH):
            tick()
            some, began = rows[start : start + PREDICT_BATCH], time.perf_counter()
            answers[start : start + len(some)] = outputs(self.model, array[some], PREDICT_BATCH)
            if not self._answered:
                self._answered, self.tracing = True, time.perf_counter() - began
        return answers

    def validate(self, tick: Callable[[], None]) -> dict[str, float]:
        """validation_loss (mean cross-entropy) and validation_accuracy, without class weights.

        And for up to MOST_RECALLS classes "validation_recall_0" ...: the share of each class's photos that is right;
        `confusion` then is the whole of it.
        Raises NotANumberError where the loss is none: the step of the last batch has blown up the weights.
        """
        answers = self.probabilities(Part.VALIDATION, tick)
        _, labels, rows = self.source(Part.VALIDATION)
        true = labels[rows]
        of_true = answers[np.arange(len(true)), true].astype(np.float64)
        said = answers.argmax(axis=1)
        right = said == true
        loss = float(-np.log(np.clip(of_true, SMALLEST, 1)).mean())
        if not math.isfinite(loss):
            raise NotANumberError("on the validation photos")
        few = self._classes <= MOST_RECALLS
        cells = np.bincount(true * self._classes + said, minlength=self._classes**2) if few else None
        self.confusion = cells.reshape(self._classes, self._classes) if few else None
        recalls = {
            f"{RECALL}{label}": float(right[true == label].mean())
            for label in (range(self._classes) if few else ())
            if (true == label).any()
        }
        return {
            "validation_loss": loss,
            "validation_accuracy": float(right.mean()),
        } | recalls


@keras.saving.register_keras_serializable("thaw")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises in even steps from 0 to what `rate` says, over `steps` steps (Goyal et al. 2017)."""

    def __init__(self, rate, steps: int):
        super().__init__()
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        rate = self.rate(step) if callable(self.rate) else self.rate
        reached = (keras.ops.cast(step, "float32") + 1.0) / self.steps
        return keras.ops.cast(rate, "float32") * keras.ops.minimum(1.0, reached)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


def _optimizer(phase: Phase, batches: int) -> keras.optimizers.Optimizer:
    rate, total, rising = phase.learning_rate, phase.epochs * batches, min(phase.warmup_epochs, phase.epochs) * batches
    if phase.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, total)
    elif phase.schedule == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(rate, total, COOLED)
    if rising:
        rate = Warmup(rate, rising)
    match phase.optimizer:
        case "adam":
            return keras.optimizers.Adam(rate)
        case "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate)
