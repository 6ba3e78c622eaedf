import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from core.errors import StoreUnavailable
from core.jobs import places, worker
from core.jobs.worker import Report, leave
from core.records import Part, PartPredictions, Predictions, Progress
from core.runs.files import CONFUSIONS, read_json
from core.training import Result, Stopped, checkpoints


def test_what_the_store_could_not_take_is_told_later(store, queue_run, monkeypatch):
    run = queue_run("quick")
    stop = threading.Event()
    report = Report(store, run.id, store.claim(run.id), stop)

    def full(*_):
        raise StoreUnavailable(reason="disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(store, "write_progress", full)
        report(Progress(epoch=1, epochs=5), {"train_loss": 1.0})
    assert store.history(run.id).empty
    report(Progress(epoch=2, epochs=5), {"train_loss": 0.5})
    assert store.history(run.id)["train_loss"].tolist() == [1.0, 0.5]
    assert not stop.is_set()


def test_an_attempt_that_was_given_up_stops_itself(store, queue_run):
    run = queue_run("quick")
    stop = threading.Event()
    report = Report(store, run.id, store.claim(run.id), stop)
    store.claim(run.id)
    report(Progress(epoch=1, epochs=5), {"train_loss": 1.0})
    assert stop.is_set()
    assert store.history(run.id).empty


def test_a_training_is_told_to_end_with_its_best_once_somebody_asked(store, queue_run):
    run = queue_run("quick")
    report = Report(store, run.id, store.claim(run.id), threading.Event())
    assert report(Progress(epoch=1, epochs=5), None) is False
    store.request_stop(run.id, keep=True)
    assert report(Progress(epoch=1, epochs=5), None) is True


def test_epochs_that_only_a_checkpoint_knows_of_are_told_by_the_next_attempt(settings, store, queue_run):
    run = queue_run("quick")
    store.claim(run.id)
    store.log_epoch(run.id, 1, 1, {"train_loss": 1.0})  # and its second epoch was kept, but not told
    history = [{"train_loss": 1.0}, {"train_loss": 0.5}]
    checkpoints.save(places.job(settings, run.id) / "checkpoints", run.spec.id, 2, {}, {"history": history})
    attempt = store.claim(run.id)
    before = signal.getsignal(signal.SIGTERM)
    try:
        worker.run(settings, run.id, attempt, "test_jobs_worker:says_something")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert store.history(run.id)["train_loss"].tolist() == [1.0, 0.5]


def says_something(_settings, _spec, _classes, _rows, _folder, report, *_):
    report(Progress(epoch=2, epochs=5), None)
    raise Stopped


@pytest.mark.parametrize("kept", [{}, {"1": "2 0 0 1", "2": "1 1 0 1"}])
def test_the_confusions_of_the_epochs_are_a_file_of_the_run_where_there_are_any(tmp_path, kept):
    part = PartPredictions(ids=("a", "b"), true=[0, 1], probabilities=np.eye(2))
    parts = {Part.VALIDATION: part, Part.TEST: part}
    answers = Predictions(evaluation_id="e", classes=("x", "y"), parts=parts)
    (tmp_path / "w.weights.h5").write_bytes(b"weights")
    leave(tmp_path, Result(answers, tmp_path / "w.weights.h5", confusions=kept))
    files = read_json(tmp_path / "result.json")["files"]
    assert (CONFUSIONS in files) == bool(kept)
    assert not kept or read_json(tmp_path / CONFUSIONS) == kept


def test_preloading_runs_no_tensorflow_operation_and_opens_no_store():
    code = """
import core.jobs.preload, core.training.trainer, threading
from tensorflow.python.eager import context
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
assert context.context()._context_handle is None, "TensorFlow was started"
assert SqlAlchemyStore._engine_map == {}, "a store was opened"
assert threading.active_count() == 1, threading.enumerate()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
