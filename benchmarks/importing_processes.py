"""Import of real photos (3,010 of eight species) decoded in processes of their own, against threads of the importer.

Both ways take turns in one process; what is compared is the median. Beside it: how long the processes take to start,
and what one of them weighs. Photos come from THAW_PHOTOS.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

from core.datasets import decoding, import_folder
from core.datasets.decoding_process import Decoders
from core.settings import Settings

SHARED = Path(__file__).parents[2] / "shared"
SPECIES = Path(os.environ.get("THAW_PHOTOS") or SHARED / "data") / "species"
TIMES, MOST = 7, 1.15


class Threads:
    """What an import asks of the processes, done where it runs."""

    @contextlib.contextmanager
    def use(self):
        yield self

    def kept(self, contents):
        return [self._one(content) for content in contents]

    def _one(self, content):
        try:
            return decoding.kept(content)
        except decoding.UnreadablePhoto as reason:
            return reason

    def stop(self):
        pass


def seconds(decoders) -> float:
    with tempfile.TemporaryDirectory() as folder, patch("core.datasets.intake.DECODERS", decoders):
        settings = Settings(home=Path(folder), weights=None, tracking_uri="", photo_roots=None)
        began = time.perf_counter()
        import_folder(settings, SPECIES, "species", visitor=False)
        return time.perf_counter() - began


def main() -> None:
    if not SPECIES.is_dir():
        sys.exit(f"There are no photos at {SPECIES}; set THAW_PHOTOS")
    content = next(path for path in sorted(SPECIES.rglob("*")) if path.is_file()).read_bytes()
    starts = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with Decoders().use() as one:
            one.one(content)
            starts.append(time.perf_counter() - began)
            (process,) = [child for child in psutil.Process().children() if "decoding_child" in str(child.cmdline())]
            memory = process.memory_info().rss / 2**20
    print(f"the first photo is decoded {statistics.median(starts):.2f} s after it was asked; {memory:.0f} MB a process")
    decoding.prepare()
    took = {"threads": [], "processes": []}
    for _ in range(TIMES):
        took["threads"].append(seconds(Threads()))
        took["processes"].append(seconds(Decoders()))
    threads, processes = (statistics.median(took[way]) for way in took)
    met = "met" if processes <= MOST * threads else "MISSED"
    print(f"{threads:.2f} s in threads, {processes:.2f} s in processes (start included)")
    print(f"processes take {processes / threads:.2f} times as long as threads (at most {MOST}: {met})")


if __name__ == "__main__":
    main()
