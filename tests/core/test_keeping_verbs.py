"""rename, tag, note, delete and restore on the command line."""

import json
import sys

import pytest
from typer.testing import CliRunner

from core.__main__ import app, main
from core.records import RunKind
from core.runs import RunStore


@pytest.fixture
def store(settings):
    return RunStore(settings)


def thaw(*arguments: str):
    """The object a verb prints, or its text without --json."""
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def refused(monkeypatch, capsys, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["core", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    printed = capsys.readouterr()
    assert (left.value.code, printed.out) == (1, "")
    assert printed.err.count("\n") == 1
    return printed.err


def test_a_run_is_named_tagged_noted_deleted_and_brought_back(store, monkeypatch, capsys):
    run = store.create(RunKind.BROUGHT, "first")
    other = store.create(RunKind.BROUGHT, "other")
    assert thaw("rename", "first", "oak  study", "--json")["name"] == "oak study"
    assert thaw("tag", "oak study", "report", "Lesson 2", "--json")["tags"] == ["report", "Lesson 2"]
    assert thaw("tag", "oak study", "REPORT", "--remove", "--json")["tags"] == ["Lesson 2"]
    assert thaw("note", run.id[:8], "why", "--json")["note"] == "why"
    assert [one["id"] for one in thaw("runs", "--tag", "lesson 2", "--json")["runs"]] == [run.id]
    assert "[Lesson 2]" in thaw("runs")

    deleted = thaw("delete", "oak study", "--json")
    assert (deleted["id"], deleted["note"]) == (run.id, "why")
    assert [one["id"] for one in thaw("runs", "--json")["runs"]] == [other.id]
    assert [one["id"] for one in thaw("runs", "--deleted", "--json")["runs"]] == [run.id]
    assert f"restore {run.id[:8]}" in refused(monkeypatch, capsys, "show", "oak study")
    assert thaw("restore", "oak study", "--json")["tags"] == ["Lesson 2"]
    assert len(thaw("runs", "--json")["runs"]) == 2


def test_what_can_not_be_done_is_one_sentence(store, monkeypatch, capsys):
    store.create(RunKind.TRAINED, "waiting")
    assert "Cancel it first" in refused(monkeypatch, capsys, "delete", "waiting")
    assert "not deleted" in refused(monkeypatch, capsys, "restore", "waiting")
    assert "no run nobody" in refused(monkeypatch, capsys, "delete", "nobody")
    assert "no run nobody" in refused(monkeypatch, capsys, "restore", "nobody")
    assert "41 characters" in refused(monkeypatch, capsys, "tag", "waiting", "x" * 41)
    assert "2,001 characters" in refused(monkeypatch, capsys, "note", "waiting", "x" * 2001)
    assert "empty" in refused(monkeypatch, capsys, "rename", "waiting", " ")
