"""Import of 3,010 and of 30,000 generated photos from class folders: photos a second, and peak memory of each.

Each import is a process of its own, so that its peak memory is its own; the photos are JPEGs of 96 px. What grows with
the number of photos is one row each, so the memory hardly may, and the time in proportion.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from PIL import Image

from core.datasets import import_folder
from core.settings import Settings

COUNTS = (3_010, 30_000)
SIDE, CLASSES = 96, tuple(f"class {number}" for number in range(8))
SLACK = 1.5  # how much more than in proportion the time may grow


def draw(folder: Path, count: int) -> None:
    """Class folders with `count` JPEGs: 12 x 12 random colours each, enlarged."""
    random = np.random.default_rng(0)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        path = folder / CLASSES[number % len(CLASSES)] / f"{number:06}.jpg"
        small.resize((SIDE, SIDE), Image.Resampling.BILINEAR).save(path, "JPEG", quality=90)


def timed_import(folder: Path) -> None:
    """Print seconds and peak memory in MB, and the memory before the import began."""
    scale = 2**20 if sys.platform == "darwin" else 2**10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    settings = Settings(home=folder / "home", weights=None, tracking_uri="", photo_roots=None)
    started = time.perf_counter()
    import_folder(settings, folder / "photos", "benchmark", visitor=False)
    seconds = time.perf_counter() - started
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale, before)


def main() -> None:
    seconds, peaks = {}, {}
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            draw(Path(folder) / "photos", count)
            child = [sys.executable, __file__, folder]
            printed = subprocess.run(child, check=True, capture_output=True, text=True).stdout
        seconds[count], peaks[count], before = map(float, printed.split())
        print(f"{count:,} photos: {seconds[count]:.1f} s, {count / seconds[count]:,.0f} photos a second")
        print(f"{count:,} photos: peak memory {peaks[count]:.0f} MB, of which {before:.0f} MB before the first photo")
    photos = COUNTS[1] / COUNTS[0]
    took = seconds[COUNTS[1]] / seconds[COUNTS[0]]
    met = "in proportion" if took < SLACK * photos else "MORE THAN IN PROPORTION"
    print(f"{photos:.1f} times the photos: {took:.1f} times the time ({met})")
    print(f"{photos:.1f} times the photos: {peaks[COUNTS[1]] / peaks[COUNTS[0]]:.2f} times the peak memory")


if __name__ == "__main__":
    timed_import(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
