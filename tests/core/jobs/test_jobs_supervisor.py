import threading
from contextlib import ExitStack
from itertools import pairwise

import psutil
import pytest

from core.errors import RunNotActive, RunNotRetryable
from core.jobs import queue, supervision
from core.jobs.service import job_log
from core.jobs.supervisor import Supervisor
from core.records import Part, Status


def over(store, run, status):
    def look():
        found = store.get(run.id)
        assert not found.status.over or found.status == status, found.error
        return found.status == status and found

    return look


def running(store, run, note):
    return lambda: store.get(run.id).progress.note == note


def test_a_queued_run_is_trained_and_published(settings, store, queue_run, supervise, wait_for):
    run = queue_run("quick")
    with supervise():
        done = wait_for(over(store, run, Status.FINISHED))
    assert done.attempt == 1
    assert done.metrics["validation_accuracy"] == done.metrics["test_accuracy"] == 1.0
    assert done.metrics["seconds"] == 1.5
    assert done.started >= done.created
    assert store.predictions(run.id).parts[Part.TEST].true.size == 2
    assert store.file(run.id, "trained.weights.h5").read_bytes() == b"weights"
    assert store.history(run.id)["train_loss"].tolist() == [1 / epoch for epoch in range(1, 6)]
    assert "training quick" in job_log(settings, run.id)
    left = [path.name for path in (settings.jobs / run.id).rglob("*") if path.is_file()]
    assert left == ["log.txt"]


def test_queued_runs_are_trained_oldest_first_one_at_a_time(store, queue_run, supervise, wait_for):
    runs = [queue_run("quick", seed) for seed in range(3)]
    with supervise():
        done = [wait_for(over(store, run, Status.FINISHED)) for run in runs]
    for earlier, later in pairwise(done):
        assert earlier.ended <= later.started


def test_a_killed_workers_job_is_tried_again(store, queue_run, supervise, wait_for):
    run = queue_run("dies_once")
    with supervise():
        assert wait_for(over(store, run, Status.FINISHED)).attempt == 2


def test_three_deaths_without_a_new_checkpoint_fail_the_run_with_the_reason(store, queue_run, supervise, wait_for):
    run = queue_run("dies")
    with supervise():
        failed = wait_for(over(store, run, Status.FAILED))
        assert failed.attempt == 3
        assert "3 times in a row" in failed.error
        assert "memory is too small for this network; try smaller photos than 12 px" in failed.error
        assert "about to die" in failed.error
        store.requeue(run.id)  # whoever asks again gets three more
        assert wait_for(lambda: store.get(run.id).attempt == 6 and over(store, run, Status.FAILED)())


def test_a_job_whose_memory_was_taken_away_says_which_batch_to_try_and_the_next_one_runs(
    store, queue_run, supervise, wait_for
):
    starved, other = queue_run("starves"), queue_run("quick")
    with supervise():
        failed = wait_for(over(store, starved, Status.FAILED))
        assert "memory is too small for a batch of 32; try 16" in failed.error
        wait_for(over(store, other, Status.FINISHED))


def test_a_full_disk_fails_the_job_that_met_it_and_the_next_one_runs(store, queue_run, supervise, wait_for):
    unlucky, other = queue_run("fills_the_disk"), queue_run("quick")
    with supervise():
        failed = wait_for(over(store, unlucky, Status.FAILED))
        assert (failed.attempt, failed.error[:40]) == (1, "Training stopped: the disk is full. Free")
        wait_for(over(store, other, Status.FINISHED))


def test_deaths_that_each_brought_a_checkpoint_go_on(store, queue_run, supervise, wait_for):
    run = queue_run("dies_further_on")
    with supervise():
        assert wait_for(over(store, run, Status.FINISHED)).attempt == 6


def test_an_error_with_a_sentence_fails_at_once(store, queue_run, supervise, wait_for, settings):
    refused, broken = queue_run("refuses"), queue_run("breaks")
    with supervise():
        failed = wait_for(over(store, refused, Status.FAILED))
        assert (failed.attempt, failed.error[:34]) == (1, "The weights file mine.weights.h5 i")
        failed = wait_for(over(store, broken, Status.FAILED))
    assert failed.attempt == 1
    assert failed.error == "Training stopped: an unexpected ValueError: shapes differ"
    assert "Traceback" in job_log(settings, broken.id)


def test_cancel_works_in_every_state(settings, store, queue_run, supervise, wait_for):
    first, second = queue_run("waits"), queue_run("waits", 1)
    assert queue.cancel(settings, second.id).status == Status.CANCELLED  # no supervisor is needed
    with supervise():
        wait_for(running(store, first, "waiting"))
        waiting = queue_run("quick")
        assert queue.cancel(settings, waiting.id).status == Status.CANCELLED
        assert queue.cancel(settings, first.id).stop_requested
        wait_for(over(store, first, Status.CANCELLED))
        with pytest.raises(RunNotActive):
            queue.cancel(settings, first.id)
        done = queue_run("quick", 5)
        wait_for(over(store, done, Status.FINISHED))
        with pytest.raises(RunNotRetryable):
            queue.retry(settings, done.id)
    assert queue.retry(settings, waiting.id).status == Status.QUEUED


def test_a_job_that_hears_nothing_is_ended_with_all_it_started(settings, store, queue_run, supervise, wait_for):
    run = queue_run("stubborn")
    with supervise():
        wait_for(running(store, run, "deaf"))
        pids = [int(pid) for pid in (settings.jobs / run.id / "attempt-1" / "pids").read_text().split()]
        queue.cancel(settings, run.id)
        wait_for(over(store, run, Status.CANCELLED))
        wait_for(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_supervisor_that_ends_leaves_no_process_and_the_next_one_goes_on(
    settings, store, queue_run, supervise, wait_for
):
    run = queue_run("waits_once")
    with supervise():
        wait_for(running(store, run, "waiting"))
        (job,) = supervision.state(settings)["jobs"] or [None]
        assert job == run.id
        pid = wait_for(lambda: worker_pid(settings, run))
    assert not alive(pid)
    assert store.get(run.id).status == Status.RUNNING
    with supervise():
        assert wait_for(over(store, run, Status.FINISHED)).attempt == 2


def worker_pid(settings, run):
    from core.runs.files import read_json

    return (read_json(settings.jobs / run.id / "attempt-1" / "worker.json") or {}).get("pid")


def test_a_second_supervisor_waits_and_takes_over_when_the_first_is_gone(store, queue_run, supervise, wait_for):
    with ExitStack() as first, ExitStack() as second:
        one = first.enter_context(supervise())
        wait_for(lambda: hasattr(one, "_store"))  # it has the lock
        two = second.enter_context(supervise())
        wait_for(over(store, queue_run("quick"), Status.FINISHED))
        assert not hasattr(two, "_store")
        first.close()
        wait_for(over(store, queue_run("quick", 1), Status.FINISHED))


class Idle:
    """An executor whose jobs never say anything, and one that can't start any."""

    def __init__(self, starts=True):
        self.starts, self.started = starts, []

    def warm(self):
        pass

    def start(self, run_id, attempt):
        if not self.starts:
            raise OSError("too many processes")
        self.started.append((run_id, attempt))
        return run_id

    def poll(self, job):  # noqa: ARG002
        return None

    def stop(self, job, now=False):
        pass


def stepping(settings, store, executor):
    supervisor = Supervisor(settings, executor)
    supervisor._store = store
    return supervisor


def test_a_claim_that_was_never_started_is_taken_up_again(settings, store, queue_run):
    run = queue_run("quick")
    assert store.claim(run.id) == 1  # and here the supervisor was killed
    executor = Idle()
    stepping(settings, store, executor).step()
    assert executor.started == [(run.id, 2)]


def test_a_stop_that_was_asked_for_while_no_supervisor_ran_is_obeyed(settings, store, queue_run):
    run = queue_run("quick")
    store.claim(run.id)
    store.request_stop(run.id)
    executor = Idle()
    stepping(settings, store, executor).step()
    assert store.get(run.id).status == Status.CANCELLED
    assert not executor.started


def test_a_running_run_is_cancelled_where_no_supervisor_is_left(settings, store, queue_run):
    run = queue_run("quick")
    store.claim(run.id)
    assert queue.cancel(settings, run.id).status == Status.CANCELLED


def test_a_process_that_cannot_be_started_fails_the_run_after_three_tries(settings, store, queue_run):
    run = queue_run("quick")
    supervisor = stepping(settings, store, Idle(starts=False))
    for _ in range(3):
        supervisor.step()
    failed = store.get(run.id)
    assert failed.status == Status.FAILED
    assert "too many processes" in failed.error


def test_runs_of_another_data_folder_are_left_alone(settings, store, queue_run):
    run = queue_run("quick")
    (settings.home / "home.json").unlink()  # the folder is another one now, on the same tracker
    executor = Idle()
    stepping(settings, type(store)(settings), executor).step()
    assert not executor.started
    assert store.get(run.id).status == Status.QUEUED


def test_a_supervisor_stops_while_it_waits_for_the_lock(settings):
    stop = threading.Event()
    with supervision.as_supervisor(settings) as alone:
        assert alone
        waiting = threading.Thread(target=Supervisor(settings, Idle()).run, args=(stop,))
        waiting.start()
        stop.set()
        waiting.join(30)
    assert not waiting.is_alive()
