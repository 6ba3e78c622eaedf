import pytest

from core.errors import BadLimits, DiskQuota, NotYours, TooManyWaiting
from core.jobs import queue, quotas, sweep
from core.jobs.limits import Limits, limits, set_limits
from core.records import LOCAL, NOBODY, Status, Visitor

MIA, TOM = Visitor(id="mia-1", name="Mia"), Visitor(id="tom-1", name="Tom")
TEACHER = Visitor(id="teacher-1", teacher=True)


@pytest.fixture
def spec(settings, split):
    phases = [{"frozen": 0, "epochs": 1, "batch_size": 4}]
    raw = {"dataset": "Trees", "split": split.id, "backbone": "MobileNetV2", "weights": None, "input_size": 32}
    return queue.resolve_spec(settings, raw | {"phases": phases})


def seeds(spec, count, start=0):
    return [spec.model_copy(update={"seed": start + number}) for number in range(count)]


def test_a_visitor_may_have_five_jobs_waiting_and_no_more(settings, spec):
    for one in seeds(spec, 5):
        queue.submit(settings, one, visitor=MIA)
    with pytest.raises(TooManyWaiting, match="5 trainings waiting; with 1 more"):
        queue.submit(settings, seeds(spec, 1, 90)[0], visitor=MIA)
    assert queue.submit(settings, seeds(spec, 1, 91)[0], visitor=TOM)[0].owner == "tom-1"
    for one in seeds(spec, 7, 100):
        queue.submit(settings, one, visitor=TEACHER)
        queue.submit(settings, one.model_copy(update={"seed": one.seed + 100}), visitor=LOCAL)


def test_thirty_equal_starts_are_one_run_that_costs_one_place(settings, spec):
    runs = [queue.submit(settings, spec, visitor=Visitor(id=f"pupil-{number}")) for number in range(30)]
    assert len({run.id for run, _ in runs}) == 1
    assert sum(joined for _, joined in runs) == 29
    for one in seeds(spec, 5, 50):
        queue.submit(settings, one, visitor=MIA)
    assert queue.submit(settings, spec, visitor=MIA)[1]  # a join needs no place


def test_a_sweep_is_queued_whole_or_not_at_all(settings, spec):
    with pytest.raises(TooManyWaiting, match="with 6 more"):
        sweep.submit(settings, spec, cuts=[0, 3], seeds=[0, 1, 2], visitor=MIA)
    assert queue.waiting(settings) == []
    runs, _ = sweep.submit(settings, spec, cuts=[0, 3], seeds=[0, 1], visitor=MIA)
    assert len(runs) == 4
    assert {run.owner for run in runs} == {"mia-1"}
    assert len(sweep.submit(settings, spec, cuts=[0, 3], seeds=[0, 1], visitor=MIA)[0]) == 4  # all are joined


def test_jobs_are_told_in_the_order_in_which_they_are_taken(settings, spec):
    for who, one in zip([MIA, MIA, MIA, TOM], seeds(spec, 4), strict=True):
        queue.submit(settings, one, visitor=who)
    assert [run.owner for run in queue.waiting(settings)] == ["mia-1", "tom-1", "mia-1", "mia-1"]


@pytest.mark.parametrize("act", [queue.cancel, queue.finish, queue.retry])
def test_only_the_owner_and_the_teacher_may_stop_a_job(settings, spec, act):
    run, _ = queue.submit(settings, spec, visitor=MIA)
    for other in (TOM, NOBODY, Visitor()):
        with pytest.raises(NotYours, match="belongs to mia-1"):
            act(settings, run.id, other)
    assert queue.open_store(settings).get(run.id).status == Status.QUEUED
    assert queue.cancel(settings, run.id, MIA).status == Status.CANCELLED
    assert queue.retry(settings, run.id, TEACHER).status == Status.QUEUED


def test_a_job_of_the_machines_own_screen_is_not_a_pupils(settings, spec):
    run, _ = queue.submit(settings, spec)
    with pytest.raises(NotYours, match="whoever sits at the computer itself"):
        queue.cancel(settings, run.id, MIA)
    assert queue.cancel(settings, run.id).status == Status.CANCELLED


def test_photos_and_runs_of_a_visitor_count_for_the_disk(settings, spec):
    set_limits(settings, Limits(gigabytes=0.1))
    store = queue.open_store(settings)
    quotas.charge(settings, "mia-1", 60 * 2**20)
    quotas.check_disk(settings, store, MIA, 40 * 2**20)
    with pytest.raises(DiskQuota, match=r"take 0\.1 GB; with 0\.0 GB more"):
        quotas.check_disk(settings, store, MIA, 50 * 2**20)
    quotas.charge(settings, "mia-1", 60 * 2**20)
    with pytest.raises(DiskQuota):
        queue.submit(settings, spec, visitor=MIA)
    queue.submit(settings, spec, visitor=TOM)
    quotas.check_disk(settings, store, TEACHER, 2**40)
    quotas.check_disk(settings, store, LOCAL, 2**40)


def test_the_files_of_a_visitors_runs_are_counted(settings, spec):
    run, _ = queue.submit(settings, spec, visitor=MIA)
    store = queue.open_store(settings)
    attempt = store.claim(run.id)
    weights = settings.home / "w.bin"
    weights.write_bytes(b"0" * 5_000)
    assert store.finish(run.id, attempt, None, {}, {"w.bin": weights})
    assert 5_000 <= quotas.disk(settings, store, "mia-1") < 20_000
    assert quotas.disk(settings, store, "tom-1") == 0


def test_limits_are_kept_and_checked_and_what_was_written_by_hand_is_not_trusted(settings):
    assert limits(settings) == Limits(waiting=5, gigabytes=5.0)
    set_limits(settings, Limits(waiting=2, gigabytes=1.5))
    assert limits(settings) == Limits(waiting=2, gigabytes=1.5)
    for bad in (Limits(waiting=0), Limits(waiting=2.5), Limits(gigabytes=float("nan")), Limits(gigabytes=0)):
        with pytest.raises(BadLimits):
            set_limits(settings, bad)
    for text in ('{"waiting": 0}', '{"waiting": "many"}', '{"else": 1}', "[1]", "{"):
        (settings.home / "class" / "limits.json").write_text(text)
        assert limits(settings) == Limits()
