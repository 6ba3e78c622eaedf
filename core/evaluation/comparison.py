"""Which of several runs is better on one part, and whether the photos are enough to tell."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.errors import DifferentTest, NoAnswers, TooFewRuns
from core.evaluation.choices import ONE_SEED, Picking, choice_verdict, disagreement, picking_gain
from core.evaluation.differences import Difference, against_baseline, settling, verdict
from core.evaluation.figures import METRICS, Figures, part_figures
from core.evaluation.intervals import Interval, middle
from core.evaluation.leaders import leaders
from core.evaluation.resampling import resampled
from core.records import Part, Predictions, Run, Status


@dataclass(frozen=True)
class Comparison:
    """Several runs of one evaluation id on one part."""

    part: Part
    classes: tuple[str, ...]
    figures: dict[str, Figures]  # by run id, in the order given
    letters: dict[str, str]  # run id -> A, B, C ...
    differences: tuple[Difference, ...]  # every other run against the baseline
    baseline: str = ""  # run id
    intervals: dict[str, dict[str, Interval]] = field(default_factory=dict)  # run id -> figure -> (low, high), 95 %
    leaders: dict[str, str | None] = field(default_factory=dict)  # figure -> the run that leads it beyond the noise
    choices: dict[str, str] = field(default_factory=dict)  # run id -> sentence on the settings behind the difference
    picking: Picking | None = None  # what picking the best of these runs brings
    notes: tuple[str, ...] = ()  # a sentence for each run that is left out

    @property
    def summaries(self) -> pd.DataFrame:
        """One row a run (index: run id), one column a figure of `Figures.summary`."""
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
    def best(self) -> str:
        """Run id of the highest accuracy, beyond the noise or not; the first of equals."""
        return max(self.figures, key=lambda run: self.figures[run].accuracy)

    @property
    def picked(self) -> str | None:
        """What picking the best of these runs brings, in two sentences; None where there is one run or no photo."""
        return self.picking.sentence(self.letters[self.best]) if self.picking else None

    @property
    def verdicts(self) -> tuple[str, ...]:
        """A text a difference: the claim, what would settle it, and what the seeds say of the settings."""
        told = []
        for one in self.differences:
            settled = f"{needed}." if (needed := settling(one)) else ""
            told.append(" ".join(filter(None, [f"{self.verdict(one)}.", settled, self.choices[one.run]])))
        return tuple(told)

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


def compare(
    predictions: dict[str, Predictions],
    part: Part,
    names: dict[str, str] | None = None,
    seed: int = 0,
    baseline: str | None = None,
    families: Mapping[str, str] | None = None,
    draws: Mapping[str, Mapping[str, np.ndarray]] | None = None,
) -> Comparison:
    """Compare runs (by id) on `part`.

    Parameters
    ----------
    predictions : run id -> predictions; a run without answers on `part` is left out with a note
    names : what error sentences call the runs
    seed : of the bootstrap
    baseline : run id that the others are set against; the first where it is not given or left out
    families : run id -> what runs of equal settings share; the seeds that are here then say something of the settings
    draws : what `figure_draws` gives of these runs on this part, where it is there already; it is most of the work.
        Empty: there are no intervals, no leaders and no differences in macro F1, and all else is as it is with them

    Raises TooFewRuns for no run, DifferentTest, NoAnswers where no run has answers on `part`.
    """
    if not predictions:
        raise TooFewRuns(verb="Comparing", needed=1, received=0)
    check_same_test(predictions, names)
    letters = {run: letter(index) for index, run in enumerate(predictions)}
    answers = {run: of.parts[part] for run, of in predictions.items() if part in of.parts}
    if not answers:
        raise NoAnswers(part=part)
    classes = next(iter(predictions.values())).classes
    figures = {run: part_figures(of, classes, predictions[run].has_probabilities) for run, of in answers.items()}
    draws = figure_draws(predictions, part, seed) if draws is None else {run: draws.get(run, {}) for run in answers}
    baseline = baseline if baseline in answers else next(iter(answers))
    true, said = answers[baseline].true, {run: of.predicted for run, of in answers.items()}
    right = {run: labels == true for run, labels in said.items()}
    f1_draws = {run: (figures[run].summary["f1_macro"], of["f1_macro"]) for run, of in draws.items() if of}
    return Comparison(
        part=part,
        classes=classes,
        figures=figures,
        letters=letters,
        differences=against_baseline(true, said, baseline, seed, f1_draws),
        baseline=baseline,
        intervals={run: middle(of) for run, of in draws.items()},
        leaders=leaders({run: of.summary for run, of in figures.items()}, draws, right),
        choices={run: _choice(baseline, run, figures, letters, families or {}) for run in answers if run != baseline},
        picking=picking_gain(
            [of.accuracy for of in figures.values()], len(true), disagreement(np.stack(list(right.values())))
        ),
        notes=tuple(
            f"{letters[run]} has no answers on {part} photos, so it is left out."
            for run in predictions
            if run not in answers
        ),
    )


def figure_draws(predictions: Mapping[str, Predictions], part: Part, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Run id -> figure -> float64 ndarray of shape (draws,): the figures on photos of `part` drawn alike for all runs.

    A run without answers on `part` is left out; figures that need probabilities are, where there are none.
    """
    found = {run: of for run, of in predictions.items() if part in of.parts}
    answers = [of.parts[part] for of in found.values()]
    with_probabilities = [
        of.has_probabilities and bool(np.isfinite(one.probabilities).all())
        for of, one in zip(found.values(), answers, strict=True)
    ]
    n_classes = len(next(iter(found.values())).classes) if found else 0
    return dict(zip(found, resampled(answers, n_classes, with_probabilities, seed=seed), strict=True))


def _choice(baseline: str, run: str, figures: dict[str, Figures], letters: dict[str, str], families) -> str:
    """What the seeds that are here say of the settings of two runs."""
    first, second = families.get(baseline), families.get(run)
    if not first or not second:
        return ONE_SEED
    if first == second:
        return (
            f"{letters[baseline]} and {letters[run]} have the same settings and other seeds: "
            "what lies between them is the luck of a training."
        )
    seeds = [[of.accuracy for other, of in figures.items() if families.get(other) == one] for one in (first, second)]
    return choice_verdict(*seeds, (letters[baseline], letters[run]), figures[run].photos)
