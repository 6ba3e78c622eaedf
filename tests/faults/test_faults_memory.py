"""A job that takes too much memory is ended with a sentence; nobody else is."""

import time

import pytest

from core.jobs import supervision
from core.records import Status

LIMIT = 450  # MB; a worker without TensorFlow holds about a third of it


@pytest.mark.faults
def test_only_the_job_that_takes_too_much_memory_fails_at_once_and_says_how_much(jobs, wait_for):
    hungry, mapping, behind = jobs.queue("hungry"), jobs.queue("maps_much"), jobs.queue("quick")
    server = jobs.serve(THAW_MEMORY=str(LIMIT))
    wait_for(lambda: jobs.worker(hungry))
    supervisor = supervision.state(jobs.settings)["pid"]
    began = time.monotonic()
    failed = wait_for(jobs.over(hungry, Status.FAILED))
    print(f"ended {time.monotonic() - began:.1f} s after it began: {failed.error}")
    assert failed.attempt == 1
    assert "MB of memory, and a job may hold 450 MB here" in failed.error
    assert "for a batch of 32; try 16" in failed.error
    assert "THAW_MEMORY" in failed.error
    for run in (mapping, behind):
        assert wait_for(jobs.over(run, Status.FINISHED)).attempt == 1
    assert supervision.state(jobs.settings)["pid"] == supervisor
    assert server.process.poll() is None
    server.end()
    assert jobs.all_gone()
