import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.settings import Settings


@pytest.fixture
def home(tmp_path):
    """Settings of an empty data folder whose visitors may read tmp_path/incoming."""
    (tmp_path / "incoming").mkdir()
    return Settings(
        home=tmp_path / "home",
        weights=None,
        tracking_uri=f"sqlite:///{tmp_path}/runs.db",
        photo_roots=(tmp_path / "incoming",),
    )


@pytest.fixture
def photo():
    """Bytes of a small photo, another one for each seed."""

    def make(seed: int, kind: str = "JPEG", size: tuple[int, int] = (12, 10)) -> bytes:
        pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind)
        return file.getvalue()

    return make


@pytest.fixture
def write():
    """Write files below a folder: write(folder, {"Oak/1.jpg": bytes})."""

    def make(folder: Path, files: dict[str, bytes]) -> Path:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    return make


@pytest.fixture
def snapshot(home):
    """All files Thaw keeps that tell of an import; locks aside."""

    def take() -> set[str]:
        return {
            str(path.relative_to(home.home))
            for path in home.home.rglob("*")
            if path.is_file() and path.suffix != ".lock"
        }

    return take
