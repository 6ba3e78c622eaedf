"""What a training photo will cost in a phase that nobody timed yet, told from the work of the layers. No Keras."""

from core.models import Backbone, backbone_of
from core.models.speed import seconds_a_photo
from core.models.thaw import Frozen, frozen_layers, last_twin
from core.models.work import works
from core.records import RunSpec
from core.settings import Settings

# What the way back through a layer takes, in ways forward through it. In principle two; seen at 96 px on a CPU were
# 1.6 to 3.3 in nine networks, VGG16's 2.4 among them.
BACKWARD = 2.4


def work_done(backbone: Backbone, layers: int | None = None) -> float:
    """Work of the first so many layers, of all where None."""
    return sum(works(backbone)[:layers])


def phase_work(spec: RunSpec, frozen: Frozen, cut: int) -> float:
    """Work of a training photo, forward and back, with `frozen` layers frozen and the outputs of the first `cut` kept.

    0 where nothing of the backbone runs: the head alone decides then.
    """
    backbone = backbone_of(spec)
    k = last_twin(backbone, frozen_layers(backbone, frozen), spec.weights_hash is None)
    work = works(backbone)
    return sum(work[cut:]) + BACKWARD * sum(work[k:])


def expected(settings: Settings, spec: RunSpec, frozen: Frozen, cut: int, unit: float | None) -> float | None:
    """Seconds a training photo takes where `frozen` layers are; None where that can't be told.

    cut : layers whose outputs are kept, 0 where all of the network runs
    unit : seconds that a unit of work takes, used where `core.models.speed` never measured the network
    """
    measured = seconds_a_photo(settings, backbone_of(spec), spec.input_size, frozen, kept=cut > 0)
    if measured is not None or unit is None:
        return measured
    return unit * phase_work(spec, frozen, cut) or None
