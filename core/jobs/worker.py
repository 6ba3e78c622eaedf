"""Where runs and training meet: reads the plan from the store, does it, leaves the result in the attempt's folder."""

import importlib
import signal
import sys
import threading
import traceback
from pathlib import Path

from core import datasets
from core.errors import StoreUnavailable, ThawError, TrainingFailed, ViewsFailed
from core.evaluation import final_figures
from core.jobs import places, results
from core.records import Predictions, Progress, Run, RunKind
from core.runs import ENVIRONMENT, WEIGHTS, RunStore
from core.runs.files import CONFUSIONS, VIEWS, write_json
from core.settings import Settings
from core.training import Result, Stopped, checkpoints, failures
from core.training.environment import environment

VIEWER = "core.training.view_answers:answer"  # by name: a page or a test that imports the worker needs no Keras
DONE, STOPPED, FAILED, UNSTORED = 0, 3, 4, 5  # exit codes; any other is a death, and so is the last one


def run(settings: Settings, run_id: str, attempt: int, train: str) -> int:
    """
    Do what the run says, a training or views, as this attempt; returns the exit code.

    `train` names the trainer ("module:function"). The supervisor publishes what is left in the folder: the result, or
    the sentence of an error that trying again would only repeat.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    folder, failed = places.attempt(settings, run_id, attempt), TrainingFailed
    try:
        store = RunStore(settings)
        found = store.get(run_id)
        report = Report(store, run_id, attempt, stop)
        if found.kind == RunKind.VIEWS:
            failed = ViewsFailed
            _view(settings, store, found, folder, report, stop)
        else:
            _tell_again(store, found, folder, report)
            _train(settings, found, folder, report, stop, train)
    except Stopped:
        return STOPPED
    except StoreUnavailable as error:  # it may be mended: the supervisor tries again, three times at most
        print(error, file=sys.stderr)
        return UNSTORED
    except ThawError as error:
        write_json(folder / places.ERROR, {"sentence": str(error)})
        return FAILED
    except Exception as error:
        traceback.print_exc()
        line = (str(error) or "no message").splitlines()[0]
        reason = failures.full_disk(error) or f"an unexpected {type(error).__name__}: {line[:300]}"
        write_json(folder / places.ERROR, {"sentence": str(failed(reason=reason))})
        return FAILED
    return DONE


def _tell_again(store: RunStore, run: Run, folder: Path, report: "Report") -> None:
    """Have the store told of epochs that a checkpoint holds and whose figures a killed attempt could not tell."""
    found = checkpoints.newest(folder.parent / places.CHECKPOINTS, run.spec.id) if run.attempt > 1 else None
    if found is not None:
        known = set(store.history(run.id)["epoch"])
        for epoch, metrics in enumerate(found[1].get("history", []), start=1):
            if epoch not in known:
                report.unsaid(epoch, metrics)


def _train(settings: Settings, run: Run, folder: Path, report: "Report", stop: threading.Event, train: str) -> None:
    dataset = datasets.find_dataset(settings, run.spec.dataset)
    rows = datasets.split_rows(settings, run.spec.split, run.spec.dataset)
    trainer = _named(train)
    leave(folder, trainer(settings, run.spec, dataset.classes, rows, folder, report, stop.is_set, run.evaluation_id))


def _view(settings: Settings, store: RunStore, run: Run, folder: Path, report: "Report", stop: threading.Event) -> None:
    source = store.get(run.views.run)  # or a sentence, where it was deleted meanwhile
    dataset = datasets.find_dataset(settings, source.spec.dataset)
    rows = datasets.split_rows(settings, source.spec.split, source.spec.dataset)
    weights, told = store.file(source.id, WEIGHTS), (report, stop.is_set)
    answer = _named(VIEWER)
    result = answer(settings, run.views, source.spec, dataset.classes, rows, weights, *told, run.evaluation_id)
    write_json(folder / VIEWS, result.curve.as_json())
    _leave(folder, result.predictions, result.metrics, {VIEWS: folder / VIEWS})


def _named(function: str):
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


class Report:
    """Tells the store how far the training is. A store that can't be written for a while stops no training."""

    def __init__(self, store: RunStore, run_id: str, attempt: int, stop: threading.Event):
        self._store, self._run_id, self._attempt, self._stop = store, run_id, attempt, stop
        self._finish = False
        self._unsaid: list[tuple[int, dict]] = []

    def unsaid(self, epoch: int, metrics: dict[str, float]) -> None:
        """Figures that are still to be told, with the next progress."""
        self._unsaid.append((epoch, metrics))

    def __call__(self, progress: Progress, metrics: dict[str, float] | None) -> bool:
        """Whether the training is asked to end now and to keep its best epoch."""
        if metrics is not None:
            self.unsaid(progress.epoch, metrics)
        try:
            current = self._store.write_progress(self._run_id, self._attempt, progress)
            while current and self._unsaid:
                current = self._store.log_epoch(self._run_id, self._attempt, *self._unsaid[0])
                self._unsaid.pop(0)
            self._finish = self._store.get(self._run_id).finish_requested
        except StoreUnavailable as error:
            print(f"Progress was not written: {error}", file=sys.stderr)
        else:
            if not current:  # the run went on without this attempt
                self._stop.set()
        return self._finish


def leave(folder: Path, result: Result) -> None:
    """Leave a training's result in the attempt's folder."""
    metrics = dict(result.metrics) | {"prefix_cache_used": float(result.prefix_cache_used)}
    files = {WEIGHTS: result.weights}
    if result.confusions:
        write_json(folder / CONFUSIONS, result.confusions)
        files[CONFUSIONS] = folder / CONFUSIONS
    _leave(folder, result.predictions, metrics, files)


def _leave(folder: Path, predictions: Predictions, metrics: dict[str, float], files: dict[str, Path]) -> None:
    write_json(folder / ENVIRONMENT, environment())
    files = files | {ENVIRONMENT: folder / ENVIRONMENT}
    results.leave(folder, predictions, metrics | final_figures(predictions), files)
