"""What a supervisor does with what one before it left behind."""

import pytest
from fake_trainers import quick

from core import datasets
from core.jobs import attempts, places, results, worker
from core.jobs.supervisor import Supervisor
from core.records import Status


class Idle:
    """An executor whose jobs never say anything, and end when they are asked to."""

    def __init__(self):
        self.started, self.asked = [], []

    def start(self, run_id, attempt):
        self.started.append((run_id, attempt))
        return run_id

    def poll(self, job):
        return 3 if job in self.asked else None

    def stop(self, job, now=False):  # noqa: ARG002
        self.asked.append(job)


@pytest.fixture
def supervisor(settings):
    """supervisor() is one that begins now."""

    def begin():
        made = Supervisor(settings, Idle())
        made._open()
        return made

    return begin


@pytest.fixture
def left(settings, store, split, queue_run):
    """A run whose first attempt left its result, unpublished, when everything was killed; and the attempt's folder."""
    run = queue_run("quick")
    folder = places.attempt(settings, run.id, store.claim(run.id))
    folder.mkdir(parents=True)
    dataset, rows = datasets.find_dataset(settings, "Trees"), datasets.split_rows(settings, split.id, split.dataset)
    done = quick(run.spec, dataset.classes, rows, folder, lambda *_: None, split.evaluation_id)
    worker.leave(folder, done)
    return run, folder


def test_a_result_that_nobody_published_is_published_and_nothing_is_done_again(store, supervisor, left):
    made = supervisor()
    made.step()
    assert store.get(left[0].id).status == Status.FINISHED
    assert not made._executor.started


@pytest.mark.parametrize(
    ("damaged", "how"),
    [
        ("predictions.npz", "gone"),
        ("predictions.npz", "cut short"),
        ("predictions.json", "cut short"),
        ("anything.weights.h5", "gone"),
        (places.RESULT, "cut short"),
    ],
)
def test_a_result_that_was_damaged_is_none_and_the_job_goes_on(store, supervisor, left, damaged, how):
    run, folder = left
    path = folder / damaged
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    made = supervisor()
    made.step()
    assert store.get(run.id).status == Status.RUNNING
    assert made._executor.started == [(run.id, 2)]


def test_what_a_job_left_is_cleared_also_by_the_next_supervisor(settings, store, supervisor, left):
    run, folder = left
    (folder / places.LOG).write_text("a log")
    store.finish(run.id, 1, *results.read(folder))  # and killed before it was cleared
    supervisor()
    assert [path.name for path in (settings.jobs / run.id).rglob("*") if path.is_file()] == [places.LOG]


def test_a_home_that_was_moved_has_its_results_still(left):
    _, folder = left
    moved = folder.parent / "attempt-9"
    folder.rename(moved)
    _, _, files = results.read(moved)
    assert {path.parent for path in files.values()} == {moved}


def test_a_run_that_ended_with_its_supervisor_again_and_again_is_given_up(store, supervisor, queue_run):
    run = queue_run("quick")
    for attempt in range(1, attempts.MOST_TOGETHER + 1):
        made = supervisor()  # the one before was killed
        made.step()
        assert made._executor.started == [(run.id, attempt)]
        made.step()
    supervisor().step()
    failed = store.get(run.id)
    assert (failed.status, failed.attempt) == (Status.FAILED, attempts.MOST_TOGETHER)
    assert "what looks after the jobs ended with it" in failed.error


def test_a_supervisor_that_ends_in_good_order_is_no_mark_against_its_jobs(store, supervisor, queue_run):
    run = queue_run("quick")
    for _ in range(attempts.MOST_TOGETHER + 2):
        made = supervisor()
        made.step()
        made._leave()
    assert store.get(run.id).status == Status.RUNNING
