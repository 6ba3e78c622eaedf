"""What each cut of a plan's network would mean: weights that train, whether the prefix is kept, seconds an epoch.

No Keras here. Times are told from what `core.models.speed` measured on this machine.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from core.charts.thaw_words import Cut
from core.models import Backbone, backbone_of, prefix_cut, speed, trainable_share, twins
from core.models.speed import Speed
from core.models.tables import layer_table
from core.records import Part, Phase, RunSpec
from core.training.epoch import makes_copies, photos_an_epoch
from core.training.prefix_cache import usable


class Shown(NamedTuple):
    """Photos that pass through the network in one phase."""

    train: int  # an epoch
    validation: int  # an epoch
    kept: int  # whose outputs are kept, where any are


def shown(phase: Phase, parts: Mapping[Part, int], training: Sequence[int]) -> Shown:
    """How many photos a phase shows. parts: photos of each part of the split; training: training photos a class."""
    an_epoch = photos_an_epoch(phase, training)
    every = sum(parts.get(part, 0) for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    return Shown(an_epoch, parts.get(Part.VALIDATION, 0), every + (an_epoch if makes_copies(phase) else 0))


def trains_normalization(spec: RunSpec, phase: Phase) -> bool:
    return phase.train_batch_normalization or spec.weights is None


def is_kept(spec: RunSpec, position: int, k: int | str, photos: int) -> bool:
    """Whether the outputs of the prefix before a cut at k are kept in phase `position` (from 0), by the trainer's rule.

    photos: whose outputs would be kept.
    """
    backbone = backbone_of(spec)
    cut = prefix_cut(backbone, k)
    as_stored = spec.model_copy(update={"weights_hash": spec.weights_hash or spec.weights})
    return cut > 0 and usable(as_stored, position, cut, output(backbone, cut, spec.input_size), photos)


def is_keepable(spec: RunSpec, k: int, photos: int) -> bool:
    """Whether the outputs at a cut at k would be kept if the photos were fixed and no earlier phase trained."""
    return is_kept(spec.model_copy(update={"phases": (Phase(frozen=k),)}), 0, k, photos)


def output(backbone: Backbone, cut: int, input_size: int) -> tuple[int, ...]:
    """About what crosses at a cut, a photo: (height, width, channels)."""
    table = layer_table(backbone)
    *sides, channels = table.layers[cut - 1].shape
    return (*(-(-side * input_size // table.size) for side in sides), channels)


def kept_bytes(spec: RunSpec, k: int | str, photos: int) -> int:
    """Bytes of the outputs that a cut at k would keep."""
    backbone = backbone_of(spec)
    return photos * 4 * prod(output(backbone, prefix_cut(backbone, k), spec.input_size))


def an_epoch(spec: RunSpec, k: int | str, kept: bool, photos: Shown, found: Speed) -> float:
    """Seconds an epoch with the first k layers frozen, its validation included, by what was measured."""
    cost = speed.cost(found, backbone_of(spec), spec.input_size, k, kept)
    return cost.train * photos.train + cost.infer * photos.validation


def saved(spec: RunSpec, position: int, photos: Shown, found: Speed) -> float:
    """Seconds that phase `position` saves by running its frozen prefix once instead of in every epoch."""
    phase = spec.phases[position]
    once = speed.cost(found, backbone_of(spec), spec.input_size, phase.frozen, True).once
    return once * (photos.train + photos.validation) * (phase.epochs - 1)


def plan_seconds(spec: RunSpec, parts: Mapping[Part, int], training: Sequence[int], found: Speed) -> float:
    """Seconds that the whole plan takes by what was measured; starting up and augmenting not counted."""
    total = 0.0
    for position, phase in enumerate(spec.phases):
        photos = shown(phase, parts, training)
        kept = is_kept(spec, position, phase.frozen, photos.kept)
        total += phase.epochs * an_epoch(spec, phase.frozen, kept, photos, found)
        if kept:
            total += photos.kept * speed.cost(found, backbone_of(spec), spec.input_size, phase.frozen, True).once
    return total


def cuts(
    spec: RunSpec, position: int, normal: bool, classes: int, photos: Shown, found: Speed | None
) -> tuple[Cut, ...]:
    """A cut for each choice of what trains in phase `position`, by k. normal: whether BatchNormalization trains."""
    backbone, made = backbone_of(spec), []
    for group in twins(backbone, normal):
        narrow = [k for k in group if k and prefix_cut(backbone, k) == k]
        k = 0 if 0 in group else max(narrow or group)
        share = trainable_share(
            backbone,
            k,
            train_batch_normalization=normal,
            head=spec.head,
            classes=classes,
            input_size=max(spec.input_size, backbone.minimum),
        )
        kept = is_kept(spec, position, k, photos.kept)
        made.append(
            Cut(
                k=k,
                keeps=k in narrow and is_keepable(spec, k, photos.kept),
                share=share,
                twins=tuple(other for other in group if other != k),
                seconds=an_epoch(spec, k, kept, photos, found) if found else None,
                kept=kept,
            )
        )
    return tuple(made)
