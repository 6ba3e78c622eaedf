"""A small split, a run store, and a supervisor in a thread whose workers run the trainers of `fake_trainers`."""

import shutil
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from core import datasets
from core.jobs.local import LocalExecutor
from core.jobs.supervisor import Supervisor
from core.records import Phase, RunSpec
from core.runs import RunStore
from core.settings import Settings

FAKE = "fake_trainers:train"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A data folder with a dataset of 12 photos, its split and an empty store; copied for each test."""
    photos = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for name in ("ash", "oak"):
        (photos / name).mkdir()
        for number in range(6):
            pixels = random.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(photos / name / f"{number}.png")
    home = tmp_path_factory.mktemp("prepared")
    settings = settings_of(home)
    split = datasets.make_split(settings, datasets.import_folder(settings, photos, "Trees"))
    RunStore(settings)
    (home / "store.json").unlink()
    (home / "home.json").unlink()
    return home, split


def settings_of(home):
    return Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None)


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
        spec = RunSpec(
            dataset=split.dataset, split=split.id, backbone=trainer, input_size=12, phases=(Phase(),), seed=seed
        )
        return store.submit(spec, evaluation_id=split.evaluation_id)[0]

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
