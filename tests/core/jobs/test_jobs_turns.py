from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.jobs.turns import in_turn, may_start
from core.records import Progress, Run, RunKind, Status

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def job(number, owner, status=Status.QUEUED, started=None):
    return Run(
        id=f"{number:032x}",
        name=f"job {number}",
        kind=RunKind.TRAINED,
        status=status,
        progress=Progress(),
        owner=owner,
        created=NOON + timedelta(seconds=number),
        started=NOON + timedelta(seconds=started) if started is not None else None,
    )


def owners(runs):
    return "".join(run.owner for run in in_turn(runs))


def test_without_visitors_the_oldest_is_first():
    runs = [job(number, "") for number in (3, 1, 2)]
    assert [run.name for run in in_turn(runs)] == ["job 1", "job 2", "job 3"]


def test_one_who_queued_much_keeps_nobody_waiting_for_all_of_it():
    runs = [job(number, "a") for number in range(5)] + [job(10, "b"), job(11, "b"), job(12, "c")]
    assert owners(runs) == "abcabaaa"


def test_who_was_served_longest_ago_is_next_and_who_never_was_comes_before():
    over = [job(0, "a", Status.FINISHED, started=5), job(1, "b", Status.FINISHED, started=9)]
    assert owners([*over, job(2, "b"), job(3, "a"), job(4, "c")]) == "cab"
    assert owners([*over, job(5, "a", Status.CANCELLED, started=20), job(2, "b"), job(3, "a")]) == "ba"


def test_who_has_a_job_running_comes_after_all_who_have_none():
    assert owners([job(0, "a", Status.RUNNING, started=1), job(2, "a"), job(3, "b"), job(4, "b")]) == "bab"


def test_a_visitor_has_one_job_running_at_a_time_but_the_machines_own_screen_may_have_more():
    running = [job(0, "a", Status.RUNNING, started=1), job(1, "", Status.RUNNING, started=1)]
    assert not may_start(job(2, "a"), running)
    assert may_start(job(3, "b"), running)
    assert may_start(job(4, ""), running)


JOBS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([Status.QUEUED, Status.FINISHED, Status.RUNNING])), max_size=40
)


@given(JOBS)
def test_everyone_waiting_gets_a_turn_once_and_nobody_two_while_another_with_no_more_waits(found):
    runs = [
        job(number, owner, status, started=None if status == Status.QUEUED else number)
        for number, (owner, status) in enumerate(found)
    ]
    order = in_turn(runs)
    assert sorted(run.id for run in order) == sorted(run.id for run in runs if run.status == Status.QUEUED)
    rounds = {}
    for run in order:
        rounds[run.owner] = rounds.get(run.owner, 0) + 1
        waiting = {other.owner for other in order[order.index(run) :]}
        assert all(rounds[run.owner] <= rounds.get(owner, 0) + 1 for owner in waiting)
    for owner in set("abcd"):
        own = [run.created for run in order if run.owner == owner]
        assert own == sorted(own)
