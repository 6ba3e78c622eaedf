"""What all tests share: a data folder of their own, and quiet libraries."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core import settings as settings_module
from core.settings import Settings

# Timings never decide a test: a machine that is busy draws and runs examples slowly.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

OTHERS = ("THAW_WEIGHTS", "THAW_PHOTOS", "THAW_CLASS", "THAW_HOSTS", "MLFLOW_TRACKING_URI")
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """No test reads or writes the data folder of the person who runs it."""
    monkeypatch.setenv("THAW_HOME", str(tmp_path / "home"))
    for name in OTHERS:
        monkeypatch.delenv(name, raising=False)
    settings_module.settings.cache_clear()
    yield
    settings_module.settings.cache_clear()


@pytest.fixture
def settings(own_home) -> Settings:
    """The settings that this test, and any page it opens, works with."""
    return settings_module.settings()


@pytest.fixture
def shared() -> Path:
    """The folder of real photos and weights; where it is missing the test is skipped and says so."""
    if not SHARED.is_dir():
        pytest.skip(f"real photos and weights are not at {SHARED}")
    return SHARED
