"""What a phase that nobody timed yet asks of the machine, told from the work of its layers. No Keras."""

from core.models import Backbone, backbone_of
from core.models.thaw import Frozen, frozen_layers, last_twin
from core.models.work import works
from core.records import RunSpec

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
