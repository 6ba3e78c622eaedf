"""Processes that are stopped, not killed: who alone says nothing is given up; where all stood still, nobody is."""

import os
import signal
import time

import pytest
from serving import Server

from core.jobs import supervision
from core.jobs.silence import Silence
from core.jobs.watch import SILENT_SECONDS
from core.records import Progress, Status

SOON = SILENT_SECONDS + 60  # generous: the machine may be busy


def attempt_at_work(jobs, run, wait_for, attempt=1):
    return wait_for(lambda: jobs.store.get(run.id).attempt == attempt and jobs.worker(run))


def test_a_lid_that_was_closed_counts_as_a_second():
    now = 0.0
    silence = Silence(clock=lambda: now)
    for _ in range(10):
        now += 0.5
        said = silence.of("the same")
    assert said == 4.5  # the first look knows nothing of what was before
    now += 3600
    assert silence.of("the same") == 5.5
    assert silence.of("something else") == 0


@pytest.mark.faults
def test_a_worker_that_alone_is_frozen_is_given_up_and_what_it_writes_late_is_refused(jobs, wait_for):
    run = jobs.queue("waits_once")
    server = jobs.serve()
    frozen = attempt_at_work(jobs, run, wait_for)
    wait_for(lambda: jobs.store.get(run.id).progress.note == "waiting")
    began = time.monotonic()
    os.kill(frozen, signal.SIGSTOP)
    done = wait_for(jobs.over(run, Status.FINISHED), seconds=SOON)
    print(f"given up and done again {time.monotonic() - began:.1f} s after it was frozen")
    assert time.monotonic() - began > SILENT_SECONDS / 2
    assert done.attempt == 2
    assert not supervision.lives(frozen)
    assert not jobs.store.write_progress(run.id, 1, Progress(epochs=9))
    assert not jobs.store.finish(run.id, 1, None, {"validation_accuracy": 0.0})
    assert jobs.store.get(run.id) == done
    assert jobs.ends(run) == {"finished": 1}
    server.end()
    assert jobs.all_gone()


@pytest.mark.faults
def test_a_worker_that_was_frozen_for_a_moment_goes_on(jobs, wait_for):
    run = jobs.queue("checkpointed", epochs=20)
    server = jobs.serve()
    frozen = attempt_at_work(jobs, run, wait_for)
    wait_for(lambda: jobs.store.get(run.id).progress.epoch)
    os.kill(frozen, signal.SIGSTOP)
    time.sleep(SILENT_SECONDS / 4)
    os.kill(frozen, signal.SIGCONT)
    assert wait_for(jobs.over(run, Status.FINISHED)).attempt == 1
    server.end()


@pytest.mark.faults
def test_a_frozen_worker_that_holds_the_store_holds_nobody_up_for_long(jobs, wait_for):
    run = jobs.queue("holds_the_store")
    server = jobs.serve()
    frozen = attempt_at_work(jobs, run, wait_for)
    wait_for(lambda: (jobs.home / "holding").exists())
    os.kill(frozen, signal.SIGSTOP)
    assert wait_for(jobs.over(run, Status.FINISHED), seconds=SOON).attempt == 2
    server.end()
    assert jobs.all_gone()


@pytest.mark.faults
def test_a_frozen_supervisor_is_replaced_by_that_of_a_second_server_and_writes_nothing_late(jobs, wait_for):
    run, behind = jobs.queue("waits_once"), jobs.queue("quick", 1)
    first = jobs.serve()
    wait_for(lambda: jobs.store.get(run.id).progress.note == "waiting")
    second = Server(jobs.home)
    frozen = supervision.state(jobs.settings)["pid"]
    os.kill(first.process.pid, signal.SIGSTOP)  # it would start another one
    os.kill(frozen, signal.SIGSTOP)
    began = time.monotonic()
    done = wait_for(jobs.over(run, Status.FINISHED), seconds=SOON)
    print(f"taken over and done {time.monotonic() - began:.1f} s after it was frozen")
    assert done.attempt == 2
    wait_for(jobs.over(behind, Status.FINISHED))
    assert not supervision.lives(frozen)
    os.kill(first.process.pid, signal.SIGCONT)
    assert jobs.ends(run) == jobs.ends(behind) == {"finished": 1}
    for server in (first, second):
        server.end()
    assert jobs.all_gone()


@pytest.mark.faults
def test_a_frozen_supervisor_is_replaced_by_its_own_server(jobs, wait_for):
    run = jobs.queue("waits_once")
    server = jobs.serve()
    wait_for(lambda: jobs.store.get(run.id).progress.note == "waiting")
    os.kill(supervision.state(jobs.settings)["pid"], signal.SIGSTOP)
    assert wait_for(jobs.over(run, Status.FINISHED), seconds=SOON).attempt == 2
    server.end()
    assert jobs.all_gone()


@pytest.mark.faults
def test_a_frozen_forkserver_holds_no_job_up_for_ever(jobs, wait_for):
    import psutil

    run, behind = jobs.queue("checkpointed", epochs=10), jobs.queue("quick", 1)
    server = jobs.serve()
    attempt_at_work(jobs, run, wait_for)
    for child in psutil.Process(supervision.state(jobs.settings)["pid"]).children():
        if "multiprocessing.forkserver" in " ".join(child.cmdline()):
            child.suspend()
    wait_for(jobs.over(run, Status.FINISHED), seconds=SOON + 60)
    wait_for(jobs.over(behind, Status.FINISHED), seconds=SOON)
    assert jobs.ends(run) == {"finished": 1}
    server.end()
    assert jobs.all_gone()


@pytest.mark.faults
def test_where_everything_was_frozen_nothing_is_given_up(jobs, wait_for):
    from serving import processes

    run = jobs.queue("checkpointed", epochs=20)
    server, second = jobs.serve(), Server(jobs.home)
    attempt_at_work(jobs, run, wait_for)
    wait_for(lambda: jobs.store.get(run.id).progress.epoch)
    all_of_them = processes(jobs.home)
    for process in all_of_them:
        process.suspend()
    time.sleep(SILENT_SECONDS + 10)
    for process in all_of_them:
        process.resume()
    assert wait_for(jobs.over(run, Status.FINISHED)).attempt == 1
    for each in (server, second):
        each.end()
