"""One member of an ensemble is switched: how long until all new figures are there?

7 members, 10,000 photos, 8 classes, each rule that adds its members' scores. The figures are everything the Ensemble
page shows after a toggle: the answers, their accuracy, per-class table and confusion matrix, the best member's beside
it, photos rescued and lost, and the interval.
Compared with the same answers and tables by a loop through scikit-learn: the arithmetic of its VotingClassifier
(`apply_along_axis` over the photos) and its metric functions.
"""

import sys
import time
from pathlib import Path

import numpy as np
from sklearn import metrics

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.ensembles import adds, gain_over_best
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, Weighting

MEMBERS, PHOTOS, CLASSES, TOGGLES = 7, 10_000, 8, 50
TARGET_MS = 50
RULES = [(rule, weighting) for rule in RuleName if adds(rule) for weighting in Weighting]
RULES = [of for of in RULES if of[0] == RuleName.WEIGHTED or of[1] == Weighting.ACCURACY]


def members() -> dict[str, Predictions]:
    generator = np.random.default_rng(0)
    true = generator.integers(0, CLASSES, PHOTOS)
    ids = tuple(f"{number:020x}" for number in range(PHOTOS))
    made = {}
    for number in range(MEMBERS):
        probabilities = generator.dirichlet(np.full(CLASSES, 0.3), PHOTOS) + 0.6 * np.eye(CLASSES)[true]
        part = PartPredictions(ids=ids, true=true, probabilities=probabilities / 1.6)
        made[f"run {number}"] = Predictions(
            evaluation_id="benchmark",
            classes=tuple(f"class {label}" for label in range(CLASSES)),
            parts={Part.VALIDATION: part, Part.TEST: part},
        )
    return made


def by_scikit_learn(chosen: list[Predictions], rule: str) -> np.ndarray:
    """The same figures through scikit-learn; returns the ensemble's answers."""
    parts = [one.parts[Part.VALIDATION] for one in chosen]
    true = parts[0].true
    answers = [part.probabilities.argmax(axis=1) for part in parts]
    if rule == "vote":
        votes = np.stack(answers, axis=1)
        predicted = np.apply_along_axis(lambda row: np.bincount(row, minlength=CLASSES).argmax(), 1, votes)
    else:
        predicted = np.mean([part.probabilities for part in parts], axis=0).argmax(axis=1)
    best = max(answers, key=lambda labels: metrics.accuracy_score(true, labels))
    for labels in (predicted, best):
        metrics.confusion_matrix(true, labels)
        metrics.precision_recall_fscore_support(true, labels)
        metrics.precision_recall_fscore_support(true, labels, average="macro")
        metrics.accuracy_score(true, labels)
    return predicted


def milliseconds(work, toggles: list[dict[str, Predictions]]) -> np.ndarray:
    work(toggles[0])  # warm
    taken = []
    for chosen in toggles:
        started = time.perf_counter()
        work(chosen)
        taken.append(1_000 * (time.perf_counter() - started))
    return np.array(taken)


def figures(chosen: dict[str, Predictions], rule: RuleName, weighting: Weighting):
    """What the Ensemble page shows of these members."""
    spec = EnsembleSpec(rule=rule, weighting=weighting, members=tuple(Member(run=run) for run in chosen))
    return gain_over_best(spec, chosen, Part.VALIDATION)


def main() -> bool:
    every = members()
    generator = np.random.default_rng(1)
    toggles = []
    for _ in range(TOGGLES):
        kept = [run for run in every if generator.random() < 0.8] or list(every)
        toggles.append({run: every[run] for run in kept})
    size, met = f"{MEMBERS} members, {PHOTOS:,} photos, {CLASSES} classes", []
    for rule, weighting in RULES:
        ours = milliseconds(lambda chosen, of=(rule, weighting): figures(chosen, *of), toggles)
        slowest = np.percentile(ours, 95)
        met.append(slowest <= TARGET_MS)
        called = f"{rule}, weights {weighting}" if rule == RuleName.WEIGHTED else str(rule)
        print(
            f"ensemble toggle to new figures, {called}, {size}: p95 of {TOGGLES} toggles {slowest:.1f} ms "
            f"(target {TARGET_MS} ms)"
        )
        if rule not in (RuleName.VOTE, RuleName.MEAN):
            continue
        theirs = milliseconds(lambda chosen, rule=rule: by_scikit_learn(list(chosen.values()), rule), toggles[:5])
        print(
            f"ensemble toggle, {rule}, {size}: {np.median(theirs) / np.median(ours):.1f} times faster than a loop "
            f"through scikit-learn ({np.median(ours):.1f} ms against {np.median(theirs):.1f} ms, medians)"
        )
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
