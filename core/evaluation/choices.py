"""Which choice is better, not which trained model: seeds against seeds, and what picking the best of many brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.evaluation.intervals import LEVEL

ENOUGH_SEEDS = 3  # of each choice; below, nothing is said
MANY_SEEDS = 1_000
SIMULATED = 2_000_000  # normal numbers drawn to see what the best of n is by chance

OF_CHOICE = "As for the settings behind them, "
ONE_SEED = f"{OF_CHOICE}one seed: can't tell."


def welch(first: Sequence[float], second: Sequence[float], least_spread: float = 0.0) -> tuple[float, float, float]:
    """Difference of two means by Welch's test (1947), which lets the spreads differ.

    Seeds that agree to the photo would make any difference certain. An accuracy is known to half a photo at best, so
    `least_spread` is always there.

    Parameters
    ----------
    first, second : one figure a seed
    least_spread : standard deviation that each has at least

    Returns
    -------
    low, high : 95 % interval of the mean of `first` minus that of `second`; NaN where one has fewer than two
    p_value : two-sided; 1 where one has fewer than two
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if min(len(first), len(second)) < 2:
        return float("nan"), float("nan"), 1.0
    spreads = [max(float(values.std(ddof=1)), least_spread) for values in (first, second)]
    error = [spread**2 / len(values) for spread, values in zip(spreads, (first, second), strict=True)]
    total, gap = sum(error), first.mean() - second.mean()
    if total == 0:
        return float(gap), float(gap), 1.0 if gap == 0 else 0.0
    freedom = total**2 / sum(part**2 / (len(values) - 1) for part, values in zip(error, (first, second), strict=True))
    reach = stats.t.ppf(1 - LEVEL / 2, freedom) * np.sqrt(total)
    p_value = 2 * stats.t.sf(abs(gap) / np.sqrt(total), freedom)
    return float(gap - reach), float(gap + reach), float(p_value)


def choice_verdict(
    baseline: Sequence[float], other: Sequence[float], names: tuple[str, str] = ("A", "B"), photos: int | None = None
) -> str:
    """Whether the seeds tell two choices of settings apart: a sentence or two.

    It is about the settings, where `verdict` is about two trained models. Two trainings of the very same settings often
    differ by more than the photos' noise, and only their spread tells whether other settings differ by more than that.

    Parameters
    ----------
    baseline, other : accuracy of each seed, 0 to 1
    names : what the two are called
    photos : that the accuracies were counted on; half of one is the least spread. A thousand where it is not said
    """
    fewest = min(len(baseline), len(other))
    if fewest < 2:
        return ONE_SEED
    if fewest < ENOUGH_SEEDS:
        return f"{OF_CHOICE}{fewest} seeds: can't tell yet. Three of each are the least."
    low, high, p_value = welch(other, baseline, 0.5 / (photos or 1_000))
    gap = float(np.mean(other) - np.mean(baseline))
    higher = names[1]
    if gap < 0:
        gap, low, high, higher = -gap, -high, -low, names[0]
    seeds = f"{len(baseline)} seeds of {names[0]}, {len(other)} of {names[1]}"
    points, low, high = (round(100 * share, 1) + 0.0 for share in (gap, low, high))
    basis = f"({low:.1f} to {high:.1f}; {seeds})"
    if p_value < LEVEL:
        return f"{OF_CHOICE}those of {higher} are {points:.1f} points higher {basis}."
    if points == 0:
        return f"{OF_CHOICE}too close to call: level {basis}."
    more = _seeds_to_settle(baseline, other)
    needed = f" About {more} seeds of each would settle it." if more else ""
    return f"{OF_CHOICE}too close to call: those of {higher} {points:.1f} points higher {basis}.{needed}"


def _seeds_to_settle(first: Sequence[float], second: Sequence[float]) -> int | None:
    """Seeds of each at which Welch's interval would leave out 0, were gap and spreads as they look."""
    gap = abs(np.mean(first) - np.mean(second))
    spread = np.sqrt(np.var(first, ddof=1) + np.var(second, ddof=1))
    each = np.arange(max(len(first), len(second)) + 1, MANY_SEEDS + 1)
    settled = stats.t.ppf(1 - LEVEL / 2, 2 * each - 2) * spread / np.sqrt(each) < gap
    return int(each[settled.argmax()]) if settled.any() else None


@dataclass(frozen=True)
class Picking:
    """What picking the best of several runs brings, and what it would bring were they all equally good."""

    runs: int
    photos: int
    best: float  # accuracy of the best, 0 to 1
    ahead: float  # of the mean of all, 0 to 1
    by_chance: float  # how far the best of as many equally good runs is ahead of their mean, expected
    at_most: float  # and in 95 of 100 cases at most

    @property
    def beyond_chance(self) -> bool:
        return self.ahead > self.at_most

    def sentence(self, name: str) -> str:
        """`name` is what the best run is called."""
        ahead, gain, most = (f"{100 * share:.1f}" for share in (self.ahead, self.by_chance, self.at_most))
        told = "" if self.beyond_chance else " So its lead may be luck."
        return (
            f"{name} is the best of {self.runs} runs, {ahead} points above their mean. Picking the best of "
            f"{self.runs} equally good runs on {self.photos:,} photos gains {gain} points by luck alone, and up to "
            f"{most}.{told}"
        )


def picking_gain(accuracies: Sequence[float], photos: int, disagreement: float | None = None) -> Picking | None:
    """What picking the best of these runs would gain were they all equally good, by their photos' noise alone.

    Equally good runs differ by the photos that only one of two gets right: the difference of two accuracies has the
    variance disagreement / photos, so each has half of it to itself, and the best of n is ahead of the mean by the
    maximum of n normal numbers with that spread (simulated, always with the same draws).

    Parameters
    ----------
    accuracies : of the runs picked from, 0 to 1
    photos : that they were counted on
    disagreement : share of the photos that only one of two runs gets right, mean over the pairs (`disagreement`).
        Without, the runs' mistakes are taken to be independent of each other, which is the most there can be

    Returns None for fewer than two runs or no photos.
    """
    accuracies = np.asarray(accuracies, float)
    if len(accuracies) < 2 or photos < 1:
        return None
    mean = float(accuracies.mean())
    apart = 2 * mean * (1 - mean) if disagreement is None else disagreement
    spread = np.sqrt(apart / 2 / photos)
    shape = (max(SIMULATED // len(accuracies), 100), len(accuracies))
    drawn = np.random.default_rng(0).standard_normal((min(shape[0], 20_000), shape[1]))
    gains = spread * (drawn.max(axis=1) - drawn.mean(axis=1))
    return Picking(
        runs=len(accuracies),
        photos=photos,
        best=float(accuracies.max()),
        ahead=float(accuracies.max()) - mean,
        by_chance=float(gains.mean()),
        at_most=float(np.quantile(gains, 1 - LEVEL)),
    )


def disagreement(right: np.ndarray) -> float:
    """Share of the photos that only one of two runs gets right, mean over all pairs of runs, 0 to 1.

    `right` is a bool ndarray of shape (n_runs, n_photos); 0 for fewer than two runs or no photos.
    """
    runs, photos = right.shape
    if runs < 2 or photos == 0:
        return 0.0
    sure = right.sum(axis=0, dtype=float)  # runs that are right, by photo
    return float((sure * (runs - sure)).mean() / (runs * (runs - 1) / 2))
