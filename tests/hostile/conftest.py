"""A data folder among other folders, of which a listing tells whether anything was written where it must not be."""

import io

import numpy as np
import pytest
from PIL import Image

from core.settings import Settings


@pytest.fixture
def surroundings(tmp_path, monkeypatch):
    """Everything beside the data folder that an import could reach, as name -> what it holds; called before and after.

    The working folder, the person's home and the folder of temporary files lie in it.
    """
    for name in ("incoming", "work", "person", "temporary"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept.txt").write_text("as it was")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))

    def take() -> dict[str, bytes | None]:
        found = (path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "home"))
        return {str(path): path.read_bytes() if path.is_file() else None for path in found}

    return take


@pytest.fixture
def home(tmp_path, surroundings) -> Settings:
    return Settings(
        home=tmp_path / "home",
        weights=None,
        tracking_uri=f"sqlite:///{tmp_path}/home/runs.db",
        photo_roots=(tmp_path / "incoming",),
    )


@pytest.fixture(scope="session")
def photo():
    """Bytes of a small photo, another one for each seed."""

    def make(seed: int, kind: str = "JPEG", size: tuple[int, int] = (12, 10)) -> bytes:
        pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind)
        return file.getvalue()

    return make
