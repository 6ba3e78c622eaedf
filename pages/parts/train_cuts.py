"""What each cut of a plan's network would mean, for the thaw map; kept as long as nothing that decides it changes."""

import streamlit as st

from core.charts.thaw_words import Cut
from core.models import backbone_of, speed
from core.models.speed import Speed
from core.records import Phase, RunSpec, Split
from core.settings import settings
from core.training import cut_costs
from core.training.cut_costs import Shown
from pages.parts import loaders


def shown(spec: RunSpec, position: int, split: Split) -> Shown:
    """How many photos phase `position` (from 0) of the plan shows."""
    training = loaders.training_counts(spec.split, spec.dataset)
    return cut_costs.shown(spec.phases[position], split.counts, training)


def measured(spec: RunSpec) -> Speed | None:
    """What was measured of the plan's network on this machine, section by section."""
    found = speed.known(settings(), backbone_of(spec), spec.input_size)
    return found if found and found.sections else None


def plan_seconds(spec: RunSpec, split: Split) -> float | None:
    """Seconds of the whole plan by what was measured; None where nothing was."""
    if (found := measured(spec)) is None:
        return None
    return cut_costs.plan_seconds(spec, split.counts, loaders.training_counts(spec.split, spec.dataset), found)


def cuts(spec: RunSpec, position: int, classes: int, photos: Shown) -> tuple[Cut, ...]:
    """A cut for each choice of what trains in phase `position`, by k."""
    phases = [
        Phase(frozen=phase.frozen, recipe=phase.recipe, fixed_copies=phase.fixed_copies)
        for phase in spec.phases[: position + 1]
    ]
    phases[-1] = phases[-1].model_copy(update={"frozen": 0})  # the same for every k that is chosen
    asked = spec.model_copy(update={"phases": tuple(phases), "seed": 0, "dataset": "", "split": ""})
    normal = cut_costs.trains_normalization(spec, spec.phases[position])
    return _cuts(asked, position, normal, classes, photos, measured(spec))


_cuts = st.cache_data(cut_costs.cuts, max_entries=64, show_spinner=False)
