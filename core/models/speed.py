"""Photos a second through a backbone on this machine: measured when a person asks, kept until the machine changes.

`python -m core.models.speed BACKBONE SIZE` measures; importing this module needs no Keras.
"""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock

from core.models.backbones import find_backbone
from core.settings import Settings, settings

SECONDS = 3.0  # each of the two timings, the first step aside
BATCH = 32  # photos a step at 96 px, fewer at larger sizes, so that memory and time stay in bounds
NICENESS = 5  # that of a training job: pages stay quick, and the figures are those of a job


@dataclass(frozen=True)
class Speed:
    size: int  # input size, px
    infer: float  # photos a second, all layers inferring
    train: float  # photos a second in training steps, all layers thawed
    batch: int  # photos a step


@cache
def machine() -> str:
    """What the figures depend on: the processor, how many of its cores may be used, and GPUs."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    return f"{model}, {cores} cores" + (f", {gpus} NVIDIA" if gpus else "")


def _path(settings: Settings) -> Path:
    return settings.cache / "speed.json"


def _all(settings: Settings) -> dict:
    """machine -> backbone -> input size -> figures; empty where nothing was measured or the file is damaged."""
    try:
        content = json.loads(_path(settings).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def known(settings: Settings, backbone: str, input_size: int) -> Speed | None:
    """What was measured on this machine for that size, else for the nearest one."""
    try:
        found = _all(settings)[machine()][backbone]
        nearest = min(found, key=lambda size: abs(int(size) - input_size))
        return Speed(int(nearest), **{name: found[nearest][name] for name in ("infer", "train", "batch")})
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def measure(settings: Settings, backbone: str, input_size: int, seconds: float = SECONDS) -> Speed:
    """Time the whole network, preprocessing and a small head included, with random weights; keep the figures.

    Takes twice `seconds`, and before each the first step, which traces: a minute for the largest backbones.
    Raises UnknownBackbone; ValueError if the size is below the backbone's least.
    """
    import numpy as np

    from core.models.network import Network
    from core.records import Phase, RunSpec

    name = find_backbone(backbone).name
    spec = RunSpec(dataset="none", split="none", backbone=name, input_size=input_size, weights=None, phases=(Phase(),))
    batch = max(1, min(BATCH, BATCH * 96**2 // input_size**2))
    photos = np.random.default_rng(0).uniform(0, 255, (batch, input_size, input_size, 3)).astype("float32")
    labels = np.eye(2, dtype="float32")[np.arange(batch) % 2]
    network = Network(spec, 2)
    infer = _rate(lambda: network.model.predict_on_batch(photos), batch, seconds)
    full = network.for_phase(Phase(frozen=0)).full
    full.compile("sgd", "categorical_crossentropy")  # Adam would hold two more copies of the weights
    train = _rate(lambda: full.train_on_batch(photos, labels), batch, seconds)
    speed = Speed(input_size, round(infer, 1), round(train, 1), batch)
    _keep(settings, name, speed)
    return speed


def _rate(step, batch: int, seconds: float) -> float:
    step()
    start, steps = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < seconds or not steps:
        step()
        steps += 1
    return batch * steps / passed


def _keep(settings: Settings, backbone: str, speed: Speed) -> None:
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        content = _all(settings)
        content.setdefault(machine(), {}).setdefault(backbone, {})[str(speed.size)] = asdict(speed)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(content, indent=1))
        beside.replace(path)


class Measuring:
    """One measurement in a process of its own: Keras in a thread of the server would keep every page waiting."""

    def __init__(self, settings: Settings, backbone: str, input_size: int):
        self.backbone, self.input_size = backbone, input_size
        self._log = settings.cache / "speed.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.models.speed", backbone, str(input_size)],
                stdin=subprocess.PIPE,  # held open as long as this server lives
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | {"THAW_HOME": str(settings.home), "TF_CPP_MIN_LOG_LEVEL": "3"},
            )

    @property
    def over(self) -> bool:
        return self._process.poll() is not None

    @property
    def failure(self) -> str:
        """Why it brought nothing, empty where it did or goes on."""
        if not self._process.poll():
            return ""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if self._process.returncode > 0 and lines else "it was killed; too little memory?"


_newest: Measuring | None = None
_starting = threading.Lock()


def start(settings: Settings, backbone: str, input_size: int) -> Measuring:
    """Measure in the background, one at a time: while one runs, that one is returned."""
    global _newest
    with _starting:
        if _newest is None or _newest.over:
            _newest = Measuring(settings, backbone, input_size)
        return _newest


def newest() -> Measuring | None:
    """The measurement under way, or the last one of this server."""
    return _newest


def _end_with_parent() -> None:
    os.read(0, 1)  # returns when whoever started this process is gone; sys.stdin would hold a lock at the end
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)
    print(measure(settings(), sys.argv[1], int(sys.argv[2])))
