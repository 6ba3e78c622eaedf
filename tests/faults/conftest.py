"""What the fault tests share: they run where `-m faults` asks for them, a short selection without the marker always."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "core" / "jobs"))  # fake_trainers and small_home


def pytest_collection_modifyitems(config, items):
    """The long ones run where `-m` asks for them, never otherwise."""
    if "faults" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("faults")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture
def wait_for():
    """Wait until a condition holds; its value. Long limits: a busy machine decides no test."""

    def wait(condition, seconds=120):
        until = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < until, f"did not come true in {seconds} s"
            time.sleep(0.05)
        return value

    return wait


@pytest.fixture(scope="session")
def prepared_jobs(tmp_path_factory):
    """A data folder with 12 photos, their split and an empty store, to be copied; and the split."""
    from small_home import make_split, settings_of

    from core.runs import RunStore

    home = tmp_path_factory.mktemp("prepared") / "thaw"
    home.mkdir()
    split = make_split(settings_of(home), tmp_path_factory.mktemp("drawn") / "photos")
    RunStore(settings_of(home))
    for name in ("store.json", "home.json"):
        (home / name).unlink()
    return home, split


@pytest.fixture
def jobs(prepared_jobs, tmp_path):
    """A data folder of its own with the fake trainers; no process of it outlives the test."""
    from jobs_home import JobsHome
    from serving import power_loss

    shutil.copytree(prepared_jobs[0], tmp_path / "thaw")
    yield JobsHome(tmp_path / "thaw", prepared_jobs[1])
    power_loss(tmp_path / "thaw")


@pytest.fixture(scope="session")
def figures_folder() -> Path:
    """Where long tests leave their figures as JSON."""
    folder = Path(os.environ.get("THAW_FAULTS_OUT") or Path(__file__).parents[2] / "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
