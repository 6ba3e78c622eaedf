"""Which of several runs is better on one part, and whether the photos are enough to tell."""

import string
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from core.errors import DifferentTest, TooFewRuns
from core.evaluation.figures import METRICS, Figures, part_figures
from core.records import Part, Predictions, Run, Status

CONFIDENCE = 0.95
LEVEL = 1 - CONFIDENCE
DRAWS = 2_000  # bootstrap resamplings

ONE_SEED = "As for the settings behind them, one seed: can't tell."


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

    @property
    def beyond_noise(self) -> bool:
        """Whether the photos tell the two apart: the test and the interval must both say so."""
        return self.p_value < LEVEL and not self.low <= 0 <= self.high

    @property
    def settled_by(self) -> int | None:
        """About how many photos would tell the two apart, were the difference as large as it looks; None if equal."""
        if self.accuracy == 0:
            return None
        disagreeing = (self.only_baseline + self.only_run) / self.photos
        # 1.96 standard errors of a mean of n differences of -1, 0 or 1
        return int(np.ceil(1.96**2 * (disagreeing - self.accuracy**2) / self.accuracy**2))


@dataclass(frozen=True)
class Comparison:
    """Several runs of one evaluation id on one part; the first run is the baseline."""

    part: Part
    classes: tuple[str, ...]
    figures: dict[str, Figures]  # by run id, in the order given
    letters: dict[str, str]  # run id -> A, B, C ...
    differences: tuple[Difference, ...]  # every other run against the first

    @property
    def summaries(self) -> pd.DataFrame:
        """One row a run (index: run id): accuracy, precision_macro, recall_macro, f1_macro, loss."""
        return pd.DataFrame({run: of.summary for run, of in self.figures.items()}).T.rename_axis("run")

    @property
    def per_class(self) -> pd.DataFrame:
        """One row a class: class, support, then "precision A", "precision B" ..., "recall A" ..., "f1 A" ..."""
        first = next(iter(self.figures.values())).per_class
        wide = first[["class", "support"]].copy()
        for metric in METRICS:
            for run, of in self.figures.items():
                wide[f"{metric} {self.letters[run]}"] = of.per_class[metric]
        return wide

    @property
    def confusions(self) -> dict[str, np.ndarray]:
        return {run: of.confusion for run, of in self.figures.items()}

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One sentence a difference, with what the seeds allow to say about the choice of settings."""
        return tuple(f"{self.verdict(one)}. {ONE_SEED}" for one in self.differences)

    def verdict(self, one: Difference) -> str:
        """The claim of one of the differences, by the runs' letters."""
        several = len(self.differences) > 1
        return verdict(one, self.letters[one.baseline], self.letters[one.run], several)


def letter(index: int) -> str:
    """A, B ... Z, AA, AB ...: how runs are called on the screens."""
    more, rest = divmod(index, 26)
    return (letter(more - 1) if more else "") + string.ascii_uppercase[rest]


def gate(reference: str | None, runs: Sequence[Run]) -> tuple[list[Run], dict[str, str]]:
    """Which runs can be compared or combined with `reference` (an evaluation id), and why the others can't.

    Returns
    -------
    fitting : the finished runs tested on the reference's photos, in the order given
    reasons : run id -> a few words on why it does not fit
    """
    fitting, reasons = [], {}
    for run in runs:
        if run.status != Status.FINISHED:
            reasons[run.id] = {
                Status.QUEUED: "waiting to be trained",
                Status.RUNNING: "still training",
                Status.FAILED: "its training failed",
                Status.CANCELLED: "its training was cancelled",
            }[run.status]
        elif run.evaluation_id != reference:
            reasons[run.id] = "tested on other photos"
        else:
            fitting.append(run)
    return fitting, reasons


def check_same_test(predictions: dict[str, Predictions], names: dict[str, str] | None = None) -> None:
    """Raise DifferentTest, naming the two runs, unless all were tested on the same photos and classes.

    `predictions` and `names` are by run id; without a name the id is used.
    """
    first_id, first = next(iter(predictions.items()))
    called = names or {}
    for run, other in predictions.items():
        if other.evaluation_id != first.evaluation_id or other.classes != first.classes:
            raise DifferentTest(
                name=called.get(run, run),
                received=other.evaluation_id,
                reference=called.get(first_id, first_id),
                expected=first.evaluation_id,
            )


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


def compare(
    predictions: dict[str, Predictions], part: Part, names: dict[str, str] | None = None, seed: int = 0
) -> Comparison:
    """Compare runs (by id; the first is the baseline) on `part`.

    `names` are what error sentences call the runs. Raises TooFewRuns for none, DifferentTest.
    """
    if not predictions:
        raise TooFewRuns(verb="Comparing", needed=1, received=0)
    check_same_test(predictions, names)
    first_id, first = next(iter(predictions.items()))
    answers = {run: of.parts[part].predicted for run, of in predictions.items()}
    true = first.parts[part].true
    return Comparison(
        part=part,
        classes=first.classes,
        figures={
            run: part_figures(of.parts[part], of.classes, of.has_probabilities) for run, of in predictions.items()
        },
        letters={run: letter(index) for index, run in enumerate(predictions)},
        differences=tuple(
            Difference(first_id, run, len(true), *paired_difference(true, answers[first_id], predicted, seed))
            for run, predicted in answers.items()
            if run != first_id
        ),
    )


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


def compare_json(predictions: dict[str, Predictions], names: dict[str, str] | None = None) -> dict:
    """The object of `compare --json`: baseline, runs with their figures by part, differences and verdicts by part."""
    if len(predictions) < 2:
        raise TooFewRuns(verb="Comparing", needed=2, received=len(predictions))
    check_same_test(predictions, names)
    parts = list(next(iter(predictions.values())).parts)
    by_part = {part: compare(predictions, part, names) for part in parts}
    first = by_part[parts[0]]
    return {
        "baseline": first.differences[0].baseline,
        "evaluation_id": next(iter(predictions.values())).evaluation_id,
        "runs": [
            {"id": run, "letter": run_letter, "name": (names or {}).get(run, run)}
            | {str(part): of.figures[run].summary for part, of in by_part.items()}
            | {"per_class": {str(part): of.figures[run].per_class_json() for part, of in by_part.items()}}
            | {"confusion": {str(part): of.figures[run].confusion_json() for part, of in by_part.items()}}
            for run, run_letter in first.letters.items()
        ],
        "differences": {
            str(part): [
                asdict(one) | {"beyond_noise": one.beyond_noise, "verdict": sentence}
                for one, sentence in zip(of.differences, of.verdicts, strict=True)
            ]
            for part, of in by_part.items()
        },
    }
