"""store check, backup and restore on the command line."""

import json
import sys

import pytest
from typer.testing import CliRunner

from core.__main__ import app, main
from core.records import RunKind
from core.runs import RunStore


def thaw(*arguments: str, code: int = 0):
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_store_is_checked_backed_up_damaged_and_brought_back(settings, monkeypatch, capsys):
    run = RunStore(settings).create(RunKind.BROUGHT, "mine")
    assert thaw("store", "check")["runs"] == 1
    made = thaw("store", "backup")
    assert (made["runs"], made["new"]) == (1, True)
    assert not thaw("store", "backup")["new"]

    (settings.home / "runs.db").write_bytes(b"")
    told = thaw("store", "check", code=1)
    assert (told["fault"], told["runs"], len(told["backups"])) == ("it is empty", None, 1)
    for arguments in (["core", "runs"], ["core", "store", "backup"]):
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit):
            main()
        assert "python -m core store restore" in capsys.readouterr().err
    done = thaw("store", "restore")
    assert (done["runs"], done["backup"], done["lost"]) == (1, made["file"], [])
    assert [each["id"] for each in thaw("runs")["runs"]] == [run.id]

    monkeypatch.setattr(sys, "argv", ["core", "store", "restore"])
    with pytest.raises(SystemExit):
        main()
    assert "--force" in capsys.readouterr().err


def test_a_tracker_elsewhere_is_checked_there(settings, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://team:5000")
    from core import settings as settings_module

    settings_module.settings.cache_clear()
    monkeypatch.setattr(sys, "argv", ["core", "store", "check"])
    with pytest.raises(SystemExit):
        main()
    assert "http://team:5000" in capsys.readouterr().err
