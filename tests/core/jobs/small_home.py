"""A data folder with a dataset of 12 photos, for tests of jobs here and under tests/faults."""

from pathlib import Path

import numpy as np
from PIL import Image

from core import datasets
from core.records import Phase, RunSpec
from core.settings import Settings


def settings_of(home: Path) -> Settings:
    return Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None)


def make_split(settings: Settings, photos: Path):
    """Draws 12 photos of two classes into `photos`, imports and splits them; the split."""
    random = np.random.default_rng(0)
    for name in ("ash", "oak"):
        (photos / name).mkdir(parents=True)
        for number in range(6):
            pixels = random.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(photos / name / f"{number}.png")
    return datasets.make_split(settings, datasets.import_folder(settings, photos, "Trees"))


def plan(split, trainer: str, seed: int = 0, epochs: int = 5) -> RunSpec:
    """What the fake trainer of that name trains."""
    return RunSpec(
        dataset=split.dataset,
        split=split.id,
        backbone=trainer,
        input_size=12,
        phases=(Phase(epochs=epochs),),
        seed=seed,
    )
