import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.errors import (
    AmbiguousRun,
    BadName,
    RunFileMissing,
    RunNotFinished,
    RunNotRetryable,
    StoreUnavailable,
    UnknownRun,
)
from core.records import Phase, Progress, Recipe, RunKind, Status, Step
from core.runs import RunStore
from core.settings import Settings

TEST = "f" * 20


def queued(store, spec, **more):
    return store.submit(spec, evaluation_id=TEST, **more)[0]


def running(store, spec):
    run = queued(store, spec)
    return run, store.claim(run.id)


def test_a_submitted_spec_is_a_queued_run_with_everything_it_needs(store, spec):
    run, joined = store.submit(spec, "my first", "ana", evaluation_id=TEST, group="sweep")
    assert not joined
    assert (run.status, run.attempt, run.kind) == (Status.QUEUED, 0, RunKind.TRAINED)
    assert (run.spec, run.spec_id, run.family) == (spec, spec.id, spec.family)
    assert (run.name, run.owner, run.group, run.evaluation_id) == ("my first", "ana", "sweep", TEST)
    assert run.home == store.home
    assert run.progress == Progress(epochs=5)


def test_a_spec_submitted_again_joins_unless_a_repeat_is_asked_for(store, spec):
    first = queued(store, spec)
    assert store.submit(spec, evaluation_id=TEST) == (first, True)
    repeat, joined = store.submit(spec, evaluation_id=TEST, again=True)
    assert not joined
    assert repeat.id != first.id


def test_failed_and_cancelled_runs_are_not_joined_and_finished_ones_are(store, spec, predictions):
    failed, attempt = running(store, spec)
    store.fail(failed.id, attempt, "it broke")
    cancelled = queued(store, spec)
    assert cancelled.id != failed.id
    store.cancel(cancelled.id)
    finished, attempt = running(store, spec)
    assert finished.id not in (failed.id, cancelled.id)
    store.finish(finished.id, attempt, predictions, {})
    assert store.submit(spec, evaluation_id=TEST)[0].id == finished.id


def test_a_run_that_is_about_to_be_cancelled_is_not_joined(store, spec):
    run, _ = running(store, spec)
    store.request_stop(run.id)
    assert queued(store, spec).id != run.id


def test_thirty_equal_submissions_at_once_make_one_run(settings, spec):
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: RunStore(settings).submit(spec, evaluation_id=TEST), range(30)))
    assert len({run.id for run, _ in answers}) == 1
    assert sum(not joined for _, joined in answers) == 1


def test_processes_that_open_a_missing_store_at_once_make_a_working_one(tmp_path):
    settings = Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        homes = processes.map(_open, [settings] * 2)
    assert len(set(homes)) == 1
    assert RunStore(settings).list() == []


def _open(settings):
    return RunStore(settings).home


def test_a_long_spec_is_stored_under_its_hash_and_comes_back_whole(store, settings, spec):
    steps = tuple(Step(operation="rotation", parameters={"degrees": number / 7}) for number in range(40))
    phases = tuple(Phase(frozen=number, recipe=Recipe(name=f"r{number}", steps=steps)) for number in range(8))
    long = spec.model_copy(update={"phases": phases})
    run = queued(store, long)
    assert run.spec == long
    assert RunStore(settings).get(run.id).spec == long


def test_an_attempt_claims_counts_and_fences_late_writes(store, spec):
    run, first = running(store, spec)
    second = store.claim(run.id)
    assert (first, second) == (1, 2)
    assert not store.write_progress(run.id, first, Progress(epoch=1))
    assert not store.log_epoch(run.id, first, 1, {"train_loss": 1.0})
    assert not store.finish(run.id, first, None, {})
    assert not store.fail(run.id, first, "late")
    assert store.write_progress(run.id, second, Progress(phase=1, epoch=1, epochs=5, eta_seconds=12.5))
    now = store.get(run.id)
    assert (now.status, now.attempt, now.progress.eta_seconds) == (Status.RUNNING, 2, 12.5)
    assert now.started is not None


def test_finished_failed_and_cancelled_are_for_ever(store, spec, predictions):
    run, attempt = running(store, spec)
    assert store.finish(run.id, attempt, predictions, {"validation_accuracy": 0.5})
    assert store.claim(run.id) == 0
    assert not store.cancel(run.id)
    assert not store.fail(run.id, attempt, "late")
    assert not store.write_progress(run.id, attempt, Progress())
    with pytest.raises(RunNotRetryable):
        store.requeue(run.id)
    assert store.get(run.id).status == Status.FINISHED


def test_a_failed_run_queued_again_keeps_its_attempts_and_forgets_its_error(store, spec):
    run, attempt = running(store, spec)
    store.request_stop(run.id)
    store.fail(run.id, attempt, "the weights are gone")
    assert store.get(run.id).error == "the weights are gone"
    again = store.requeue(run.id)
    assert (again.status, again.error, again.stop_requested, again.ended) == (Status.QUEUED, None, False, None)
    assert store.claim(run.id) == attempt + 1


def test_predictions_and_files_come_back_as_they_were_published(store, spec, predictions, tmp_path):
    run, attempt = running(store, spec)
    with pytest.raises(RunNotFinished):
        store.predictions(run.id)
    weights = tmp_path / "w.bin"
    weights.write_bytes(b"weights")
    store.finish(run.id, attempt, predictions, {"test_accuracy": 0.25, "test_loss": None}, {"trained": weights})
    read = store.predictions(run.id)
    assert (read.evaluation_id, read.classes, read.has_probabilities) == (TEST, predictions.classes, True)
    for part, answers in predictions.parts.items():
        assert read.parts[part].ids == answers.ids
        np.testing.assert_array_equal(read.parts[part].true, answers.true)
        np.testing.assert_array_equal(read.parts[part].probabilities, answers.probabilities)
    weights.unlink()
    assert store.file(run.id, "trained").read_bytes() == b"weights"
    with pytest.raises(RunFileMissing):
        store.file(run.id, "other")
    assert store.get(run.id).metrics == {"test_accuracy": 0.25}


def test_the_history_has_a_row_an_epoch_and_the_last_write_of_an_epoch_counts(store, spec):
    run, attempt = running(store, spec)
    assert store.history(run.id).empty
    for epoch in (1, 2):
        machine = {"photos_per_second": 300.0 + epoch, "memory_mb": 800.0}
        figures = {"train_loss": 1 / epoch, "validation_accuracy": 0.1 * epoch} | machine
        store.log_epoch(run.id, attempt, epoch, figures)
    attempt = store.claim(run.id)
    store.log_epoch(run.id, attempt, 2, {"train_loss": 0.25, "validation_accuracy": 0.3})
    history = store.history(run.id)
    assert history["epoch"].tolist() == [1, 2]
    assert history["train_loss"].tolist() == [1.0, 0.25]
    assert history["train_accuracy"].isna().all()
    assert history["photos_per_second"].tolist() == [301.0, 302.0]
    assert history["memory_mb"].tolist() == [800.0, 800.0]
    assert store.get(run.id).metrics["validation_accuracy"] == 0.3
    assert "memory_mb" not in store.get(run.id).metrics  # of an epoch, no final figure


def test_runs_are_found_by_id_prefix_and_exact_name(store, spec):
    run = queued(store, spec, name="Oak study")
    other = queued(store, spec, name="Oak study two", again=True)
    assert store.get(run.id[:12]) == store.get("Oak study") == run
    with pytest.raises(UnknownRun):
        store.get("Oak")
    with pytest.raises(UnknownRun):
        store.get("")
    store.rename(other.id, "Oak study")
    with pytest.raises(AmbiguousRun):
        store.get("Oak study")
    for bad in ("", "  ", "x" * 201):
        with pytest.raises(BadName):
            store.rename(run.id, bad)


def test_lists_are_newest_first_and_filter_by_what_is_given(store, spec, predictions):
    first = queued(store, spec)
    second = queued(store, spec.model_copy(update={"seed": 1}))
    brought = store.create(RunKind.BROUGHT, "elsewhere", predictions=predictions, metrics={"test_accuracy": 0.5})
    assert [run.id for run in store.list()] == [brought.id, second.id, first.id]
    assert [run.id for run in store.list(status=Status.QUEUED, home=store.home)] == [second.id, first.id]
    assert [run.id for run in store.list(kind=RunKind.BROUGHT)] == [brought.id]
    assert [run.id for run in store.list(spec_id=spec.id)] == [first.id]
    assert len(store.list(evaluation_id=TEST, limit=2)) == 2
    store.claim(first.id)
    assert [run.id for run in store.list(status=Status.QUEUED)] == [second.id]


def test_one_store_sees_at_once_what_another_wrote(settings, store, spec):
    other = RunStore(settings)
    run = queued(store, spec)
    assert other.get(run.id) == run
    other.claim(run.id)
    assert store.get(run.id).status == Status.RUNNING
    other.rename(run.id, "renamed")
    assert store.list()[0].name == "renamed"


def test_a_run_brought_in_is_finished_at_once_and_takes_predictions_once(store, predictions):
    run = store.create(RunKind.BROUGHT, "elsewhere", evaluation_id=TEST)
    assert run.status == Status.FINISHED
    assert store.finish(run.id, 0, predictions, {"test_accuracy": 1.0})
    assert store.predictions(run.id).classes == predictions.classes
    assert not store.finish(run.id, 0, predictions, {"test_accuracy": 0.0})


def test_another_data_folders_queued_run_is_not_joined(settings, store, spec, tmp_path):
    elsewhere = Settings(home=tmp_path / "other", weights=None, tracking_uri=settings.tracking_uri, photo_roots=None)
    run, joined = RunStore(elsewhere).submit(spec, evaluation_id=TEST)
    assert not joined
    mine, joined = store.submit(spec, evaluation_id=TEST)
    assert not joined
    assert mine.home != run.home


def test_other_mlflow_tools_see_names_parameters_and_status(settings, store, spec, predictions):
    from mlflow import MlflowClient

    client = MlflowClient(settings.tracking_uri)
    run = queued(store, spec, name="frozen, then thawed")
    assert client.get_run(run.id).info.status == "SCHEDULED"
    attempt = store.claim(run.id)
    assert client.get_run(run.id).info.status == "RUNNING"
    store.finish(run.id, attempt, predictions, {"validation_f1_macro": 0.5})
    seen = client.get_run(run.id)
    assert (seen.info.status, seen.info.run_name) == ("FINISHED", "frozen, then thawed")
    assert seen.data.params["phase2.frozen"] == "100"
    assert seen.data.params["backbone"] == "xception"
    assert seen.data.metrics["validation_f1_macro"] == 0.5


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    settings = Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None)
    with pytest.raises(StoreUnavailable, match="THAW_HOME"):
        RunStore(settings)


def test_a_damaged_store_is_one_sentence(settings, store, spec):
    queued(store, spec)
    with (settings.home / "runs.db").open("r+b") as file:
        file.write(os.urandom(8192))
    with pytest.raises(StoreUnavailable):
        store.list()
    with pytest.raises(StoreUnavailable):
        queued(store, spec)


def test_importing_the_room_imports_neither_mlflow_nor_keras():
    code = "import sys, core.runs; sys.exit(any(name in sys.modules for name in ('mlflow', 'keras', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_mlflow_counts_nothing_and_sends_nothing(settings):
    RunStore(settings)
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()


def test_a_run_that_was_ended_early_is_finished_but_no_answer_to_its_whole_plan(store, spec, predictions):
    run, _ = store.submit(spec, evaluation_id="f" * 20)
    attempt = store.claim(run.id)
    store.request_stop(run.id, keep=True)
    asked = store.get(run.id)
    assert (asked.finish_requested, asked.stop_requested) == (True, False)
    assert store.submit(spec, evaluation_id="f" * 20)[1] is False  # who wants the whole plan gets a run of their own
    store.finish(run.id, attempt, predictions, {"validation_accuracy": 0.5, "ended_early": 1.0})
    assert store.get(run.id).status == Status.FINISHED
    assert store.submit(spec, evaluation_id="f" * 20)[0].id != run.id


def test_a_run_that_a_loss_ended_is_no_answer_to_its_whole_plan_and_cannot_be_tried_again(store, spec, predictions):
    run, _ = store.submit(spec, evaluation_id="f" * 20)
    ended = {"validation_accuracy": 0.5, "ended_early": 1.0, "not_a_number_epoch": 3.0, "not_a_number_rate": 0.1}
    store.finish(run.id, store.claim(run.id), predictions, ended)
    with pytest.raises(RunNotRetryable):
        store.requeue(run.id)
    other, joined = store.submit(spec, evaluation_id="f" * 20)
    assert (other.id != run.id, joined) == (True, False)


def test_recalls_come_an_epoch_and_class_and_are_no_final_figure(store, spec):
    run, _ = store.submit(spec, evaluation_id="f" * 20)
    attempt = store.claim(run.id)
    assert store.recalls(run.id, 2).empty
    for epoch, recall in ((1, 0.25), (2, 0.75)):
        figures = {"validation_accuracy": recall, "validation_recall_0": recall, "validation_recall_1": 1.0}
        store.log_epoch(run.id, attempt, epoch, figures)
    found = store.recalls(run.id, 2)
    assert found[0].to_dict() == {1: 0.25, 2: 0.75}
    assert found[1].tolist() == [1.0, 1.0]
    assert set(store.get(run.id).metrics) == {"validation_accuracy"}
