"""Deleting for good: what goes, what stays, and what is refused."""

import dataclasses

import pytest

from core.errors import RunKeptElsewhere, RunStillThere, UnknownRun
from core.records import RunKind
from core.runs import RunStore
from core.runs.emptying import RunEmptying
from core.runs.restoring import look

BYTES = 5_000


@pytest.fixture
def gone(settings, store, predictions):
    """A deleted run with a log."""
    run = store.create(RunKind.BROUGHT, "gone", predictions=predictions)
    log = settings.jobs / run.id / "attempt-1" / "log.txt"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * BYTES)
    return store.delete(run.id)


def files(settings) -> set[str]:
    return {path.name for folder in (settings.artifact_root, settings.jobs) for path in folder.glob("*")}


def test_a_run_deleted_for_good_leaves_no_file_and_no_row_and_tells_what_came_free(settings, store, gone):
    taken = store.bytes_of(gone.id)
    assert taken > BYTES
    assert gone.id in files(settings)
    assert store.delete_for_good(gone.id) == taken
    assert gone.id not in files(settings)
    assert list((settings.home / "tmp").iterdir()) == []
    assert store.deleted() == RunStore(settings).deleted() == []
    assert store.bytes_of(gone.id) == 0
    with pytest.raises(UnknownRun):
        store.restore(gone.id)
    with pytest.raises(UnknownRun):
        store.delete_for_good(gone.id)
    assert gone.id not in {*look(settings).unknown, *look(settings).lost}


def test_other_runs_and_frozen_weights_stay_whole(settings, store, gone, predictions):
    other = store.create(RunKind.BROUGHT, "other", predictions=predictions)
    settings.frozen_weights.mkdir(exist_ok=True)
    (settings.frozen_weights / "frozen.weights.h5").write_bytes(b"x")
    store.delete_for_good(gone.id)
    assert store.list() == [other]
    assert store.predictions(other.id).parts.keys() == predictions.parts.keys()
    assert (settings.frozen_weights / "frozen.weights.h5").exists()


def test_a_run_that_is_not_deleted_is_refused_and_keeps_its_files(settings, store, predictions):
    run = store.create(RunKind.BROUGHT, "there", predictions=predictions)
    with pytest.raises(RunStillThere, match="there"):
        store.delete_for_good(run.id)
    assert store.predictions(run.id).parts
    with pytest.raises(UnknownRun):
        store.delete_for_good("../..")
    assert run.id in files(settings)


def test_where_the_store_fails_the_run_has_its_files_again(settings, store, gone, monkeypatch):
    def broken(run_id):
        raise RuntimeError("no")

    taken = store.bytes_of(gone.id)
    with monkeypatch.context() as patched:
        patched.setattr(store._tracker, "forget", broken)
        with pytest.raises(RuntimeError):
            store.delete_for_good(gone.id)
    assert store.bytes_of(gone.id) == taken
    assert store.restore(gone.id) == gone
    assert store.predictions(gone.id).parts


def test_what_was_broken_off_is_finished_by_the_next_attempt(settings, store, gone):
    aside = settings.home / "tmp" / f"{gone.id}.artifacts.gone"
    aside.parent.mkdir(exist_ok=True)
    (settings.artifact_root / gone.id).rename(aside)  # there its process died
    taken = store.bytes_of(gone.id)
    assert store.delete_for_good(gone.id) == taken > BYTES
    assert store.deleted() == []
    assert not aside.exists()


def test_runs_on_a_teams_server_are_deleted_for_good_there(settings, store, gone):
    elsewhere = RunEmptying.__new__(RunEmptying)
    elsewhere._settings = dataclasses.replace(settings, tracking_uri="http://team.example")
    with pytest.raises(RunKeptElsewhere, match=r"team\.example"):
        elsewhere.bytes_of(gone.id)
