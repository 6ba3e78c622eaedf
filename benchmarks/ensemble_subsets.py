"""All subsets of an ensemble's members: how long until the accuracy of each is there, and in how much memory?

10,000 photos, 8 classes. The members are 75 to 85 % right and their errors are alike, as real ones' are: a photo is
hard for all or easy for all. Members that err independently would flatter, since their sets agree on most photos.
7 members (127 subsets) are compared with a loop over the subsets through the arithmetic of scikit-learn's
VotingClassifier, hard and soft, which must give the same answers; 15 members (32,767 subsets) are timed alone. The time
starts with the members' probabilities and ends with the number of photos that each subset gets right.
"""

import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.ensembles import scores
from core.ensembles.subsets import DRAWS, Subsets, optimism, subsets
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName

PHOTOS, CLASSES, TIMES = 10_000, 8, 5
FEW, FEW_TARGET_MS, FASTER = 7, 150, 20
MANY, MANY_TARGET_S = 15, 20
SIZE = f"{PHOTOS:,} photos, {CLASSES} classes"


def members(count: int) -> dict[str, Predictions]:
    """Predictions by run, all of the same photos: what is common to all outweighs what is each one's own."""
    generator = np.random.default_rng(0)
    true = generator.integers(0, CLASSES, PHOTOS)
    ease = generator.gamma(3, 1.3, (PHOTOS, 1))
    common = generator.normal(size=(PHOTOS, CLASSES)) + ease * np.eye(CLASSES)[true]
    ids, made = tuple(f"{number:020x}" for number in range(PHOTOS)), {}
    for number in range(count):
        own = generator.normal(size=common.shape) * generator.uniform(0.4, 1)
        heights = np.exp(1.5 * (common + own))
        part = PartPredictions(ids=ids, true=true, probabilities=heights / heights.sum(axis=1, keepdims=True))
        made[f"run {number:02d}"] = Predictions(
            evaluation_id="benchmark",
            classes=tuple(f"class {label}" for label in range(CLASSES)),
            parts={Part.VALIDATION: part},
        )
    return made


def all_subsets(every: dict[str, Predictions], rule: RuleName) -> Subsets:
    spec = EnsembleSpec(rule=rule, members=tuple(Member(run=run) for run in every))
    return subsets(scores(spec, every, Part.VALIDATION))


def by_scikit_learn(stack: np.ndarray, sets: np.ndarray, rule: RuleName) -> list[np.ndarray]:
    """Answers of each set by what VotingClassifier's `predict` computes of its members' answers."""
    found, labels = [], stack.argmax(axis=2)
    for on in sets:
        if rule == RuleName.VOTE:
            votes = labels[on].T
            found.append(np.apply_along_axis(lambda row: np.argmax(np.bincount(row)), 1, votes))
        else:
            found.append(np.average(stack[on], axis=0).argmax(axis=1))
    return found


def assert_same_answers(ours: Subsets, theirs: list[np.ndarray], stack: np.ndarray, true: np.ndarray, rule: RuleName):
    """Each subset is equally right; of a vote's ties scikit-learn takes the first class, we the most probable."""
    votes = np.eye(CLASSES, dtype=int)[stack.argmax(axis=2)]
    for row, (on, labels) in enumerate(zip(ours.sets, theirs, strict=True)):
        if rule == RuleName.VOTE:
            total, means = votes[on].sum(axis=0), stack[on].sum(axis=0)
            top = total == total.max(axis=1, keepdims=True)
            labels = np.where(top.sum(axis=1) > 1, np.where(top, means, -1).argmax(axis=1), labels)
        assert ours.right[row] == (labels == true).sum()


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> bool:
    every, met = members(MANY), []
    parts = [one.parts[Part.VALIDATION] for one in every.values()]
    accuracies = [(part.predicted == part.true).mean() for part in parts]
    few = dict(list(every.items())[:FEW])
    true = few["run 00"].parts[Part.VALIDATION].true
    stack = np.stack([one.parts[Part.VALIDATION].probabilities for one in few.values()]).astype(float)
    wrong = np.corrcoef(stack.argmax(axis=2) != true)[np.triu_indices(FEW, 1)].mean()
    print(
        f"members are {min(accuracies):.2f} to {max(accuracies):.2f} right, the mean correlation of their errors is "
        f"{wrong:.2f}"
    )
    for rule in (RuleName.VOTE, RuleName.MEAN, RuleName.CLASSES, RuleName.BAYES):
        found = all_subsets(few, rule)
        ours = min(seconds(lambda rule=rule: all_subsets(few, rule)) for _ in range(TIMES))
        met.append(1_000 * ours <= FEW_TARGET_MS)
        print(
            f"{len(found.sets)} subsets of {FEW} members, {rule}, {SIZE}: {1_000 * ours:.1f} ms, best of {TIMES} "
            f"(target {FEW_TARGET_MS} ms)"
        )
        if rule in (RuleName.VOTE, RuleName.MEAN):
            started = time.perf_counter()
            answers = by_scikit_learn(stack, found.sets, rule)
            theirs = time.perf_counter() - started
            assert_same_answers(found, answers, stack, true, rule)
            target = f" (target {FASTER})" if rule == RuleName.VOTE else ""
            met.append(rule != RuleName.VOTE or theirs / ours >= FASTER)
            print(
                f"{len(found.sets)} subsets, {rule}, {SIZE}: {theirs / ours:.1f} times faster than a loop of "
                f"scikit-learn's VotingClassifier arithmetic{target}, same answers"
            )
    size = sum(part.probabilities.nbytes for part in parts)
    for rule in (RuleName.MEAN, RuleName.VOTE):
        kept = []
        ours = seconds(lambda rule=rule, kept=kept: kept.append(all_subsets(every, rule)))
        met.append(ours <= MANY_TARGET_S)
        print(
            f"{len(kept[0].sets):,} subsets of {MANY} members, {rule}, {SIZE}: {ours:.2f} s (target {MANY_TARGET_S} s)"
        )
    spec = EnsembleSpec(rule=RuleName.VOTE, members=tuple(Member(run=run) for run in every))
    found, validation = kept[0], scores(spec, every, Part.VALIDATION)
    ours = seconds(lambda: optimism(found, validation))
    print(f"how much the best of {len(found.sets):,} subsets is flattered, {DRAWS} draws, {SIZE}: {ours:.2f} s")
    tracemalloc.start()
    all_subsets(every, RuleName.VOTE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{2**MANY - 1:,} subsets of {MANY} members, {SIZE}: {peak / 2**20:.1f} MiB at most beside the members' "
        f"arrays, {peak / size:.1f} copies of them ({size / 2**20:.1f} MiB)"
    )
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
