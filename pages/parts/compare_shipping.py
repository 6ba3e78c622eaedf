"""What an engineer ships by, beside the figures: speed on this machine, size, parameters, memory, training time."""

from core.errors import UnknownBackbone
from core.models import speed
from core.models.backbones import backbone_of
from core.records import Run
from core.settings import settings
from pages.parts import words
from pages.parts.plain_table import Cell

SHIPPED = {
    "speed": ("Photos a second", "answered on this machine"),
    "size": ("Model size", "weights of 32 bits"),
    "parameters": ("Parameters", "weights of the network"),
    "memory": ("Peak memory", "of its training"),
    "seconds": ("Training time", "minutes and seconds"),
}


def rows(runs: list[Run]) -> list[list[Cell]]:
    """A row a measure: its name, then each run's."""
    shipped = [shipping(run) for run in runs]
    called = dict(SHIPPED)
    if not any(one["speed"].text for one in shipped):
        called["speed"] = (SHIPPED["speed"][0], "not measured yet: on Train")
    return [[Cell(*called[name]), *(one[name] for one in shipped)] for name in SHIPPED]


def shipping(run: Run) -> dict[str, Cell]:
    """What an engineer ships by, as far as it was measured; empty cells for a run that was brought in."""
    found, size = run.metrics, run.metrics.get("parameters")
    measured = _speed(run)
    return {
        "speed": Cell(f"{measured.infer:,.0f}", f"at {measured.size} px") if measured else Cell(),
        "size": Cell(words.memory(4 * size / 1e6)) if size else Cell(),
        "parameters": Cell(f"{size / 1e6:,.1f} M") if size else Cell(),
        "memory": Cell(words.memory(found["peak_memory_mb"])) if "peak_memory_mb" in found else Cell(),
        "seconds": Cell(words.duration(found["seconds"])) if "seconds" in found else Cell(),
    }


def _speed(run: Run) -> speed.Speed | None:
    """How fast this machine is with the run's network, where somebody measured it on Train."""
    if run.spec is None:
        return None
    try:
        return speed.known(settings(), backbone_of(run.spec), run.spec.input_size)
    except UnknownBackbone:
        return None
