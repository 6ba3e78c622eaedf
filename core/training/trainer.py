"""The trainer: phases one after the other, from the last checkpoint on, to predictions on validation and test."""

import errno
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from core.errors import TrainingFailed
from core.models.network import PhaseModel, build
from core.records import ENDED_EARLY, Part, PartPredictions, Phase, Predictions, Progress, RunSpec
from core.settings import Settings
from core.training import checkpoints, prefix_cache
from core.training.epoch import makes_copies, photos_an_epoch
from core.training.input import make_deterministic
from core.training.outcome import Result
from core.training.pace import Pace
from core.training.phase_input import Photos
from core.training.phase_training import PhaseTraining
from core.training.pixels import decoded
from core.training.position import Position
from core.training.reporting import Reporter
from core.training.sources import Sources

CHECKPOINT_SECONDS = 10.0  # a checkpoint at the end of an epoch, but not more often than this
WEIGHTS = "trained.weights.h5"
PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)


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
        train_loss, train_accuracy, validation_loss, validation_accuracy, learning_rate, seconds and, for up to
        core.training.epoch.MOST_RECALLS classes, their validation recall. Where it answers True the training
        ends at once with the best epoch of its phase, once there is one.
    stop() : looked at between batches; True raises core.training.Stopped.

    The result is a function of spec and photos on one machine: an interrupted run that goes on ends with the very
    weights it would have had. Raises TrainingFailed with a sentence where the loss is no number, memory or disk runs
    out, or a photo can't be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reporter = Reporter(report, stop, spec.epochs)
    try:
        training = _Training(settings, spec, classes, split_rows, folder, reporter, checkpoint_seconds)
        return training.run(evaluation_id)
    except (MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENOSPC:
            raise
        what = "the disk is full; free some space and try again" if isinstance(error, OSError) else _smaller(spec)
        raise TrainingFailed(reason=f"{what}.") from error
    except Exception as error:
        if type(error).__name__ != "ResourceExhaustedError":  # TensorFlow's; its class is not needed otherwise
            raise
        raise TrainingFailed(reason=f"{_smaller(spec)}.") from error


def _smaller(spec: RunSpec) -> str:
    largest = max(phase.batch_size for phase in spec.phases)
    return f"this computer's memory is too small for a batch of {largest}; try {max(1, largest // 2)}"


class _Training:
    def __init__(self, settings, spec, classes, split_rows, folder, reporter, checkpoint_seconds):
        self.settings, self.spec, self.classes, self.folder = settings, spec, classes, folder
        self.reporter, self.checkpoint_seconds = reporter, checkpoint_seconds
        self.checkpoints = folder.parent / "checkpoints"
        self.began = self.saved = time.monotonic()
        self.earlier_seconds = 0.0
        make_deterministic()
        reporter.say("reading photos")
        self.photos = self._read(split_rows)
        reporter.say("building the network")
        self.network = build(settings, spec, len(classes))
        counts = np.bincount(self.photos.labels[self.photos.rows[Part.TRAIN]], minlength=len(classes))
        self.an_epoch = [photos_an_epoch(phase, counts) for phase in spec.phases]
        self.pace = Pace(settings, spec, self.an_epoch)
        self.sources = Sources(settings, spec, classes, self.photos, reporter, self.pace)
        self.position = Position()
        self.changed: list = []  # variables that any phase so far may have changed, in a fixed order
        self.best: list[np.ndarray] | None = None  # values of the phase's variables at its best epoch
        self.cache_used = False
        self.phase_cached = False
        self.prefix_layers = 0  # that ran once for a whole phase
        self.prefix_saved = 0.0  # seconds that this saved, by the measured pace
        self.ended_early = False

    def _read(self, split_rows: pd.DataFrame) -> Photos:
        rows = split_rows[split_rows["part"].isin([str(part) for part in PARTS])].sort_values("id")
        ids, part = rows["id"].tolist(), rows["part"].astype(str).to_numpy()

        def tick(done):
            self.reporter.tick(note=f"reading photos: {done} of {len(ids)}")

        pixels = decoded(self.settings, ids, self.spec.input_size, tick)
        numbers = {name: np.flatnonzero(part == str(name)) for name in PARTS}
        return Photos(ids, rows["label"].to_numpy(np.int64), numbers, pixels)

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
            running = self._ready(number, phase, model, found[0] if found and number == first else None)
            frozen = self.network.frozen_fingerprint(phase.frozen)
            self._phase(number, phase, running, model)
            if self.network.frozen_fingerprint(phase.frozen) != frozen:
                raise TrainingFailed(reason=f"weights that phase {number + 1} freezes have moved, a fault of ours.")
        return self._finish(running, evaluation_id)

    def _ready(self, number: int, phase: Phase, model: PhaseModel, restored: dict | None) -> PhaseTraining:
        """The phase compiled, on kept features where the spec allows it, and put back to its checkpoint."""
        spec, trained, self.phase_cached = self.spec, model.full, False
        source = self.sources.of(phase)
        prefix, count = model.prefix, len(self.photos.ids) + (self.an_epoch[number] if makes_copies(phase) else 0)
        if restored is not None:
            _assign(self.changed, restored, "variable")
        if prefix is not None and prefix_cache.usable(spec, number, model.cut, prefix.output_shape[1:], count):
            trained, source = model.suffix, self.sources.of_prefix(phase, model, source)
            self.cache_used = self.phase_cached = True
            self.prefix_layers = max(self.prefix_layers, model.cut)
        running = PhaseTraining(spec, phase, trained, source, self.an_epoch[number], len(self.classes))
        self.best = _values(model.suffix.variables)
        if restored is None:
            self.position.phase, self.position.phase_epoch = number, 0
            self.position.best, self.position.best_epoch = None, 0
        else:
            _assign(trained.optimizer.variables, restored, "optimizer")
            best = [value for name, value in sorted(restored.items()) if name.startswith("best/")]
            self.best = best or self.best  # else the checkpoint's own epoch is the best
        return running

    def _phase(self, number: int, phase: Phase, running: PhaseTraining, model: PhaseModel) -> None:
        position, photos = self.position, running.train_photos
        last = position.epoch - position.phase_epoch + phase.epochs
        while not position.phase_over(phase) and not self._end_asked():
            epoch, began = position.epoch + 1, time.monotonic()
            note = f"epoch {epoch} of {self.spec.epochs}"
            self.reporter.say(note, phase=number + 1, epoch=position.epoch, batch=0, batches=running.batches)

            def done(batch, size, seconds, epochs_left=last - epoch, note=note):
                self.pace.batch(number, size, seconds)
                position.train_seconds += seconds
                position.train_photos += size
                left = self.pace.left(number, epochs_left, max(0, photos - batch * size))
                self.reporter.tick(note=note, batch=batch, eta_seconds=left)
                if self._end_asked():
                    raise _EndError

            self.network.seed_dropout(epoch)
            try:
                metrics = running.train_epoch(epoch, last, done)
            except _EndError:
                break
            checked = time.monotonic()
            metrics |= running.validate(self.reporter.tick)
            self.pace.validated(number, time.monotonic() - checked)
            metrics["seconds"] = time.monotonic() - began
            position.epoch, position.phase_epoch = epoch, position.phase_epoch + 1
            position.history.append(metrics)
            if position.judge(phase, metrics):
                self.best = _values(model.suffix.variables)
            self._checkpoint(phase, running)
            self.reporter.epoch(metrics, epoch=epoch, eta_seconds=self.pace.left(number, last - epoch, 0))
        self.pace.remember()
        more = number + 1 < len(self.spec.phases)
        self.ended_early = not position.phase_over(phase) or (more and self._end_asked())
        if self.phase_cached:
            self.prefix_saved += self.pace.saved(photos * max(position.phase_epoch - 1, 0))
        if self.ended_early or (phase.early_stopping is not None and position.best_epoch != position.phase_epoch):
            for variable, value in zip(model.suffix.variables, self.best, strict=True):
                variable.assign(value)

    def _kept_epoch(self) -> int:
        """The epoch, from 1 over all phases, whose weights are kept."""
        position, phase = self.position, self.spec.phases[self.position.phase]
        best = self.ended_early or phase.early_stopping is not None
        return position.epoch - position.phase_epoch + (position.best_epoch if best else position.phase_epoch)

    def _end_asked(self) -> bool:
        """Whether to end now; not before there is an epoch to keep."""
        return self.reporter.finish_asked and self.position.epoch > 0

    def _checkpoint(self, phase: Phase, running: PhaseTraining) -> None:
        if time.monotonic() - self.saved < self.checkpoint_seconds:
            return
        self.position.seconds = self.earlier_seconds + time.monotonic() - self.began
        arrays = _named("variable", _values(self.changed))
        arrays |= _named("optimizer", _values(running.model.optimizer.variables))
        if phase.early_stopping is not None and self.position.best_epoch != self.position.phase_epoch:
            arrays |= _named("best", self.best)
        checkpoints.save(self.checkpoints, self.spec.id, self.position.epoch, arrays, asdict(self.position))
        self.saved = time.monotonic()

    def _finish(self, running: PhaseTraining, evaluation_id: str) -> Result:
        self.reporter.say("predicting validation and test", eta_seconds=None)
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
            "peak_memory_mb": _peak_memory_mb(),
            "photos_per_second": position.train_photos / max(position.train_seconds, 1e-9),
            "parameters": float(self.network.model.count_params()),
            "trainable_parameters": float(_count(running.model.trainable_variables)),
            "validation_accuracy": float((validation.predicted == validation.true).mean()),
            "epochs": float(position.epoch),
            "best_epoch": float(self._kept_epoch()),
            "frozen_checked": 1.0,  # the weights of frozen layers were the same before and after every phase
        }
        if self.ended_early:
            metrics[ENDED_EARLY] = 1.0
        if self.cache_used:
            metrics |= {"prefix_layers": float(self.prefix_layers), "prefix_seconds_saved": self.prefix_saved}
        predictions = Predictions(evaluation_id=evaluation_id, classes=self.classes, parts=parts)
        return Result(predictions, weights, metrics, self.cache_used)


class _EndError(Exception):
    """Somebody asked to end now and to keep the best epoch."""


def _values(variables) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def _named(kind: str, values: list[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}/{number:05d}": value for number, value in enumerate(values)}


def _assign(variables, arrays: dict[str, np.ndarray], kind: str) -> None:
    for number, variable in enumerate(variables):
        variable.assign(arrays[f"{kind}/{number:05d}"])


def _count(variables) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def _peak_memory_mb() -> float:
    """Most memory this process held so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
