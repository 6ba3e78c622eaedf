"""Runs whose making was broken off, and the records beside runs' files."""

import pytest

from core.records import RunKind
from core.runs import run_files
from core.runs import store as store_module


def broken_off(store, monkeypatch, predictions):
    """A run whose process died while its files were written."""
    with monkeypatch.context() as dying:
        dying.setattr(store, "_publish", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        dying.setattr(store._tracker, "abandon", lambda _run: None)
        with pytest.raises(KeyboardInterrupt):
            store.create(RunKind.BROUGHT, "half", predictions=predictions)


def test_a_run_that_was_broken_off_is_never_listed_and_swept_after_an_hour(store, predictions, monkeypatch):
    whole = store.create(RunKind.BROUGHT, "whole", predictions=predictions)
    broken_off(store, monkeypatch, predictions)
    assert [run.id for run in store.list()] == [whole.id]
    assert store.sweep() == 0  # it may still be written
    monkeypatch.setattr(store_module, "BROKEN_OFF_SECONDS", -1)
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert [run.id for run in store.list()] == [whole.id]
    assert store.predictions(whole.id).classes == predictions.classes


def test_a_run_made_before_there_were_records_gets_one(store, settings, predictions):
    run = store.create(RunKind.BROUGHT, "old", predictions=predictions)
    path = run_files.place(settings, run.id)
    path.unlink()
    store.write_missing_records()
    assert [record["id"] for record in run_files.records(settings)] == [run.id]
