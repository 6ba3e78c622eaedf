"""A small split, a run store, and a supervisor in a thread whose workers run the trainers of `fake_trainers`."""

import shutil
import threading
import time
from contextlib import contextmanager

import pytest
from small_home import make_split, plan, settings_of

from core.jobs.local import LocalExecutor
from core.jobs.supervisor import Supervisor
from core.runs import RunStore

FAKE = "fake_trainers:train"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A data folder with a dataset of 12 photos, its split and an empty store; copied for each test."""
    home = tmp_path_factory.mktemp("prepared")
    settings = settings_of(home)
    split = make_split(settings, tmp_path_factory.mktemp("drawn") / "photos")
    RunStore(settings)
    (home / "store.json").unlink()
    (home / "home.json").unlink()
    return home, split


@pytest.fixture
def split(prepared):
    return prepared[1]


@pytest.fixture
def settings(prepared, tmp_path):
    shutil.copytree(prepared[0], tmp_path / "thaw")
    return settings_of(tmp_path / "thaw")


@pytest.fixture
def store(settings):
    return RunStore(settings)


@pytest.fixture
def queue_run(store, split):
    """queue_run("dies") queues a run that the trainer of that name trains."""

    def queue(trainer, seed=0):
        return store.submit(plan(split, trainer, seed), evaluation_id=split.evaluation_id)[0]

    return queue


@pytest.fixture
def supervise(settings):
    """`with supervise():` keeps a supervisor working in a thread."""

    @contextmanager
    def supervising():
        stop = threading.Event()
        supervisor = Supervisor(settings, LocalExecutor(settings, FAKE))
        thread = threading.Thread(target=supervisor.run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield supervisor
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()

    return supervising


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
