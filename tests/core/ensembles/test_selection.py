from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from core.ensembles import combine, scores
from core.ensembles.selection import backward, by_confusion, cover, forward, rescues
from core.records import Part
from tests.core.ensembles.made_members import alike, by_run, predictions, spec_of, stacks


def scored(stack, true, rule="mean"):
    members = by_run(stack, true)
    return scores(spec_of(rule, list(members)), members, Part.TEST)


def right_of(stack, true, rule, runs):
    members = by_run(stack, true)
    combined = combine(spec_of(rule, runs), members, Part.TEST)
    return (combined.predicted == combined.true).mean()


def right_with_repeats(stack, true, taken):
    """A member that was taken twice weighs two."""
    members = by_run(stack, true)
    spec = spec_of("weighted", list(members), [float(times) for times in taken])
    combined = combine(spec, members, Part.TEST)
    return (combined.predicted == combined.true).mean()


@settings(max_examples=20)
@given(stacks(most_members=4))
def test_forward_takes_whoever_helps_most_again_and_again(made):
    stack, true = made
    path = forward(scored(stack, true), 6)
    taken = [0] * len(stack)
    for stage in path.stages:
        reached = []
        for member in range(len(stack)):
            tried = taken.copy()
            tried[member] += 1
            reached.append(right_with_repeats(stack, true, tried))
        level = [member for member, value in enumerate(reached) if value == max(reached)]
        chosen = min(level, key=lambda member: (taken[member] > 0, member))
        taken[chosen] += 1
        assert stage.run == f"m{chosen:03d}"
        assert stage.accuracy == pytest.approx(max(reached))
        assert stage.members == tuple(f"m{member:03d}" for member, times in enumerate(taken) for _ in range(times))
    assert len(path.stages) == 6


def test_the_best_stage_is_the_most_accurate_and_of_equals_the_one_with_the_fewest_members():
    stack, true = alike(5, 120, own=1.5)
    for path in (forward(scored(stack, true)), backward(scored(stack, true))):
        best = path.best
        highest = max(stage.accuracy for stage in path.stages)
        assert best.accuracy == highest
        assert len(best.members) == min(len(stage.members) for stage in path.stages if stage.accuracy == highest)


def test_forward_is_never_worse_than_the_best_member_alone():
    for seed in range(4):
        stack, true = alike(5, 80, seed=seed, own=2)
        alone = [right_of(stack, true, "mean", [f"m{member:03d}"]) for member in range(5)]
        path = forward(scored(stack, true))
        assert path.stages[0].accuracy == max(alone)
        assert path.best.accuracy >= max(alone)


@pytest.mark.parametrize("rule", ["vote", "mean", "bayes"])
def test_backward_leaves_out_whoever_is_missed_least(rule):
    stack, true = alike(5, 60, own=1.5)
    path = backward(scored(stack, true, rule))
    runs = [f"m{member:03d}" for member in range(5)]
    assert path.stages[0].members == tuple(runs)
    assert path.stages[0].accuracy == pytest.approx(right_of(stack, true, rule, runs))
    for stage in path.stages[1:]:
        reached = {out: right_of(stack, true, rule, [run for run in runs if run != out]) for out in runs}
        highest = max(reached.values())
        out = [run for run in runs if reached[run] == highest][-1]
        assert (stage.run, stage.accuracy) == (out, pytest.approx(highest))
        runs.remove(out)
        assert stage.members == tuple(runs)
    assert len(runs) == 1


def test_a_single_member_is_its_own_selection():
    of_one = scored(*alike(1, 30))
    assert backward(of_one).best.members == ("m000",)
    assert forward(of_one).best.members == ("m000",)


CLASSES = 3
TRUE = np.repeat(np.arange(CLASSES), 10)


def specialist(label, others=0.2):
    """Knows all of one class, and of the other two only a share."""
    own = label == TRUE
    knows = own | (np.arange(30) % 10 < 10 * others)
    other = np.where(own, TRUE, 3 - label - TRUE)  # never its own class, so that its precision there stays 1
    return predictions(np.eye(CLASSES)[np.where(knows, TRUE, other)], TRUE)


def test_cover_holds_each_members_rates_and_names_the_specialists():
    members = {"b": specialist(1), "a": specialist(0), "c": specialist(2)}
    found = cover(members, Part.TEST)
    assert found.runs == ("a", "b", "c")
    assert np.diag(found.recall).tolist() == np.diag(found.precision).tolist() == [1, 1, 1]
    assert found.recall[0].tolist() == [1, 0.2, 0.2]
    assert found.support.tolist() == [10, 10, 10]
    expected = {"class 0": "a", "class 1": "b", "class 2": "c"}
    for measure in ("recall", "precision", "f1"):
        assert found.specialists(measure) == expected
    assert found.covered(["a", "b", "c"], "recall") == 1
    assert found.covered(["a"], "recall") == pytest.approx(1.4 / 3)
    assert found.covered([]) == 0


def test_of_equal_specialists_the_first_id_is_named():
    members = {"b": specialist(0), "a": specialist(0)}
    assert set(cover(members, Part.TEST).specialists().values()) == {"a"}


def test_gains_are_what_a_member_adds_given_the_others():
    stack, true = alike(4, 100, own=1.5)
    found = cover(by_run(stack, true), Part.TEST)
    chosen = ["m000", "m002"]
    gains = found.gains(chosen, "recall")

    def covered(runs):
        return found.recall[[found.runs.index(run) for run in runs]].max(axis=0).mean()

    assert gains["m000"] == pytest.approx(covered(chosen) - covered(["m002"]))
    assert gains["m003"] == pytest.approx(covered([*chosen, "m003"]) - covered(chosen))
    assert list(gains) == list(found.runs)
    assert all(gain >= 0 for gain in gains.values())


def test_choosing_by_confusion_takes_members_that_complete_each_other_and_stops_when_nobody_adds():
    best_alone = specialist(0, 0.8)
    members = {"a": best_alone, "b": best_alone, "c": specialist(1), "d": specialist(2)}
    found = cover(members, Part.TEST)
    chosen = by_confusion(found, measure="recall")
    assert [run for run, _ in chosen] == ["a", "c", "d"]
    assert [reached for _, reached in chosen] == pytest.approx([2.6 / 3, 2.8 / 3, 1])
    assert [run for run, _ in by_confusion(found, 4, "recall")] == ["a", "c", "d", "b"]
    assert [run for run, _ in by_confusion(found, 2, "recall")] == ["a", "c"]
    assert by_confusion(found, 0) == ()
    assert len(by_confusion(found, 99)) == 4


@pytest.mark.parametrize("measure", ["recall", "precision", "f1"])
def test_choosing_by_confusion_reaches_the_share_of_the_best_cover_that_greedy_is_sure_of(measure):
    stack, true = alike(6, 80, 5, own=2.5)
    found = cover(by_run(stack, true), Part.TEST)
    for most in (1, 2, 3):
        chosen = by_confusion(found, most, measure)
        best = max(found.covered(runs, measure) for runs in combinations(found.runs, most))
        assert chosen[-1][1] == pytest.approx(found.covered([run for run, _ in chosen], measure))
        assert (1 - 1 / np.e) * best <= chosen[-1][1] <= best + 1e-12
        if most == 1:
            assert chosen[0][1] == best


def test_rescues_are_the_share_of_missed_photos_that_another_gets_right():
    stack, true = alike(4, 120, 3, own=2)
    members = by_run(stack, true)
    found = rescues(members, Part.TEST, 1)
    said = {run: one.parts[Part.TEST].predicted for run, one in members.items()}
    photos = [photo for photo in range(120) if true[photo] == 1]
    for first in members:
        missed = [photo for photo in photos if said[first][photo] != 1]
        assert found.attrs["missed"][first] == len(missed) > 0
        for second in members:
            if first == second:
                assert np.isnan(found.loc[first, second])
            else:
                rescued = [photo for photo in missed if said[second][photo] == 1]
                assert found.loc[first, second] == pytest.approx(len(rescued) / len(missed))


def test_who_misses_no_photo_of_a_class_needs_no_rescue():
    members = {"a": specialist(0), "b": specialist(1)}
    found = rescues(members, Part.TEST, 0)
    assert np.isnan(found.loc["a", "b"])
    assert found.loc["b", "a"] == 1
    assert found.attrs["missed"] == {"a": 0, "b": 8}


def test_a_class_without_photos_misses_nothing():
    stack, true = alike(2, 30, 3)
    found = rescues(by_run(stack, true % 2), Part.TEST, 2)
    assert found.isna().all(axis=None)
    assert set(found.attrs["missed"].values()) == {0}
