"""Draws many leaf photos in processes of their own, so that the server answers meanwhile and both cores help.

Plain child processes with pipes rather than multiprocessing: that would import the program that started us again (in
the server's case Streamlit), and its pool outlives a parent that was killed.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets import leaves
from core.datasets.catalogue import photo_file
from core.settings import Settings

Recipe = tuple[str, int]  # species name, number

_ROOT = Path(__file__).parents[2]  # the folder `core` is imported from
_CHILD = "from core.datasets.drawing import _child; _child()"


def keep(settings: Settings, photo_id: str, photo: np.ndarray) -> None:
    """Store a drawn photo (height, width, 3) uint8 as PNG: its pixels don't depend on a JPEG library's version.

    Not synced one by one; whoever announces the photos calls `os.sync()` once before.
    """
    path = photo_file(settings, photo_id, ".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    Image.fromarray(photo).save(beside, "PNG", compress_level=1)
    beside.replace(path)


def draw_missing(
    settings: Settings,
    recipes: Iterable[Recipe],
    processes: int = 2,
    idle: bool = False,
    report: Callable[[int], None] = lambda _done: None,
) -> None:
    """Draw and store those of the recipes that are not in the photo folder yet; `report(done)` counts all of them.

    processes: how many children draw; with 0, or where a child can't be started or dies, this process does it.
    idle: the children take the lowest priority.
    """
    recipes = list(recipes)
    missing = _missing(settings, recipes)
    already = len(recipes) - len(missing)
    report(already)
    if processes and missing:
        counts = [0] * processes

        def count(child: int, done: int) -> None:
            counts[child] = done
            report(already + sum(counts))

        threads = [
            threading.Thread(target=_follow, args=(settings, missing[share::processes], idle, share, count))
            for share in range(processes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        missing = _missing(settings, missing)
    for done, (name, number) in enumerate(missing):
        keep(settings, leaves.photo_id(name, number), leaves.draw(name, number))
        if done % 25 == 0:
            report(len(recipes) - len(missing) + done)
    report(len(recipes))


def _missing(settings: Settings, recipes: list[Recipe]) -> list[Recipe]:
    return [recipe for recipe in recipes if not photo_file(settings, leaves.photo_id(*recipe), ".png").exists()]


def _follow(settings: Settings, share: list[Recipe], idle: bool, child: int, count: Callable[[int, int], None]) -> None:
    """Run one child to its end; whatever goes wrong with it leaves photos missing, which the caller then draws."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = os.environ | single | {"THAW_HOME": str(settings.home)}
    try:
        with subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            cwd=_ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            process.stdin.write(json.dumps({"recipes": share, "idle": idle}) + "\n")
            process.stdin.flush()  # and left open: its end tells the child that we are gone
            for line in process.stdout:
                count(child, int(line))
    except (OSError, ValueError):
        return


def _child() -> None:
    from core.settings import settings

    work = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if work["idle"]:
        os.nice(19)
    for done, (name, number) in enumerate(work["recipes"], 1):
        keep(settings(), leaves.photo_id(name, number), leaves.draw(name, number))
        if done % 25 == 0 or done == len(work["recipes"]):
            print(done, flush=True)


def _leave_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def leave_when_orphaned() -> None:
    """End this process soon after the one that started it is gone (and with it the children above)."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
