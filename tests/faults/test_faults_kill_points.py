"""A process that dies at a named place, at each of them: the job ends as it would have, once."""

import re

import pytest
from serving import ROOT

from core.jobs import queue
from core.kill_points import POINTS, VARIABLE
from core.records import Status

ALWAYS = "finished-mirrored"  # the last write of all; the rest take long
NAMES = [name if name == ALWAYS else pytest.param(name, marks=pytest.mark.faults) for name in POINTS]
ENDS = {"failed-mirrored": Status.FAILED, "cancelled-mirrored": Status.CANCELLED}
TRAINERS = {Status.FAILED: "refuses", Status.CANCELLED: "waits", Status.FINISHED: "checkpointed"}


def test_every_place_in_the_code_is_registered():
    used = set()
    for path in (ROOT / "core").rglob("*.py"):
        used |= set(re.findall(r'kill_point\(f?"([^"]+)"\)', path.read_text()))
    assert {name for name in used if "{" not in name} <= POINTS.keys()
    assert used - POINTS.keys() == {"{status}-mirrored"}
    assert "{status}" not in "".join(POINTS)


@pytest.mark.parametrize("name", NAMES)
def test_a_job_whose_process_dies_there_ends_as_it_would_have_and_once(jobs, wait_for, name):
    end = ENDS.get(name, Status.FINISHED)
    run = jobs.queue(TRAINERS[end], epochs=3)
    marker = jobs.home / "not-yet"
    marker.touch()
    server = jobs.serve(**{VARIABLE: f"{name}@{marker}"})
    if end == Status.CANCELLED:
        wait_for(lambda: jobs.store.get(run.id).progress.note == "waiting")
        queue.cancel(jobs.settings, run.id)
    wait_for(lambda: not marker.exists())
    found = wait_for(jobs.over(run, end))
    wait_for(lambda: end != Status.FINISHED or leftovers(jobs, run) == {"log.txt"})
    server.end()
    assert jobs.all_gone()
    assert jobs.ends(run) == {str(end): 1}
    assert jobs.store.get(run.id) == found
    assert len(jobs.store.list()) == 1
    if end == Status.FINISHED:
        assert jobs.store.predictions(run.id).evaluation_id == jobs.split.evaluation_id
        assert jobs.store.history(run.id)["epoch"].tolist() == [1, 2, 3]


def leftovers(jobs, run) -> set[str]:
    """Names of what is left of the job."""
    return {path.name for path in (jobs.settings.jobs / run.id).rglob("*") if path.is_file()}
