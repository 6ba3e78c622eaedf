"""One suite over all executors."""

import sys

import pytest

from core.jobs import places
from core.jobs.local import LocalExecutor
from core.jobs.worker import DONE, STOPPED

METHODS = ["spawn"] + (["forkserver"] if sys.platform == "linux" else [])


@pytest.fixture(params=METHODS)
def executor(request, settings):
    executor = LocalExecutor(settings, "fake_trainers:train", method=request.param)
    executor.warm()
    return executor


def test_jobs_start_end_and_are_ended(executor, settings, store, queue_run, wait_for):
    quick, waits, deaf = queue_run("quick"), queue_run("waits"), queue_run("stubborn")
    jobs = {run.id: executor.start(run.id, store.claim(run.id)) for run in (quick, waits, deaf)}

    def code(run):
        return wait_for(lambda: (executor.poll(jobs[run.id]),) if executor.poll(jobs[run.id]) is not None else None)[0]

    assert code(quick) == DONE
    assert (places.attempt(settings, quick.id, 1) / places.RESULT).exists()
    wait_for(lambda: store.get(waits.id).progress.note == "waiting")
    executor.stop(jobs[waits.id])
    assert code(waits) == STOPPED
    wait_for(lambda: store.get(deaf.id).progress.note == "deaf")
    executor.stop(jobs[deaf.id], now=True)
    assert code(deaf) == -9
    executor.stop(jobs[deaf.id])  # gone already: nothing happens
    executor.stop(jobs[deaf.id], now=True)
