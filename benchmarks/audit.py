"""The audit of 15,000 and of 30,000 generated photos: measuring them, and finding near copies.

Every photo is its own, but for one in twenty, which repeats another one a little brighter. Each measuring is a process
of its own, so that its peak memory is its own. Near copies are looked for among hashes that are known already, of both
datasets in turn so that both see the same machine; the best of seven rounds counts.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pandas as pd
from PIL import Image

from core.datasets import find_dataset, store_dataset
from core.datasets.measures import measures
from core.datasets.near_copies import all_groups, kept_file
from core.records import Dataset
from core.settings import Settings

COUNTS = (15_000, 30_000)
SIDE, CLASSES, REPEATED = 48, ("a", "b", "c", "d"), 20
ROUNDS, TARGET = 7, 2.5


def draw(settings: Settings, count: int) -> Dataset:
    """A dataset of `count` photos: 12 x 12 random colours each, enlarged."""
    random = np.random.default_rng(0)
    rows, small = [], np.zeros((12, 12, 3), dtype=np.uint8)
    for number in range(count):
        name = f"{number:064x}"
        path = settings.photos / name[:2] / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % REPEATED == REPEATED - 1:
            small = small + np.uint8(12)
        else:
            small = random.integers(0, 220, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BILINEAR).save(path, "JPEG", quality=90)
        rows.append((name, f"{CLASSES[number % 4]}/{number}.jpg", number % 4, SIDE, SIDE))
    frame = pd.DataFrame(rows, columns=["id", "path", "label", "width", "height"])
    return store_dataset(settings, "benchmark", CLASSES, frame)


def audit(settings: Settings) -> None:
    """Print seconds of measuring, and peak memory in MB with near copies looked for as well."""
    dataset = find_dataset(settings, "benchmark")
    started = time.perf_counter()
    measures(settings, dataset)
    measured = time.perf_counter() - started
    all_groups(settings, dataset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(measured, peak)


def near_copies(settings: Settings) -> tuple[float, int]:
    """Seconds until the groups of a measured dataset are found, and how many there are."""
    dataset = find_dataset(settings, "benchmark")
    for kept in kept_file(settings, dataset.id).parent.glob("*.json"):
        kept.unlink()
    started = time.perf_counter()
    groups = all_groups(settings, dataset)
    return time.perf_counter() - started, len(groups)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        homes = {count: home(Path(folder) / str(count)) for count in COUNTS}
        peaks, best = {}, dict.fromkeys(COUNTS, float("inf"))
        for count, settings in homes.items():
            draw(settings, count)
            child = [sys.executable, __file__, str(settings.home)]
            printed = subprocess.run(child, check=True, capture_output=True, text=True).stdout
            measured, peaks[count] = map(float, printed.split())
            print(f"{count:,} photos measured: {measured:.1f} s, {count / measured:,.0f} photos a second")
            print(f"{count:,} photos, peak memory of the process: {peaks[count]:.0f} MB")
        for _ in range(ROUNDS):
            for count, settings in homes.items():
                seconds, groups = near_copies(settings)
                best[count] = min(best[count], seconds)
                assert groups == count // REPEATED, f"{groups} groups of {count // REPEATED} were found"
    for count in COUNTS:
        print(f"{count:,} photos, near copies: {best[count]:.2f} s, all {count // REPEATED:,} pairs found")
    ratio = best[COUNTS[1]] / best[COUNTS[0]]
    met = "met" if ratio < TARGET else "MISSED"
    print(f"near copies, 30,000 / 15,000 photos: {ratio:.2f} times the time (target below {TARGET}: {met})")
    print(f"audit, 30,000 / 15,000 photos: {peaks[COUNTS[1]] / peaks[COUNTS[0]]:.2f} times the peak memory")


def home(folder: Path) -> Settings:
    return Settings(home=folder, weights=None, tracking_uri="", photo_roots=None)


if __name__ == "__main__":
    audit(home(Path(sys.argv[1]))) if len(sys.argv) > 1 else main()
