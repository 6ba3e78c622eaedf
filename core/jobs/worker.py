"""Where runs and training meet: reads the plan from the store, trains, leaves the result in the attempt's folder."""

import importlib
import signal
import sys
import threading
import traceback

from core import datasets
from core.errors import StoreUnavailable, ThawError, TrainingFailed
from core.evaluation import final_figures
from core.jobs import places
from core.records import Progress
from core.runs import ENVIRONMENT, WEIGHTS, RunStore
from core.runs.files import CONFUSIONS, write_json, write_predictions
from core.settings import Settings
from core.training import Result, Stopped, failures
from core.training.environment import environment

DONE, STOPPED, FAILED = 0, 3, 4  # exit codes; any other is a death


def run(settings: Settings, run_id: str, attempt: int, train: str) -> int:
    """
    Train the run's plan as this attempt; returns the exit code.

    `train` names the trainer ("module:function"). The supervisor publishes what is left in the folder: the result, or
    the sentence of an error that trying again would only repeat.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    folder = places.attempt(settings, run_id, attempt)
    try:
        store = RunStore(settings)
        spec, evaluation_id = (found := store.get(run_id)).spec, found.evaluation_id
        dataset = datasets.find_dataset(settings, spec.dataset)
        rows = datasets.split_rows(settings, spec.split, spec.dataset)
        module, _, name = train.partition(":")
        trainer = getattr(importlib.import_module(module), name)
        report = Report(store, run_id, attempt, stop)
        result = trainer(settings, spec, dataset.classes, rows, folder, report, stop.is_set, evaluation_id)
        leave(folder, result)
    except Stopped:
        return STOPPED
    except ThawError as error:
        write_json(folder / places.ERROR, {"sentence": str(error)})
        return FAILED
    except Exception as error:
        traceback.print_exc()
        line = (str(error) or "no message").splitlines()[0]
        reason = failures.full_disk(error) or f"an unexpected {type(error).__name__}: {line[:300]}"
        write_json(folder / places.ERROR, {"sentence": str(TrainingFailed(reason=reason))})
        return FAILED
    return DONE


class Report:
    """Tells the store how far the training is. A store that can't be written for a while stops no training."""

    def __init__(self, store: RunStore, run_id: str, attempt: int, stop: threading.Event):
        self._store, self._run_id, self._attempt, self._stop = store, run_id, attempt, stop
        self._finish = False
        self._unsaid: list[tuple[int, dict]] = []

    def __call__(self, progress: Progress, metrics: dict[str, float] | None) -> bool:
        """Whether the training is asked to end now and to keep its best epoch."""
        if metrics is not None:
            self._unsaid.append((progress.epoch, metrics))
        try:
            current = self._store.write_progress(self._run_id, self._attempt, progress)
            while current and self._unsaid:
                current = self._store.log_epoch(self._run_id, self._attempt, *self._unsaid[0])
                self._unsaid.pop(0)
        except StoreUnavailable as error:
            print(f"Progress was not written: {error}", file=sys.stderr)
        else:
            if not current:  # the run went on without this attempt
                self._stop.set()
            self._finish = self._store.get(self._run_id).finish_requested
        return self._finish


def leave(folder, result: Result) -> None:
    """Leave the result in the attempt's folder; the JSON that makes it complete comes last."""
    write_predictions(folder, result.predictions)
    metrics = dict(result.metrics) | final_figures(result.predictions)
    metrics["prefix_cache_used"] = float(result.prefix_cache_used)
    write_json(folder / ENVIRONMENT, environment())
    files = {WEIGHTS: str(result.weights), ENVIRONMENT: str(folder / ENVIRONMENT)}
    if result.confusions:
        write_json(folder / CONFUSIONS, result.confusions)
        files[CONFUSIONS] = str(folder / CONFUSIONS)
    write_json(folder / places.RESULT, {"metrics": metrics, "files": files})
