"""Page tests: every test starts with empty Streamlit caches, since loaders are cached by id and not by folder."""

import gc
import shutil

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from core import datasets
from core.runs import RunStore
from core.settings import Settings


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True, scope="module")
def quick_collections():
    """Streamlit collects garbage after every script run: what earlier tests left alive isn't looked at each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory):
    """A home with an empty run store, made once: MLflow takes seconds to create its tables."""
    home = tmp_path_factory.mktemp("store")
    RunStore(Settings(home, None, f"sqlite:///{home / 'runs.db'}", None))
    return home


@pytest.fixture
def empty_store(fresh_store, settings):
    """This test's home has a run store of its own, without runs."""
    shutil.copytree(fresh_store, settings.home)


@pytest.fixture(scope="session")
def trees_home(tmp_path_factory):
    """A home with 24 photos in two classes, split; made once, never changed. Returns its folder and the split."""
    folder = tmp_path_factory.mktemp("trees")
    random = np.random.default_rng(0)
    for name in ("ash", "oak"):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number}.png")
    home = Settings(folder / "home", None, f"sqlite:///{folder / 'home' / 'runs.db'}", None)
    RunStore(home)  # a fresh store takes seconds
    (home.home / "store.json").unlink()
    dataset = datasets.import_folder(home, folder / "photos", "Trees")
    return home.home, datasets.make_split(home, dataset)


@pytest.fixture
def split(settings, trees_home):
    """The split of Trees, in this test's own copy of the home."""
    shutil.copytree(trees_home[0], settings.home)
    return trees_home[1]


@pytest.fixture
def store(settings, split):
    return RunStore(settings)
