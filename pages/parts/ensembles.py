"""What the Ensemble page's tabs read: results of the engine, cached by members, rule and part, and bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from core import ensembles as engine
from core.ensembles import EnsemblePart, contributions, diversity, lesson, subsets
from core.ensembles.contributions import baseline
from core.ensembles.diversity import Diversity
from core.ensembles.margins import Report
from core.ensembles.selection import Cover, cover, rescues
from core.ensembles.subsets import Optimism, Subsets
from core.ensembles.voting import Scores
from core.errors import ThawError
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, Weighting
from pages.parts import ensemble_names, loaders, words
from pages.parts.ensemble_choice import Choice

MOST = 40  # members whose sets are looked at; more would take minutes


def everybody(choice: Choice, rule: RuleName | None = None) -> EnsembleSpec:
    """The rule, or another one, over everyone who could be on: those who are, then the best, up to `MOST`.

    Who can't take part under that rule, having brought labels only, is left out. With weights by hand a member that is
    off weighs 1.
    """
    spec = choice.spec if rule is None else choice.spec.model_copy(update={"rule": rule})
    weights = {member.run: member.weight for member in spec.members}
    off = [run.id for run in choice.found.runs if run.id not in weights]
    able = [run for run in [*spec.runs, *off] if fits(run, spec.rule, spec.weighting)]
    members = tuple(Member(run=run, weight=weights.get(run, 1.0)) for run in able[:MOST])
    return spec.model_copy(update={"members": members})


def called(choice: Choice) -> dict[str, str]:
    """What everyone on the list is called, by run id: short and each differently."""
    return ensemble_names.short({run.id: run.name for run in choice.found.runs})


def listed(choice: Choice) -> tuple[str, ...]:
    """Who can be looked at beside each other, up to `MOST`, in the order of the list: best on validation first."""
    able = set(everybody(choice, RuleName.VOTE).runs)
    return tuple(run.id for run in choice.found.runs if run.id in able)


@st.cache_resource(max_entries=1024, show_spinner=False)
def fits(run: str, rule: RuleName, weighting: Weighting) -> bool:
    """Whether a run can be a member under a rule."""
    try:
        alone = EnsembleSpec(rule=rule, weighting=weighting, members=(Member(run=run),))
        engine.check(alone, _predictions((run,)))
    except ThawError:
        return False
    return True


def _predictions(runs: tuple[str, ...]) -> dict[str, Predictions]:
    return {run: loaders.predictions(run) for run in runs}


@dataclass
class Kept:
    """A place for a result whose making moves a progress bar, which a cached function can't."""

    key: tuple
    result: Any = None


_BY_ID = {EnsembleSpec: lambda spec: spec.id}


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=_BY_ID)
def _scores(spec: EnsembleSpec, part: Part) -> Scores:
    return engine.scores(spec, _predictions(spec.runs), part)


@st.cache_resource(max_entries=8, show_spinner=False)
def _subsets_kept(spec_id: str) -> Kept:
    return Kept((spec_id,))


def all_subsets(spec: EnsembleSpec, report: Report | None = None) -> Subsets:
    """The sets of the members of `spec` on validation. Raises what `core.ensembles.scores` raises."""
    kept = _subsets_kept(spec.id)
    if kept.result is None:
        kept.result = subsets.subsets(_scores(spec, Part.VALIDATION), report)
    return kept.result


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_BY_ID)
def subsets_on_test(spec: EnsembleSpec) -> Subsets:
    """The same sets on test, row by row; only where test figures may be seen."""
    return subsets.same_sets(all_subsets(spec), _scores(spec, Part.TEST))


@st.cache_resource(max_entries=16, show_spinner=False)
def _optimism_kept(spec_id: str, with_test: bool) -> Kept:
    return Kept((spec_id, with_test))


def optimism(spec: EnsembleSpec, with_test: bool, report: Report | None = None) -> Optimism:
    """How much the best set's figure flatters it; with its test figures only where they may be seen."""
    kept = _optimism_kept(spec.id, with_test)
    if kept.result is None:
        test = _scores(spec, Part.TEST) if with_test else None
        kept.result = subsets.optimism(all_subsets(spec), _scores(spec, Part.VALIDATION), test, report=report)
    return kept.result


@st.cache_resource(max_entries=32, show_spinner=False)
def _contributions_kept(spec_id: str, part: Part) -> Kept:
    return Kept((spec_id, part))


def contributions_of(spec: EnsembleSpec, part: Part, report: Report | None = None) -> tuple[pd.DataFrame, float]:
    """What each member brings, and the accuracy of nobody. Raises what `core.ensembles.scores` raises."""
    kept = _contributions_kept(spec.id, part)
    if kept.result is None:
        scores = _scores(spec, part)
        kept.result = contributions.contributions(scores, report), baseline(scores)
    return kept.result


@st.cache_resource(max_entries=32, show_spinner=False)
def diversity_of(runs: tuple[str, ...], part: Part) -> Diversity:
    """How differently the runs err. Raises BadPredictions."""
    return diversity.diversity(_predictions(runs), part)


@st.cache_resource(max_entries=32, show_spinner=False)
def cover_of(runs: tuple[str, ...], part: Part) -> Cover:
    """Which run knows which class."""
    return cover(_predictions(runs), part)


@st.cache_resource(max_entries=64, show_spinner=False)
def rescues_of(runs: tuple[str, ...], part: Part, label: int) -> pd.DataFrame:
    """Who is right about a class when another one misses it; not to be changed in place."""
    return rescues(_predictions(runs), part, label)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_BY_ID)
def accuracy(spec: EnsembleSpec, part: Part) -> float:
    """Of the ensemble, 0 to 1. Raises what `core.ensembles.combine` raises."""
    return _right(engine.combine(spec, _predictions(spec.runs), part))


@contextmanager
def told(what: str) -> Iterator[Report]:
    """A progress bar as long as something is under way."""
    place = st.empty()
    yield lambda done, of: place.progress(words.share(done, of), f"{done:,} of {of:,}: {what}")
    place.empty()


class Lie(NamedTuple):
    """What a leak would have made of a member and of its ensemble."""

    known: int  # photos that the member would have been trained on
    alone: float  # its accuracy then, 0 to 1
    together: float  # the ensemble's


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=_BY_ID)
def lie(spec: EnsembleSpec, part: Part, run: str, share: float, memory: float, seed: int) -> Lie:
    """The figures with a leak in `run`: see `core.ensembles.lesson`. Nothing is stored."""
    leak = lesson.leaked(loaders.predictions(run), share, memory, seed)
    together = engine.combine(spec, _predictions(spec.runs) | {run: leak.predictions}, part)
    return Lie(leak.known[str(part)], _right(leak.predictions.parts[part]), _right(together))


def _right(answers: EnsemblePart | PartPredictions) -> float:
    return float((answers.predicted == answers.true).mean()) if len(answers.true) else 0.0
