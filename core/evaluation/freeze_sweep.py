"""A freeze sweep: one plan trained with several cuts and seeds; which cut is better, and can anyone tell?

A difference between two cuts is one between two choices, so it is weighed against the spread over seeds (DESIGN
section 5, rule 10). The cut is chosen on validation.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.choices import ENOUGH_SEEDS, welch
from core.evaluation.differences import holm

FIGURES = ("accuracy", "precision_macro", "recall_macro", "f1_macro")


@dataclass(frozen=True)
class Trained:
    """One finished run of a sweep."""

    run: str  # run id
    k: int  # frozen layers; twins are given the same k by whoever knows the network
    seed: int
    parameters: float  # weights that trained
    validation: dict[str, float]  # FIGURES, 0 to 1
    test: dict[str, float]
    photos: int  # of validation


@dataclass(frozen=True)
class Cut:
    """All seeds of one cut, in the order of the seeds."""

    k: int
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    parameters: float
    validation: dict[str, np.ndarray]  # FIGURES -> (n_seeds,)
    test: dict[str, np.ndarray]

    @property
    def mean(self) -> float:
        """Mean validation accuracy over the seeds, 0 to 1."""
        return float(self.validation["accuracy"].mean())


@dataclass(frozen=True)
class Rival:
    """Another cut beside the chosen one."""

    k: int
    behind: float  # mean validation accuracy of the chosen cut minus this one's, 0 to 1
    low: float  # 95 % interval of that (Welch 1947); NaN where a cut has one seed
    high: float
    told_apart: bool  # whether the seeds tell the two apart, all pairs of cuts looked at (Holm 1979)


@dataclass(frozen=True)
class Sweep:
    cuts: tuple[Cut, ...]  # ascending k
    chosen: Cut  # highest mean validation accuracy; of equals the one that trains fewest weights
    rivals: tuple[Rival, ...]  # every other cut, the nearest first
    seed_gap: float | None  # mean distance of two seeds of one cut, 0 to 1; None where no cut has two
    photos: int  # of validation

    @property
    def seeds(self) -> int:
        """Seeds of the cut that has fewest."""
        return min(len(cut.seeds) for cut in self.cuts)


def sweep(runs: Sequence[Trained]) -> Sweep:
    """Gather finished runs by their cut. A seed that a cut has twice (twins, repeats) counts once, the first given.

    Raises ValueError for no runs.
    """
    if not runs:
        raise ValueError("A sweep needs at least one finished run. Received: none")
    by_cut: dict[int, dict[int, Trained]] = {}
    for run in runs:
        by_cut.setdefault(run.k, {}).setdefault(run.seed, run)
    cuts = tuple(_cut(k, by_cut[k]) for k in sorted(by_cut))
    chosen = max(cuts, key=lambda cut: (cut.mean, -cut.parameters))
    photos = runs[0].photos
    # The chosen cut is the highest of all, so every pair was looked at, not only the pairs it is in.
    pairs = list(itertools.combinations(cuts, 2))
    enough = min(len(cut.seeds) for cut in cuts) >= ENOUGH_SEEDS
    tested = [_difference(one, other, photos)[2] for one, other in pairs] if enough else []
    apart = {frozenset((one.k, other.k)) for (one, other), stands in zip(pairs, holm(tested), strict=False) if stands}
    rivals = []
    for cut in cuts:
        if cut is not chosen:
            low, high, _ = _difference(chosen, cut, photos)
            rivals.append(Rival(cut.k, chosen.mean - cut.mean, low, high, frozenset((chosen.k, cut.k)) in apart))
    return Sweep(cuts, chosen, tuple(sorted(rivals, key=lambda one: one.behind)), _seed_gap(cuts), photos)


def _cut(k: int, by_seed: dict[int, Trained]) -> Cut:
    found = [by_seed[seed] for seed in sorted(by_seed)]

    def figures(part: str) -> dict[str, np.ndarray]:
        return {name: np.array([getattr(run, part)[name] for run in found], float) for name in FIGURES}

    return Cut(
        k,
        tuple(run.run for run in found),
        tuple(run.seed for run in found),
        found[0].parameters,
        figures("validation"),
        figures("test"),
    )


def _difference(one: Cut, other: Cut, photos: int) -> tuple[float, float, float]:
    """(low, high, p) of the difference of two means; NaN, NaN and 1 where a cut has one seed."""
    return welch(one.validation["accuracy"], other.validation["accuracy"], 0.5 / max(photos, 1))


def _seed_gap(cuts: Sequence[Cut]) -> float | None:
    """Mean distance of two seeds of the same cut."""
    gaps = []
    for cut in cuts:
        values = cut.validation["accuracy"]
        first, second = np.triu_indices(len(values), 1)
        gaps += np.abs(values[first] - values[second]).tolist()
    return float(np.mean(gaps)) if gaps else None


def verdict(found: Sweep) -> list[str]:
    """What the sweep says of its cuts, a sentence each: the choice, then the rivals that are and aren't told apart."""
    chosen = found.chosen
    mean = f"{100 * chosen.mean:.1f} % of {found.photos:,} validation photos"
    if len(found.cuts) == 1:
        return [f"Only k = {chosen.k} is trained yet, with {mean}: a sweep needs another cut."]
    told = f"k = {chosen.k} has the highest mean, {mean}."
    if found.seeds < ENOUGH_SEEDS:
        return [told, f"{_seeds(found.seeds)}: can't tell yet, add seeds. Three of each cut are the least."]
    sentences = [told]
    apart = [rival for rival in found.rivals if rival.told_apart]
    level = [rival for rival in found.rivals if not rival.told_apart]
    if level:
        names = _listed([f"k = {rival.k}" for rival in level])
        gap = _listed([f"{100 * rival.behind:.1f}" for rival in level])
        sentences.append(
            f"Too close to call against {names}: {gap} points behind, where two seeds of the same cut differ by "
            f"{100 * found.seed_gap:.1f}."
        )
    for rival in apart:
        sentences.append(
            f"k = {chosen.k} is {100 * rival.behind:.1f} points higher than k = {rival.k} "
            f"({100 * rival.low:.1f} to {100 * rival.high:.1f}, {_seeds(found.seeds)} of each)."
        )
    return sentences


def _seeds(count: int) -> str:
    return "One seed" if count == 1 else f"{count} seeds"


def _listed(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else ", ".join(pieces[:-1]) + " and " + pieces[-1]
