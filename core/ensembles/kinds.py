"""Members by the kind of their network: the report's seven, and everybody but one family."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.errors import UnknownBackbone
from core.models import backbone_of
from core.records import Run, RunSpec

HOME_MADE = "home-made"


class Kind(NamedTuple):
    title: str
    starts: str  # how its backbones' names start
    count: int = 1  # members of it in the report's vote


# The majority vote of seven that gave the report its best figure.
REPORT = (
    Kind("Xception", "xception"),
    Kind("VGG16", "vgg16"),
    Kind("VGG19", "vgg19"),
    Kind("ResNet", "resnet"),
    Kind("EfficientNet", "efficientnet"),
    Kind("home-made", HOME_MADE, 2),
)


class Network(NamedTuple):
    """Which network answered."""

    title: str  # "VGG16"
    family: str  # "VGG"
    kind: str  # as the names of `Kind.starts` are
    key: str  # equal for equal networks


def networks(runs: Sequence[Run]) -> dict[str, Network]:
    """Run id -> its network; of a run of views that of its model, of predictions brought in what their name says.

    Runs whose network is not known are left out.
    """
    specs = {run.id: run.spec for run in runs}
    found = {}
    for run in runs:
        spec = specs.get(run.views.run) if run.views else run.spec
        if network := _of_spec(spec) if spec else _of_name(run.name):
            found[run.id] = network
    return found


def _of_spec(spec: RunSpec) -> Network | None:
    try:
        known = backbone_of(spec)
    except UnknownBackbone:
        return None
    kind = HOME_MADE if known.design else known.name
    return Network(known.title, HOME_MADE if known.design else known.family, kind, known.key)


def _of_name(name: str) -> Network | None:
    letters = "".join(letter for letter in name.lower() if letter.isalnum())
    for kind in REPORT:
        if kind.starts.replace("-", "") in letters:
            family = {"vgg16": "VGG", "vgg19": "VGG"}.get(kind.starts, kind.title)
            return Network(kind.title, family, kind.starts, name)
    return None


def report_seven(ranked: Sequence[str], known: Mapping[str, Network]) -> tuple[list[str], list[str]]:
    """One member of each of the report's kinds, and two home-made ones, different networks where there are some.

    ranked : run ids, the best first. Returns the run ids chosen, and what is missing in words.
    """
    chosen, missing = [], []
    for kind in REPORT:
        fitting = [run for run in ranked if run in known and known[run].kind.startswith(kind.starts)]
        keys: set[str] = set()
        firsts = [run for run in fitting if not (known[run].key in keys or keys.add(known[run].key))]
        taken = [*firsts, *(run for run in fitting if run not in firsts)][: kind.count]
        chosen += taken
        if len(taken) < kind.count:
            left = kind.count - len(taken)
            missing.append(kind.title if kind.count == 1 else f"{left} {kind.title}")
    return chosen, missing


def families(ranked: Sequence[str], known: Mapping[str, Network]) -> dict[str, list[str]]:
    """Family or network -> the run ids of it, where others would be left; in the order of their best."""
    found: dict[str, list[str]] = {}
    for run in ranked:
        if run in known:
            for name in dict.fromkeys((known[run].family, known[run].title)):
                found.setdefault(name, []).append(run)
    # A family of one network stands once, by the network's name.
    once = {tuple(runs): name for name, runs in found.items()}
    return {name: runs for name, runs in found.items() if once[tuple(runs)] == name and len(runs) < len(ranked)}
