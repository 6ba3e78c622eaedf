"""Repeats of one plan in one line."""

from datetime import UTC, datetime, timedelta

import pytest

from core.records import Run, RunKind, Status
from core.runs.repeats import lines

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def made(spec):
    """Makes runs, each an hour younger than the last one."""
    count = 0

    def make(seed=0, accuracy=0.5, status=Status.FINISHED, test="f" * 20, **metrics):
        nonlocal count
        count += 1
        own = spec.model_copy(update={"seed": seed})
        return Run(
            id=f"{count:032x}",
            name=f"run {count}",
            kind=RunKind.TRAINED,
            status=status,
            spec=own,
            spec_id=own.id,
            family=own.family,
            evaluation_id=test,
            metrics={"validation_accuracy": accuracy} | metrics,
            created=NOON + timedelta(hours=count),
        )

    return make


def test_runs_that_differ_in_their_seed_alone_are_one_line_led_by_the_lowest_seed(made, spec):
    late, best, first = made(seed=2, accuracy=0.25), made(seed=1, accuracy=0.75), made(seed=0, accuracy=0.5)
    other = made().model_copy(update={"family": "another"})
    found = lines([other, late, best, first])
    assert [line.runs for line in found] == [(other,), (first, best, late)]
    assert found[1].first == first
    assert found[1].figures("validation_accuracy") == [0.5, 0.75, 0.25]
    assert [line.folded for line in found] == [False, True]


def test_a_folded_line_stands_where_the_first_of_its_runs_stood(made):
    first, other, second = made(), made().model_copy(update={"family": "another"}), made(seed=1)
    assert [line.first.id for line in lines([first, other, second])] == [first.id, other.id]


def test_unfolded_every_run_has_its_line(made):
    runs = [made(seed=1), made(seed=0)]
    assert [line.runs for line in lines(runs, fold=False)] == [(run,) for run in runs]


def test_of_a_seed_trained_twice_the_newest_counts(made):
    old, new, other = made(accuracy=0.25), made(accuracy=0.5), made(seed=1, accuracy=0.75)
    (line,) = lines([old, new, other])
    assert line.runs == (new, old, other)
    assert line.a_seed == (new, other)
    assert line.figures("validation_accuracy") == [0.5, 0.75]


def test_one_seed_trained_twice_tells_nothing_of_seeds_and_stays_two_lines(made):
    runs = [made(), made()]
    assert [line.runs for line in lines(runs)] == [(run,) for run in runs]


def test_what_is_not_finished_or_ended_early_or_has_another_test_stands_alone(made):
    runs = [made(), made(seed=1, status=Status.RUNNING), made(seed=2, ended_early=1.0), made(seed=3, test="e" * 20)]
    assert [line.runs for line in lines(runs)] == [(run,) for run in runs]
    assert lines(runs)[1].figures("validation_accuracy") == []


def test_a_run_without_a_plan_stands_alone(made):
    brought = made().model_copy(update={"spec": None, "family": None, "kind": RunKind.BROUGHT})
    assert lines([brought, made()])[0].runs == (brought,)
    assert lines([brought])[0].figures("validation_accuracy") == [0.5]
