"""What a photo costs on this machine: measured when a person asks, kept until the machine changes.

`python -m core.models.speed BACKBONE SIZE [NETWORK]` measures, NETWORK being the JSON of a home-made one; importing
this module needs no Keras.
"""

import json
import os
import platform
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock

from core.models.backbones import Backbone, find_backbone, home_made
from core.models.thaw import Frozen, frozen_layers, last_twin, prefix_cut
from core.models.work import works
from core.records import HOME_MADE, HomeMade
from core.settings import Settings, settings

SECONDS = 3.0  # each of the two timings of the whole network, and about as long its sections; the first steps aside
NICENESS = 5  # that of a training job: pages stay quick, and the figures are those of a job


@dataclass(frozen=True)
class SectionSpeed:
    """Seconds a photo of a stretch of layers."""

    stop: int  # the first layer behind it: the number of layers up to its end
    infer: float
    train: float  # forward and backward


@dataclass(frozen=True)
class Speed:
    size: int  # input size, px
    infer: float  # photos a second, all layers inferring
    train: float  # photos a second in training steps, all layers thawed
    batch: int  # photos a step
    sections: tuple[SectionSpeed, ...] = ()  # from input to output; none where only the whole was measured
    head: tuple[float, float] = (0.0, 0.0)  # seconds a photo, inferring and training


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


def known(settings: Settings, backbone: str | Backbone, input_size: int) -> Speed | None:
    """What was measured on this machine for that size, else for the nearest one. Raises UnknownBackbone."""
    try:
        found = _all(settings)[machine()][find_backbone(backbone).key]
        nearest = min(found, key=lambda size: abs(int(size) - input_size))
        figures = found[nearest]
        sections = tuple(SectionSpeed(**section) for section in figures.get("sections", ()))
        head = tuple(map(float, figures.get("head", (0, 0))))
        whole = {name: figures[name] for name in ("infer", "train", "batch")}
        return Speed(int(nearest), **whole, sections=sections, head=head)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def seconds_a_photo(
    settings: Settings, backbone: str | Backbone, input_size: int, frozen: Frozen, kept: bool
) -> float | None:
    """Seconds of training a photo with the first `frozen` layers frozen, a small head included.

    kept: whether the outputs of the frozen prefix are kept, so that only what follows `prefix_cut` runs. None where
    the sections were never measured on this machine. Raises UnknownBackbone.
    """
    measured = known(settings, backbone, input_size)
    return cost(measured, backbone, input_size, frozen, kept).train if measured and measured.sections else None


@dataclass(frozen=True)
class Cost:
    """Seconds a photo with some layers frozen."""

    train: float  # a training photo
    infer: float  # a validation photo
    once: float  # through the frozen prefix, for outputs that are kept; 0 where none are


def cost(measured: Speed, backbone: str | Backbone, input_size: int, frozen: Frozen, kept: bool) -> Cost:
    """What a photo costs by a measurement that has sections. frozen, kept: as in `seconds_a_photo`.

    A cut within a section divides it by the work of its layers; another size is told from the measured one by pixels.
    Frozen layers infer, and so do those up to the first that trains, where the gradient ends: twins cost the same.
    """
    backbone = find_backbone(backbone)
    cut = prefix_cut(backbone, frozen) if kept else 0
    k = last_twin(backbone, frozen_layers(backbone, frozen), not backbone.pretrained)
    pixels = (input_size / measured.size) ** 2
    once = pixels * _seconds(measured, backbone, "infer", 0, cut)
    resting = pixels * _seconds(measured, backbone, "infer", cut, k)
    infer = pixels * _seconds(measured, backbone, "infer", k, backbone.layers)
    train = pixels * _seconds(measured, backbone, "train", k, backbone.layers)
    return Cost(resting + train + measured.head[1], resting + infer + measured.head[0], once)


def _seconds(measured: Speed, backbone: Backbone, kind: str, start: int, stop: int) -> float:
    """Seconds a photo of layers start .. stop - 1."""
    rows, total, first = works(backbone), 0.0, 0
    for section in measured.sections:
        within = sum(rows[max(start, first) : max(min(stop, section.stop), start, first)])
        total += getattr(section, kind) * within / sum(rows[first : section.stop])
        first = section.stop
    return total


def measure(settings: Settings, backbone: str | Backbone, input_size: int, seconds: float = SECONDS) -> Speed:
    """Time the network, its preprocessing and a small head, whole and by sections, with random weights; keep it all.

    Takes about four times `seconds`, and before each timing the first step, which traces: a minute or two for the
    largest backbones. Raises UnknownBackbone; ValueError if the size is below the backbone's least.
    """
    from core.models.timing import time_network

    backbone = find_backbone(backbone)
    times = time_network(backbone, input_size, seconds)
    speed = Speed(
        size=input_size,
        infer=round(1 / times.whole.infer, 1),
        train=round(1 / times.whole.train, 1),
        batch=times.batch,
        sections=tuple(SectionSpeed(stop, *seconds) for stop, seconds in times.sections),
        head=tuple(times.head),
    )
    _keep(settings, backbone, speed)
    return speed


def _keep(settings: Settings, backbone: str | Backbone, speed: Speed) -> None:
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        content = _all(settings)
        content.setdefault(machine(), {}).setdefault(find_backbone(backbone).key, {})[str(speed.size)] = asdict(speed)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(content, indent=1))
        beside.replace(path)


class Measuring:
    """One measurement in a process of its own: Keras in a thread of the server would keep every page waiting."""

    def __init__(self, settings: Settings, backbone: str | Backbone, input_size: int):
        self.backbone, self.input_size = find_backbone(backbone), input_size
        command = [sys.executable, "-m", "core.models.speed", self.backbone.name, str(input_size)]
        if self.backbone.name == HOME_MADE:
            command.append(self.backbone.design.model_dump_json())
        self._log = settings.cache / "speed.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
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


def start(settings: Settings, backbone: str | Backbone, input_size: int) -> Measuring:
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
    name, size, *network = sys.argv[1:]
    print(measure(settings(), home_made(HomeMade.model_validate_json(network[0])) if network else name, int(size)))
