"""Settings: what the environment says, once."""

import os
from pathlib import Path

import pytest

from core.settings import read


def test_without_an_environment_everything_lives_in_the_persons_home():
    found = read({})
    assert found.home == Path.home().resolve() / ".thaw"
    assert found.tracking_uri == f"sqlite:///{found.home / 'runs.db'}"
    assert found.weights is None
    assert found.photo_roots is None
    assert found.hosts == ()


def test_the_environment_decides_and_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = read(
        {
            "THAW_HOME": "here",
            "THAW_WEIGHTS": str(tmp_path / "w"),
            "THAW_PHOTOS": os.pathsep.join(["a", "b"]),
            "MLFLOW_TRACKING_URI": "http://tracker",
            "THAW_HOSTS": "lab.school, 192.168.1.20,",
        }
    )
    assert found.home == tmp_path.resolve() / "here"
    assert found.weights == (tmp_path / "w").resolve()
    assert found.photo_roots == (tmp_path.resolve() / "a", tmp_path.resolve() / "b")
    assert found.tracking_uri == "http://tracker"
    assert found.hosts == ("lab.school", "192.168.1.20")


def test_reading_settings_creates_nothing(tmp_path):
    read({"THAW_HOME": str(tmp_path / "new")})
    assert not (tmp_path / "new").exists()


def test_the_memory_of_a_job_is_megabytes_or_refused():
    assert read({}).memory_mb is None
    assert read({"THAW_MEMORY": " 4096 "}).memory_mb == 4096
    for wrong in ("4GB", "0", "-1", "much"):
        with pytest.raises(ValueError, match=f"megabytes.*Received: {wrong}"):
            read({"THAW_MEMORY": wrong})
