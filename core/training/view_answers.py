"""A trained network's answers to several views of each photo, averaged (test-time augmentation). Needs Keras.

Krizhevsky et al. 2012 (ImageNet Classification with Deep Convolutional Neural Networks) averaged ten crops and
mirrorings of a photo; here the views are drawn by a recipe, as training draws them.
"""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.augment.pipeline import Augmenter
from core.errors import ViewsFailed
from core.models.predict import load
from core.records import Part, PartPredictions, Predictions, Progress, RunSpec, ViewsSpec
from core.settings import Settings
from core.training.failures import full_disk
from core.training.input import batches, make_deterministic
from core.training.memory import memory_mb, peak_memory_mb
from core.training.phase_input import Photos, read_photos
from core.training.prefix_cache import outputs
from core.training.reporting import Reporter
from core.training.views import ViewsCurve, check_recipe

BATCH = 64  # fixed: the draws of a view belong to a batch
PARTS = (Part.VALIDATION, Part.TEST)


@dataclass(frozen=True)
class ViewsResult:
    predictions: Predictions  # of validation and test, the mean over the photo as it is and all views
    curve: ViewsCurve
    metrics: dict[str, float]  # seconds, peak_memory_mb, photos_per_second, views


def answer(
    settings: Settings,
    views: ViewsSpec,
    spec: RunSpec,
    classes: tuple[str, ...],
    split_rows: pd.DataFrame,
    weights: Path,
    report: Callable[[Progress, dict | None], bool | None],
    stop: Callable[[], bool],
    evaluation_id: str,
) -> ViewsResult:
    """Answer `views.views` drawn views of every validation and test photo, and the photo as it is, and average.

    spec : the plan of the run whose network answers; `weights` is where its trained weights lie.
    split_rows : as `core.training.trainer.train` has it.
    report(progress, None) : at most every 0.5 s; `progress.epoch` counts views done, the photo as it is included.
    stop() : looked at between batches; True raises core.training.Stopped.

    Equal views give equal bits: what is drawn is a function of (seed, view, batch, place in the batch), by the code
    that training draws with. Nothing is kept on the way: an attempt that was interrupted begins again, which the bound
    of 64 views makes cheap beside a training. Raises NoViews, and ViewsFailed where memory or disk runs out.
    """
    reporter = Reporter(report, stop, views.views + 1)
    try:
        return _Answering(settings, views, spec, classes, split_rows, weights, reporter).run(evaluation_id)
    except Exception as error:
        if (reason := _reason(error)) is None:
            raise
        raise ViewsFailed(reason=reason) from error


class _Answering:
    def __init__(self, settings, views, spec, classes, split_rows, weights, reporter):
        self.views, self.spec, self.classes, self.reporter = views, spec, classes, reporter
        self.began = time.monotonic()
        recipe = check_recipe(views.recipe)
        make_deterministic()
        reporter.say("reading photos")
        self.photos: Photos = read_photos(settings, split_rows, spec.input_size, reporter)
        self.rows = np.concatenate([self.photos.rows[part] for part in PARTS])
        reporter.say("building the network")
        self.network = load(settings, spec, len(classes), weights)
        self.augmenter = Augmenter(recipe, views.seed, spec.input_size, spec.input_size, len(classes))

    def run(self, evaluation_id: str) -> ViewsResult:
        outputs(self.network.model, np.zeros((1, self.spec.input_size, self.spec.input_size, 3)), BATCH)  # traces
        total = np.zeros((len(self.rows), len(self.classes)))
        seconds, accuracies = [], {part: [] for part in PARTS}
        begun = time.monotonic()
        for view, answers in self._answered(begun):
            total += answers
            seconds.append(time.monotonic() - begun)
            for part, found in self._by_part(total / (view + 1)).items():
                accuracies[part].append(float((found.predicted == found.true).mean()))
        self.reporter.say("averaging the answers", epoch=len(seconds), batch=0, eta_seconds=0.0)
        predictions = Predictions(
            evaluation_id=evaluation_id, classes=self.classes, parts=self._by_part(total / len(seconds))
        )
        metrics = {
            "seconds": time.monotonic() - self.began,
            "peak_memory_mb": peak_memory_mb(),
            "photos_per_second": len(self.rows) * len(seconds) / max(seconds[-1], 1e-9),
            "parameters": float(self.network.model.count_params()),
            "views": float(self.views.views),
        }
        curve = ViewsCurve(tuple(seconds), {part: tuple(curve) for part, curve in accuracies.items()})
        return ViewsResult(predictions, curve, metrics)

    def _answered(self, begun: float):
        """(view, float32 (photos, classes)) for the photo as it is, which is view 0, and for each drawn one."""
        plain, drawn = self._stream(None, 0, 1), self._stream(self.augmenter, 1, self.views.views)
        of_a_view, done = -(-len(self.rows) // BATCH), 0
        answers = np.empty((len(self.rows), len(self.classes)), np.float32)
        for stream in (plain, drawn):
            for photos, _ in stream:
                view, batch = divmod(done, of_a_view)
                self._tell(view, done, of_a_view, begun)
                start = batch * BATCH
                answers[start : start + len(photos)] = outputs(self.network.model, photos.numpy(), BATCH)
                done += 1
                if batch == of_a_view - 1:
                    yield view, answers

    def _stream(self, augmenter, first: int, number: int):
        """Batches of so many views, one view after the other: training's own input, in the order of the ids."""
        labels, classes = self.photos.labels, len(self.classes)
        return batches(
            self.photos.pixels,
            labels,
            classes,
            augmenter,
            BATCH,
            self.views.seed,
            first,
            False,
            epochs=number,
            rows=self.rows,
        )

    def _tell(self, view: int, done: int, of_a_view: int, begun: float) -> None:
        note = f"view {view} of {self.views.views}" if view else "the photos as they are"

        def now():
            if not done:
                return {"memory_mb": memory_mb()}
            a_batch = (time.monotonic() - begun) / done
            left = of_a_view * (self.views.views + 1) - done
            return {"photos_per_second": BATCH / a_batch, "eta_seconds": a_batch * left, "memory_mb": memory_mb()}

        self.reporter.tick(now, note=note, epoch=view, batch=done % of_a_view, batches=of_a_view)

    def _by_part(self, probabilities: np.ndarray) -> dict[Part, PartPredictions]:
        found, start = {}, 0
        for part in PARTS:
            rows = self.photos.rows[part]
            found[part] = PartPredictions(
                ids=tuple(self.photos.ids[row] for row in rows),
                true=self.photos.labels[rows],
                probabilities=probabilities[start : start + len(rows)],
            )
            start += len(rows)
        return found


def _reason(error: Exception) -> str | None:
    """What to do where memory or disk ran out; None for any other error."""
    if full := full_disk(error):
        return full
    memory = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    if memory or type(error).__name__ == "ResourceExhaustedError":
        return f"this computer's memory is too small for {BATCH} photos at once. Close other programs and try again."
    return None
