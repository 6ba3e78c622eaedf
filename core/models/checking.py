"""Everything about the network of a training plan that can be known before it is queued. No Keras."""

from core.errors import BadSpec, InputTooSmall, NetworkTooLarge, ShrinksAway, TooManyFrozen, WeightsNotFound
from core.models.backbones import Backbone, backbone_of
from core.models.earlier import is_run_id, kept_run
from core.models.thaw import head_parameters
from core.models.weights import resolve, stored
from core.models.weights_file import require_fit
from core.records import RunSpec
from core.settings import Settings

MOST_WEIGHTS = 500_000_000  # with Adam's two moments and the gradients 8 GB


def check(settings: Settings, spec: RunSpec, classes: int) -> RunSpec:
    """The spec with the backbone's registry name and the content hash of its weights, ready to be queued.

    Weights are found (downloaded at most once) and kept under settings.frozen_weights. A spec that already carries a
    `weights_hash` must get those very weights: the kept copy serves where the name is no longer known. Weights of an
    earlier run must have been kept (core.models.keep_run) and carry their hash.
    Raises UnknownBackbone, BadSpec, TooManyFrozen, InputTooSmall, ShrinksAway, NetworkTooLarge, WeightsNotFound,
    WeightsMismatch, WeightsUnavailable.
    """
    backbone = backbone_of(spec)
    if classes < 2:
        raise BadSpec(reason=f"a classifier needs at least two classes; received {classes}")
    if spec.input_size < backbone.minimum:
        if spec.network is None:
            raise InputTooSmall(backbone=backbone.title, minimum=backbone.minimum, received_size=spec.input_size)
        pooled = [number for number, block in enumerate(spec.network.blocks, start=1) if block.pooling]
        raise ShrinksAway(
            network=backbone.title,
            received_size=spec.input_size,
            poolings=len(pooled),
            block=pooled[-1],
            minimum=backbone.minimum,
        )
    head, _ = head_parameters(backbone, spec.head, classes, spec.input_size)
    if (weights := backbone.parameters + head) > MOST_WEIGHTS:
        raise NetworkTooLarge(weights=_millions(weights), head=_millions(head), limit=_millions(MOST_WEIGHTS))
    for number, phase in enumerate(spec.phases, start=1):
        if phase.frozen != "all" and phase.frozen > backbone.layers:
            raise TooManyFrozen(phase=number, frozen=phase.frozen, backbone=backbone.title, layers=backbone.layers)
    if spec.weights in ("none", ""):  # as the sentences of our errors put it
        spec = spec.model_copy(update={"weights": None})
    return spec.model_copy(update={"backbone": backbone.name, "weights_hash": _weights_hash(settings, backbone, spec)})


def _millions(weights: int) -> str:
    return f"{weights / 1e6:,.0f} million"


def _weights_hash(settings: Settings, backbone: Backbone, spec: RunSpec) -> str | None:
    if spec.weights is None:
        return None
    if is_run_id(spec.weights):
        if spec.weights_hash and kept_run(settings, spec.weights_hash):
            return spec.weights_hash
        raise WeightsNotFound(name=f"the run {spec.weights[:8]}", folder="the finished runs")
    try:
        _, sha256 = resolve(settings, backbone, spec.weights)
    except WeightsNotFound:
        if spec.weights_hash and (path := stored(settings, spec.weights_hash)).is_file():
            require_fit(path, backbone, spec.weights)
            return spec.weights_hash
        raise
    if spec.weights_hash and spec.weights_hash != sha256:
        raise BadSpec(
            reason=f"weights_hash {spec.weights_hash[:12]} is not that of {spec.weights}, which is {sha256[:12]}; "
            f"leave weights_hash out to train from the file as it is"
        )
    return sha256
