"""What lies between two runs on the same photos: the paired difference, its test, and the sentence about both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm

from core.evaluation.intervals import LEVEL
from core.evaluation.resampling import DRAWS

MANY_PHOTOS = 1_000_000  # beyond, nobody counts


@dataclass(frozen=True)
class Difference:
    """One run against the baseline, photo by photo on the same photos."""

    baseline: str  # run id
    run: str  # run id
    photos: int
    accuracy: float  # accuracy of run minus accuracy of baseline, -1 to 1
    low: float  # 95 % paired bootstrap interval of that difference, -1 to 1
    high: float
    p_value: float  # McNemar's exact test, two-sided
    only_baseline: int  # photos that only the baseline gets right
    only_run: int  # photos that only the run gets right
    f1_macro: float | None = None  # macro F1 of run minus that of baseline, -1 to 1; None where it was not asked for
    f1_low: float | None = None  # 95 % paired bootstrap interval of that
    f1_high: float | None = None
    among: int = 1  # differences looked at together
    stands: bool | None = None  # whether the test stands among all of them (Holm 1979); None where there is one

    @property
    def beyond_noise(self) -> bool:
        """Whether the photos tell the two apart: the test and the interval must both say so."""
        tested = self.p_value < LEVEL if self.stands is None else self.stands
        return tested and not self.low <= 0 <= self.high

    @property
    def settled_by(self) -> int | None:
        """About how many photos would tell the two apart, were the difference as large as it looks; None if equal."""
        if self.accuracy == 0:
            return None
        disagreeing = (self.only_baseline + self.only_run) / self.photos
        # The standard errors (1.96 for one difference) of a mean of n differences of -1, 0 or 1 ...
        errors = norm.isf(LEVEL / self.among / 2)
        needed = errors**2 * (disagreeing - self.accuracy**2) / self.accuracy**2
        # ... and as many photos as the exact test needs where only one of the two is ever right
        least = np.ceil(np.log2(2 * self.among / LEVEL)) / disagreeing if disagreeing else 0
        return int(np.ceil(max(needed, least)))


def paired_difference(
    true: np.ndarray, baseline: np.ndarray, predicted: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float, float, float, int, int]:
    """Difference in accuracy of two models on the same photos.

    The interval is a paired percentile bootstrap (Efron and Tibshirani 1993). Photos enter it only by which of the two
    models is right, so resampling photos with replacement is one multinomial draw of three counts.
    The test is McNemar's (1947), exact: under no difference the photos only one gets right are coin tosses.

    Parameters
    ----------
    true, baseline, predicted : int ndarray of shape (n_photos,)
    seed : of the resampling; equal arguments give equal intervals

    Returns
    -------
    difference, low, high : accuracy of `predicted` minus that of `baseline` and its 95 % interval, -1 to 1
    p_value : two-sided
    only_baseline, only_run : photos only one of the two gets right
    """
    n = len(true)
    if n == 0:
        return 0.0, 0.0, 0.0, 1.0, 0, 0
    baseline_right, run_right = baseline == true, predicted == true
    only_baseline = int((baseline_right & ~run_right).sum())
    only_run = int((run_right & ~baseline_right).sum())
    shares = np.array([only_baseline, only_run, n - only_baseline - only_run]) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares, size=draws)  # (draws, 3)
    tail = 100 * LEVEL / 2
    low, high = np.percentile((drawn[:, 1] - drawn[:, 0]) / n, [tail, 100 - tail])
    p_value = mcnemar(only_baseline, only_run)
    return (only_run - only_baseline) / n, float(low), float(high), p_value, only_baseline, only_run


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's exact test (1947), two-sided p-value in 0 to 1: are the photos only one gets right coin tosses?"""
    disagreeing = only_first + only_second
    return float(binomtest(only_first, disagreeing).pvalue) if disagreeing else 1.0


def holm(p_values: Sequence[float], level: float = LEVEL) -> np.ndarray:
    """Which of several tests still stand when all were looked at: Holm's step-down (1979).

    Returns a bool ndarray of shape (n_tests,); the chance that any of them is a false alarm is at most `level`.
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    holds = np.logical_and.accumulate(p_values[order] * np.arange(len(p_values), 0, -1) < level)
    standing = np.zeros(len(p_values), bool)
    standing[order] = holds
    return standing


def against_baseline(
    true: np.ndarray, answers: dict[str, np.ndarray], baseline: str, seed: int = 0, f1_draws: dict | None = None
) -> tuple[Difference, ...]:
    """Every other run against the baseline, its test held against as many as there are (Holm).

    Parameters
    ----------
    true : int ndarray of shape (n_photos,)
    answers : run id -> int ndarray of shape (n_photos,), the class that the run said
    baseline : run id of one of them
    f1_draws : run id -> (macro F1, float ndarray of shape (draws,): it again on photos drawn alike for all runs)
    """
    others = [run for run in answers if run != baseline]
    paired = {run: paired_difference(true, answers[baseline], answers[run], seed) for run in others}
    standing = holm([p_value for *_, p_value, _, _ in paired.values()]).tolist()
    found = []
    for run, stands in zip(others, standing, strict=True):
        f1 = _f1_difference(f1_draws[baseline], f1_draws[run]) if f1_draws else (None, None, None)
        found.append(Difference(baseline, run, len(true), *paired[run], *f1, among=len(others), stands=stands))
    return tuple(found)


def _f1_difference(baseline: tuple[float, np.ndarray], run: tuple[float, np.ndarray]) -> tuple[float, float, float]:
    tail = 100 * LEVEL / 2
    low, high = np.percentile(run[1] - baseline[1], [tail, 100 - tail])
    return run[0] - baseline[0], float(low), float(high)


def verdict(difference: Difference, baseline: str, run: str, several: bool = False) -> str:
    """The claim in one sentence without a full stop; `baseline` and `run` are what the two are called ("A", "B").

    It names the higher one, its lead in points, the 95 % interval and the photos: "B is 6.2 points higher (3.1 to 9.3
    on 531 photos)", or inside the noise "Too close to call: B 2.1 points higher (-0.4 to 4.6 on 531 photos)". With
    `several` runs against one baseline it starts with the run and names the baseline: "C is 6.2 points lower than A".
    """
    lead, low, high, higher = difference.accuracy, difference.low, difference.high, run
    if lead < 0:
        lead, low, high, higher = -lead, -high, -low, baseline
    # + 0.0 turns the -0.0 that rounding leaves into 0.0
    points, low, high = (round(100 * share, 1) + 0.0 for share in (lead, low, high))
    basis = f"({low:.1f} to {high:.1f} on {difference.photos:,} photos)"
    if difference.accuracy == 0:
        return f"Too close to call: {baseline} and {run} are level {basis}"
    subject, relation = higher, "higher"
    if several:
        subject, relation = run, f"{'higher' if higher == run else 'lower'} than {baseline}"
    if difference.beyond_noise:
        return f"{subject} is {points:.1f} points {relation} {basis}"
    return f"Too close to call: {subject} {points:.1f} points {relation} {basis}"


def settling(difference: Difference) -> str | None:
    """What would settle a difference inside the noise, without a full stop; None where it is settled or level.

    "About 2,400 photos would settle it", were the difference as large on those as it is on these.
    """
    if difference.beyond_noise or not (needed := difference.settled_by):
        return None
    if needed <= difference.photos:
        return "A few more photos would settle it"
    if needed > MANY_PHOTOS:
        return "Not even a million photos would settle it"
    step = 10 ** max(len(str(needed)) - 2, 0)  # two digits: it is no more exact than that
    return f"About {-(-needed // step) * step:,} photos would settle it"
