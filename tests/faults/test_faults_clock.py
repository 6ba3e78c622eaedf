"""The wall clock jumps by a day, to and fro: nobody is taken for somebody else, given up, or put out of his turn."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from serving import HERE, environment

from core.jobs import queue, supervision
from core.records import Status
from core.runs import record

DAY = 86_400


def test_the_queue_keeps_its_order_when_the_clock_is_set_back(jobs, monkeypatch):
    first = jobs.queue("quick", 0)

    class YesterdayNow(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=1)

    monkeypatch.setattr(record, "datetime", YesterdayNow)
    later = [jobs.queue("quick", seed) for seed in (1, 2)]
    assert [run.id for run in queue.waiting(jobs.settings)] == [run.id for run in (first, *later)]
    assert first.created < later[0].created < later[1].created < datetime.now(UTC)


@pytest.mark.faults
def test_jobs_go_on_and_their_supervisor_is_known_when_the_clock_jumps_by_a_day(jobs, wait_for):
    clock = jobs.home / "clock"
    path = os.pathsep.join([str(HERE / "moved_clock"), environment(jobs.home)["PYTHONPATH"]])
    server = jobs.serve(MOVED_CLOCK=str(clock), PYTHONPATH=path)
    long, behind = jobs.queue("checkpointed", epochs=40), jobs.queue("checkpointed", 1, epochs=3)

    def epoch(number):
        return lambda: jobs.store.get(long.id).progress.epoch >= number

    for number, moved in ((3, DAY), (10, -DAY)):
        wait_for(epoch(number))
        clock.write_text(str(moved))
        said = supervision.state(jobs.settings)
        wait_for(epoch(number + 4))
        assert supervision.state(jobs.settings) == said
        assert jobs.store.get(long.id).attempt == 1
    worker = jobs.worker(long)
    os.kill(said["pid"], signal.SIGKILL)
    wait_for(lambda: not supervision.lives(worker))
    clock.write_text(str(DAY))  # and the next supervisor wakes up on another day
    assert wait_for(jobs.over(long, Status.FINISHED)).attempt == 2
    assert wait_for(jobs.over(behind, Status.FINISHED)).attempt == 1
    for run in (long, behind):
        assert jobs.ends(run) == {"finished": 1}
    assert jobs.store.history(long.id)["epoch"].tolist() == list(range(1, 41))
    server.end()
    assert jobs.all_gone()
