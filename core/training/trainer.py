"""The trainer: phases one after the other, from the last checkpoint on, to predictions on validation and test."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import TrainingFailed
from core.models.network import PhaseModel, build
from core.records import (
    ENDED_EARLY,
    NOT_A_NUMBER,
    NOT_A_NUMBER_RATE,
    Part,
    PartPredictions,
    Phase,
    Predictions,
    Progress,
    RunSpec,
)
from core.settings import Settings
from core.training import checkpoints, failures, prefix_cache
from core.training.clock import Clock, Throughput
from core.training.epoch import makes_copies, photos_an_epoch
from core.training.input import make_deterministic
from core.training.memory import memory_mb, peak_memory_mb
from core.training.outcome import Result
from core.training.pace import Pace
from core.training.phase_input import read_photos
from core.training.phase_training import NotANumberError, PhaseTraining
from core.training.position import Position
from core.training.reporting import Reporter
from core.training.sources import Sources
from core.training.variables import assign, count, named, values

CHECKPOINT_SECONDS = 10.0  # a checkpoint at the end of an epoch: of each, or so seldom that a kill repeats no more
WEIGHTS = "trained.weights.h5"


def train(
    settings: Settings,
    spec: RunSpec,
    classes: tuple[str, ...],
    split_rows: pd.DataFrame,
    folder: Path,
    report: Callable[[Progress, dict | None], None],
    stop: Callable[[], bool],
    evaluation_id: str,
    *,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Result:
    """Train what `spec` says and predict validation and test.

    split_rows : frame with columns id, label (int) and part; parts other than train, validation and test are ignored.
    folder : this attempt's folder. The trained weights are left in it; checkpoints lie in `folder.parent /
        "checkpoints"`, where the next attempt finds them. The caller deletes them once the run is finished.
    report(progress, None) : called at most every 0.5 s, and report(progress, metrics) at each epoch's end, with
        train_loss, train_accuracy, validation_loss, validation_accuracy, learning_rate, seconds, photos_per_second,
        memory_mb and, for up to core.training.epoch.MOST_RECALLS classes, their validation recall. Where it answers
        True the training ends at once with the best epoch of its phase, once there is one.
    stop() : looked at between batches; True raises core.training.Stopped.

    The result is a function of spec and photos on one machine: an interrupted run that goes on ends with the very
    weights it would have had. A loss that is no number any more ends it as if somebody had asked for that: the best
    epoch of the phase is kept, or what the phase began with. Raises TrainingFailed with a sentence where that happens
    in the very first epoch, memory or disk runs out, or a photo can't be read.
    """
    reporter, training = Reporter(report, stop, spec.epochs), None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        training = _Training(settings, spec, classes, split_rows, folder, reporter, checkpoint_seconds)
        return training.run(evaluation_id)
    except Exception as error:
        if (reason := failures.reason(error, spec, training and training.number)) is None:
            raise
        raise TrainingFailed(reason=reason) from error


class _Training:
    def __init__(self, settings, spec, classes, split_rows, folder, reporter, checkpoint_seconds):
        self.settings, self.spec, self.classes, self.folder = settings, spec, classes, folder
        self.reporter, self.checkpoint_seconds = reporter, checkpoint_seconds
        self.checkpoints = folder.parent / "checkpoints"
        self.began = time.monotonic()
        self.saved = -math.inf  # an attempt's first epoch is always kept: who is killed often gets further all the same
        self.earlier_seconds = 0.0
        make_deterministic()
        reporter.say("reading photos")
        self.photos = read_photos(settings, split_rows, spec.input_size, reporter)
        reporter.say("building the network")
        self.network = build(settings, spec, len(classes))
        counts = np.bincount(self.photos.labels[self.photos.rows[Part.TRAIN]], minlength=len(classes))
        self.an_epoch = [photos_an_epoch(phase, counts) for phase in spec.phases]
        self.sources = Sources(settings, spec, classes, self.photos, reporter)
        validation, test = (len(self.photos.rows[part]) for part in (Part.VALIDATION, Part.TEST))
        self.pace = Pace(settings, spec, self.sources.courses(self.an_epoch), (validation, validation + test))
        self.sources.forward = self.pace.forward
        self.position = Position()
        self.number: int | None = None  # of the phase that is made ready or trained, from 0
        self.changed: list = []  # variables that any phase so far may have changed, in a fixed order
        self.best: list[np.ndarray] | None = None  # values of the phase's variables at its best epoch
        self.prefix_layers = 0  # whose outputs are kept in this phase
        self.kept = 0  # the epoch, over all phases, that the weights are of
        self.ended_early = False
        self.not_a_number: dict[str, float] = {}  # figures of a loss that was none

    def run(self, evaluation_id: str) -> Result:
        found = checkpoints.newest(self.checkpoints, self.spec.id)
        if found is not None:
            self.position = Position(**found[1])
            self.earlier_seconds = self.position.seconds
        first = self.position.phase
        running = None
        for number, phase in enumerate(self.spec.phases):
            model = self.network.for_phase(phase)
            known = {id(variable) for variable in self.changed}
            self.changed += [variable for variable in model.suffix.variables if id(variable) not in known]
            if number < first:
                continue
            if self.ended_early:
                break
            self.number = number
            clock = Clock(self.sources)
            left = self.pace.left(number, phase.epochs - (self.position.phase_epoch if number == first else 0))
            self.reporter.say("preparing the phase", phase=number + 1, eta_seconds=left)
            running = self._ready(number, phase, model, found[0] if found and number == first else None)
            frozen = self.network.frozen_fingerprint(phase.frozen)
            self._phase(number, phase, running, model, clock)
            if self.network.frozen_fingerprint(phase.frozen) != frozen:
                raise TrainingFailed(reason=f"weights that phase {number + 1} freezes have moved, a fault of ours.")
        return self._finish(running, evaluation_id)

    def _ready(self, number: int, phase: Phase, model: PhaseModel, restored: dict | None) -> PhaseTraining:
        """The phase compiled, on kept features where the spec allows it, and put back to its checkpoint."""
        spec, trained, self.prefix_layers = self.spec, model.full, 0
        source = self.sources.of(phase)
        prefix, rows = model.prefix, len(self.photos.ids) + (self.an_epoch[number] if makes_copies(phase) else 0)
        if restored is not None:
            assign(self.changed, restored, "variable")
        if prefix is not None and prefix_cache.usable(spec, number, model.cut, prefix.output_shape[1:], rows):
            trained, source = model.suffix, self.sources.of_prefix(phase, model, source)
            self.prefix_layers = model.cut
        running = PhaseTraining(spec, phase, trained, source, self.an_epoch[number], len(self.classes))
        self.best = values(model.suffix.variables)
        if restored is None:
            self.position.phase, self.position.phase_epoch = number, 0
            self.position.best, self.position.best_epoch = None, 0
            self.position.began_with = self.kept
        else:
            assign(trained.optimizer.variables, restored, "optimizer")
            best = [value for name, value in sorted(restored.items()) if name.startswith("best/")]
            self.best = best or self.best  # else the checkpoint's own epoch is the best
        return running

    def _phase(self, number: int, phase: Phase, running: PhaseTraining, model: PhaseModel, clock: Clock) -> None:
        position = self.position
        last = position.epoch - position.phase_epoch + phase.epochs
        while not position.phase_over(phase) and not self._end_asked():
            try:
                metrics = self._epoch(number, last, running, clock)
            except _EndError:
                break
            except NotANumberError as where:
                self._no_number(phase, position.epoch + 1, str(where))
                break
            position.epoch, position.phase_epoch = position.epoch + 1, position.phase_epoch + 1
            position.history.append(metrics)
            if running.confusion is not None:
                position.confusions[str(position.epoch)] = " ".join(map(str, running.confusion.ravel().tolist()))
            self._count_kept(running)
            if position.judge(phase, metrics):
                self.best = values(model.suffix.variables)
            self._checkpoint(running, metrics["seconds"])
            self.pace.between(number, clock.passed())
            left = self.pace.left(number, last - position.epoch)
            live = {name: metrics[name] for name in ("photos_per_second", "memory_mb", "learning_rate")}
            self.reporter.epoch(metrics, epoch=position.epoch, eta_seconds=left, **live)
        self.pace.remember()
        more = number + 1 < len(self.spec.phases)
        self.ended_early = not position.phase_over(phase) or (more and self._end_asked())
        best = self.ended_early or phase.early_stopping is not None
        if self.ended_early or (best and position.best_epoch != position.phase_epoch):
            for variable, value in zip(model.suffix.variables, self.best, strict=True):
                variable.assign(value)
        self.kept = position.kept_epoch(best)

    def _epoch(self, number: int, last: int, running: PhaseTraining, clock: Clock) -> dict[str, float]:
        """Train the next epoch, `last` being the last one that its phase plans, and validate; returns its figures.

        Raises NotANumberError, and _EndError where somebody asked to end now.
        """
        position, epoch, began = self.position, self.position.epoch + 1, time.monotonic()
        note, through = f"epoch {epoch} of {self.spec.epochs}", Throughput()
        self.reporter.say(note, phase=number + 1, epoch=position.epoch, batch=0, batches=running.batches)

        def now() -> dict[str, float | None]:
            return {
                "eta_seconds": self.pace.left(number, last - epoch, running.train_photos - through.photos),
                "photos_per_second": through.rate,
                "memory_mb": memory_mb(),
                "learning_rate": running.rate(),
            }

        def done(batch: int, size: int, seconds: float) -> None:
            through.add(size, seconds, compiles=not clock.started)
            self.pace.batch(number, size, seconds)
            if clock.started:
                clock.aside(seconds)
            else:
                clock.started = True
                self.pace.started(number, clock.passed())
            position.train_seconds += seconds
            position.train_photos += size
            self.reporter.tick(now, note=note, batch=batch)
            if self._end_asked():
                raise _EndError

        self.network.seed_dropout(epoch)
        metrics = running.train_epoch(epoch, last, done) | running.validate(self.reporter.tick)
        if running.tracing:
            self.pace.traced(number, running.tracing)
            clock.aside(running.tracing)
            running.tracing = 0.0
        measured = {"photos_per_second": through.rate, "memory_mb": memory_mb()}
        return metrics | measured | {"seconds": time.monotonic() - began, "phase": number + 1.0}

    def _no_number(self, phase: Phase, epoch: int, where: str) -> None:
        """End with what there is. Raises TrainingFailed where there is nothing yet."""
        rate = phase.learning_rate
        if self.position.epoch == 0:
            raise TrainingFailed(
                reason=f"the loss was no longer a number in epoch {epoch}, {where}. The learning rate of {rate:g} is "
                f"most likely too high; try {rate / 10:g}."
            )
        self.not_a_number = {NOT_A_NUMBER: float(epoch), NOT_A_NUMBER_RATE: rate}

    def _count_kept(self, running: PhaseTraining) -> None:
        """Note what an epoch on kept outputs saved."""
        spent, self.sources.prefix_seconds = self.sources.prefix_seconds, 0.0
        if self.prefix_layers:
            photos = running.train_photos + len(self.photos.rows[Part.VALIDATION])
            self.position.prefix_layers = max(self.position.prefix_layers, self.prefix_layers)
            self.position.prefix_least = min(self.position.prefix_least or self.prefix_layers, self.prefix_layers)
            self.position.prefix_epochs += 1
            self.position.prefix_saved += self.pace.saved(self.prefix_layers, photos) - spent

    def _end_asked(self) -> bool:
        """Whether to end now; not before there is an epoch to keep."""
        return self.reporter.finish_asked and self.position.epoch > 0

    def _checkpoint(self, running: PhaseTraining, an_epoch: float) -> None:
        # Not where the next epoch's end is still early enough: a kill just before that repeats all since the last one.
        if time.monotonic() - self.saved + an_epoch < self.checkpoint_seconds:
            return
        self.position.seconds = self.earlier_seconds + time.monotonic() - self.began
        arrays = named("variable", values(self.changed))
        arrays |= named("optimizer", values(running.model.optimizer.variables))
        if self.position.best_epoch != self.position.phase_epoch:  # who ends early gets it, whatever the phase says
            arrays |= named("best", self.best)
        checkpoints.save(self.checkpoints, self.spec.id, self.position.epoch, arrays, asdict(self.position))
        self.saved = time.monotonic()

    def _finish(self, running: PhaseTraining, evaluation_id: str) -> Result:
        self.reporter.say("predicting validation and test", eta_seconds=self.pace.ending())
        parts = {}
        for part in (Part.VALIDATION, Part.TEST):
            rows = self.photos.rows[part]
            parts[part] = PartPredictions(
                ids=tuple(self.photos.ids[row] for row in rows),
                true=self.photos.labels[rows],
                probabilities=running.probabilities(part, self.reporter.tick),
            )
        weights = self.folder / WEIGHTS
        self.network.save_trained(weights)
        validation = parts[Part.VALIDATION]
        position = self.position
        metrics = {
            "seconds": self.earlier_seconds + time.monotonic() - self.began,
            "peak_memory_mb": peak_memory_mb(),
            "photos_per_second": position.train_photos / max(position.train_seconds, 1e-9),
            "parameters": float(self.network.model.count_params()),
            "trainable_parameters": float(count(running.model.trainable_variables)),
            "validation_accuracy": float((validation.predicted == validation.true).mean()),
            "epochs": float(position.epoch),
            "best_epoch": float(self.kept),
            "frozen_checked": 1.0,  # the weights of frozen layers were the same before and after every phase
        }
        if self.ended_early:
            metrics[ENDED_EARLY] = 1.0
        metrics |= self.not_a_number
        if position.prefix_layers:
            metrics |= {
                "prefix_layers": float(position.prefix_layers),
                "prefix_layers_least": float(position.prefix_least),
                "prefix_epochs": float(position.prefix_epochs),
                "prefix_seconds_saved": max(0.0, position.prefix_saved),
            }
        predictions = Predictions(evaluation_id=evaluation_id, classes=self.classes, parts=parts)
        return Result(predictions, weights, metrics, bool(position.prefix_layers), dict(position.confusions))


class _EndError(Exception):
    """Somebody asked to end now and to keep the best epoch."""
