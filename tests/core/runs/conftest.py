"""A store is made once a session and its file copied: MLflow takes seconds to create its tables."""

import shutil

import numpy as np
import pytest

from core.records import Part, PartPredictions, Phase, Predictions, RunSpec
from core.runs import RunStore
from core.settings import Settings


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    home = tmp_path_factory.mktemp("empty-store")
    RunStore(Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None))
    return home / "runs.db"


@pytest.fixture
def settings(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "runs.db")
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


@pytest.fixture
def store(settings):
    return RunStore(settings)


@pytest.fixture
def spec():
    phases = (Phase(frozen="all", epochs=2), Phase(frozen=100, epochs=3, learning_rate=1e-5))
    return RunSpec(dataset="d" * 20, split="e" * 20, backbone="xception", phases=phases)


@pytest.fixture
def predictions():
    random = np.random.default_rng(0)
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        probabilities = random.dirichlet([1, 1, 1], size=7)
        ids = tuple(f"{part}{number}" for number in range(7))
        parts[part] = PartPredictions(ids=ids, true=np.arange(7) % 3, probabilities=probabilities)
    return Predictions(evaluation_id="f" * 20, classes=("ash", "birch", "oak"), parts=parts)
