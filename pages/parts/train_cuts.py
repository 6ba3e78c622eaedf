"""What each cut of a plan's network would mean: weights that train, whether the prefix is kept, seconds an epoch."""

from typing import NamedTuple

import streamlit as st

from core.charts.thaw_words import Cut
from core.models import Backbone, backbone_of, prefix_cut, speed, trainable_share, twins
from core.models.speed import Speed
from core.models.tables import layer_table
from core.records import Part, Phase, RunSpec, Split
from core.settings import settings
from core.training.epoch import makes_copies, photos_an_epoch
from core.training.prefix_cache import usable
from pages.parts import loaders


class Shown(NamedTuple):
    """Photos that pass through the network in one phase."""

    train: int  # an epoch
    validation: int  # an epoch
    kept: int  # whose outputs are kept, where any are


def shown(spec: RunSpec, position: int, split: Split) -> Shown:
    """How many photos phase `position` (from 0) of the plan shows."""
    phase, counts = spec.phases[position], split.counts
    an_epoch = photos_an_epoch(phase, loaders.training_counts(spec.split, spec.dataset))
    parts = sum(counts.get(part, 0) for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    return Shown(an_epoch, counts.get(Part.VALIDATION, 0), parts + (an_epoch if makes_copies(phase) else 0))


def measured(spec: RunSpec) -> Speed | None:
    """What was measured of the plan's network on this machine, section by section."""
    found = speed.known(settings(), backbone_of(spec), spec.input_size)
    return found if found and found.sections else None


def trains_normalization(spec: RunSpec, phase: Phase) -> bool:
    return phase.train_batch_normalization or spec.weights is None


def is_kept(spec: RunSpec, position: int, k: int | str, photos: int) -> bool:
    """Whether the outputs of the prefix before a cut at k are kept in this phase, by the trainer's own rule."""
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


def an_epoch(spec: RunSpec, k: int | str, kept: bool, photos: Shown, found: Speed) -> float:
    """Seconds an epoch with the first k layers frozen, its validation included, by what was measured."""
    cost = speed.cost(found, backbone_of(spec), spec.input_size, k, kept)
    return cost.train * photos.train + cost.infer * photos.validation


def cuts(spec: RunSpec, position: int, classes: int, photos: Shown) -> tuple[Cut, ...]:
    """A cut for each choice of what trains in phase `position`, by k."""
    phases = [
        Phase(frozen=phase.frozen, recipe=phase.recipe, fixed_copies=phase.fixed_copies)
        for phase in spec.phases[: position + 1]
    ]
    phases[-1] = phases[-1].model_copy(update={"frozen": 0})  # the same for every k that is chosen
    asked = spec.model_copy(update={"phases": tuple(phases), "seed": 0, "dataset": "", "split": ""})
    normal = trains_normalization(spec, spec.phases[position])
    return _cuts(asked, position, normal, classes, photos, measured(spec))


@st.cache_data(max_entries=64, show_spinner=False)
def _cuts(
    spec: RunSpec, position: int, normal: bool, classes: int, photos: Shown, found: Speed | None
) -> tuple[Cut, ...]:
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
