"""A data folder that can't be written: it is said in a sentence that names it, and what is there can be looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import full_home
import pytest
from test_faults_disk import DONE, _unshare, said

from core.errors import FolderReadOnly
from core.runs import RunStore

ROOT = Path(__file__).parents[2]


def looks_and_refuses(home, before, outside) -> dict:
    """Everything can be looked at, and whatever stores is refused with the sentence; so it is on the command line."""
    folder = home.settings.home
    assert full_home.told(home) == before
    store, refused = RunStore(home.settings, 5), {}
    for name, act in DONE.items():
        try:
            act(home, store, outside)
        except Exception as error:
            refused[name] = error
    assert set(refused) == set(DONE)
    for name, error in refused.items():
        told = said(error, folder)
        assert isinstance(told, FolderReadOnly), (name, repr(error))
        assert str(folder) in str(told)
    for verb, code in (("runs", 0), ("data list", 0), ("rename waits other", 1), ("split Trees --seed 3", 1)):
        environment = os.environ | {"THAW_HOME": str(folder), "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}
        command = [sys.executable, "-m", "core", *verb.split()]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
        assert done.returncode == code, (verb, done.stderr)
        assert "Traceback" not in done.stderr
        assert (f"data folder {folder}" in done.stderr) == bool(code), done.stderr
    assert full_home.told(home) == before
    return {"refused": list(refused)}


@pytest.mark.faults
def test_on_a_read_only_disk_all_can_be_looked_at_and_nothing_stored(tmp_path):
    way = _unshare()
    if way is None:
        pytest.skip("this user may not mount a disk (unshare -m and unshare -Urm were refused)")
    (tmp_path / "disk").mkdir()
    script = Path(__file__).with_name("on_read_only_disk.py")
    done = subprocess.run([*way, sys.executable, script, tmp_path / "disk"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])["refused"]) == set(DONE)


def _writes_anyway(folder: Path) -> bool:
    """Whether this user writes what it has no permission for, as root mostly does."""
    path = folder / "closed"
    path.touch(mode=0o444)
    return os.access(path, os.W_OK)


@pytest.mark.faults
def test_in_a_folder_without_permission_all_can_be_looked_at_and_nothing_stored(tmp_path):
    if _writes_anyway(tmp_path):
        pytest.skip("root may write what it likes; the read-only disk shows it there")
    home = full_home.copied(tmp_path / "home")
    before = full_home.told(home)
    (tmp_path / "outside").mkdir()
    paths = [home.settings.home, *home.settings.home.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        looks_and_refuses(home, before, tmp_path / "outside")
    finally:
        for path in paths:
            path.chmod(modes[path])


@pytest.mark.parametrize("number", [1, 13, 30])
def test_what_may_not_be_written_is_told_by_its_name_and_other_errors_are_not(tmp_path, number):
    home = tmp_path / "home"
    ours = OSError(number, os.strerror(number), str(home / "runs.db"))
    assert isinstance(said(ours, home), FolderReadOnly)
    assert str(home) in str(said(ours, home))
    assert said(OSError(number, os.strerror(number), "/elsewhere/photo.jpg"), home) is None
    assert said(OSError(2, os.strerror(2), str(home)), home) is None
