"""Jobs that take others with them, and a long queue."""

import json
import time
from itertools import pairwise

import pytest

from core.jobs import attempts, queue
from core.jobs.supervisor import Supervisor
from core.records import Status


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_job_that_brings_its_supervisor_down_each_time_is_given_up_and_the_next_one_runs(jobs, wait_for):
    deadly, behind = jobs.queue("kills_its_supervisor"), jobs.queue("quick")
    server = jobs.serve()
    failed = wait_for(jobs.over(deadly, Status.FAILED), seconds=600)
    assert failed.attempt == attempts.MOST_TOGETHER
    assert f"{attempts.MOST_TOGETHER} times in a row without getting further" in failed.error
    assert "taking the supervisor down" in failed.error
    wait_for(jobs.over(behind, Status.FINISHED))
    server.end()
    assert jobs.all_gone()


class Idle:
    """An executor whose jobs go on for ever and start at once."""

    def __init__(self):
        self.started, self.asked = [], []

    def start(self, run_id, attempt):  # noqa: ARG002
        self.started.append(run_id)
        return run_id

    def poll(self, job):
        return 0 if job in self.asked else None

    def stop(self, job, now=False):  # noqa: ARG002
        self.asked.append(job)


def stepping(jobs):
    supervisor = Supervisor(jobs.settings, Idle())
    supervisor._store = jobs.store
    return supervisor


def quickly_queued(jobs, count, finished=0):
    """So many queued runs; before them so many that are over."""
    runs = []
    for number in range(finished + count):
        run = jobs.queue("quick", seed=number)
        if number < finished:
            jobs.store.finish(run.id, jobs.store.claim(run.id), None, {"validation_accuracy": 0.5})
        else:
            runs.append(run)
    return runs


def order_is_kept_and_any_can_be_cancelled(jobs, count):
    runs = quickly_queued(jobs, count)
    assert [run.id for run in queue.waiting(jobs.settings)] == [run.id for run in runs]
    supervisor = stepping(jobs)
    supervisor.step()
    running = runs[0]
    assert supervisor._executor.started == [running.id]
    for run in (running, runs[1], runs[count // 2], runs[-1]):
        queue.cancel(jobs.settings, run.id)
    for run in (runs[1], runs[count // 2], runs[-1]):
        assert jobs.store.get(run.id).status == Status.CANCELLED
    supervisor.step()  # asks the running one to end
    supervisor.step()  # and takes up the next one
    assert jobs.store.get(running.id).status == Status.CANCELLED
    left = [run for run in runs if jobs.store.get(run.id).status == Status.QUEUED]
    assert len(left) == count - 5
    assert supervisor._executor.started == [running.id, runs[2].id]
    for run in left[:3]:  # and on in this order
        jobs.store.cancel(supervisor._executor.started[-1])
        supervisor._executor.asked.append(supervisor._executor.started[-1])
        supervisor.step()
        assert supervisor._executor.started[-1] == run.id
    for one, other in pairwise(queue.waiting(jobs.settings)):
        assert one.created < other.created


def test_of_twenty_queued_jobs_any_can_be_cancelled_and_the_order_is_kept(jobs):
    order_is_kept_and_any_can_be_cancelled(jobs, 20)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_of_two_hundred_queued_jobs_any_can_be_cancelled_and_the_order_is_kept(jobs):
    order_is_kept_and_any_can_be_cancelled(jobs, 200)


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_step_of_the_supervisor_is_quick_with_200_queued_and_1000_finished_runs(jobs, figures_folder):
    quickly_queued(jobs, 200, finished=1000)
    supervisor = stepping(jobs)
    supervisor.step()
    took = []
    for _ in range(50):
        began = time.perf_counter()
        supervisor.step()
        took.append(time.perf_counter() - began)
    took.sort()
    figures = {"median_ms": round(took[25] * 1000, 1), "slowest_ms": round(took[-1] * 1000, 1)}
    print("a step with 200 queued and 1,000 finished runs:", figures)
    (figures_folder / "faults_step.json").write_text(json.dumps(figures))
    assert figures["median_ms"] < 1000
