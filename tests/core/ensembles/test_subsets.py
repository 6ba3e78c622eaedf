from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ensembles import combine, scores
from core.ensembles.margins import Margins, gray_sets
from core.ensembles.subsets import DRAWS, Subsets, optimism, same_sets, subsets
from core.errors import NoWeights
from core.records import Part, RuleName
from tests.core.ensembles.made_members import ADDING, alike, by_run, spec_of, stacks

PARTS = [Part.VALIDATION, Part.TEST]


def scored(stack, true, rule="mean", part=Part.VALIDATION, weights=None):
    members = by_run(stack, true)
    return scores(spec_of(rule, list(members), weights), members, part)


@pytest.mark.parametrize("m", [1, 2, 5])
def test_neighbouring_sets_differ_by_one_member_and_each_set_comes_once(m):
    sets = gray_sets(m)
    assert len({tuple(row) for row in sets.tolist()}) == len(sets) == 2**m - 1
    assert sets.any(axis=1).all()
    assert ((sets[1:] != sets[:-1]).sum(axis=1) == 1).all()


@pytest.mark.parametrize("rule", ADDING)
@settings(max_examples=25)
@given(stacks(most_members=4), st.sampled_from(PARTS))
def test_every_subset_is_as_right_as_that_ensemble_by_itself(rule, made, part):
    stack, true = made
    members = by_run(stack, true, stack[:, ::-1], true)
    weights = np.linspace(0.5, 3, len(stack)).tolist() if rule == RuleName.WEIGHTED else None
    spec = spec_of(rule, list(members), weights)
    of_part = scores(spec, members, part)
    found = subsets(of_part)
    right = Margins(of_part).right(found.sets)
    assert found.exact
    for row, answered in enumerate(right):
        kept = [member for member, on in zip(spec.members, found.sets[row], strict=True) if on]
        combined = combine(spec.model_copy(update={"members": tuple(kept)}), members, part)
        expected = combined.predicted == combined.true
        assert answered.tolist() == expected.tolist()
        assert found.right[row] == expected.sum()


@settings(max_examples=25)
@given(stacks(most_members=4))
def test_subsets_of_a_mean_weighted_by_accuracy_are_those_ensembles_too(made):
    stack, true = made
    stack[:, 0], true[0] = np.eye(stack.shape[2])[1], 1  # so that nobody is never right, which counts as weight 1
    members = by_run(stack, true)
    spec = spec_of("weighted", list(members))
    found = subsets(scores(spec, members, Part.TEST))
    for row in range(len(found.sets)):
        combined = combine(spec_of("weighted", found.runs_of(row)), members, Part.TEST)
        assert found.right[row] == (combined.predicted == combined.true).sum()


def test_a_set_in_which_nobody_has_a_weight_says_the_first_class():
    stack, true = alike(2, 20, 3)
    members = by_run(stack, true)
    found = subsets(scores(spec_of("weighted", list(members), [1, 0]), members, Part.TEST))
    assert found.right[found.row_of(["m001"])] == (true == 0).sum()
    with pytest.raises(NoWeights):
        combine(spec_of("weighted", ["m001"], [0]), members, Part.TEST)


def test_photos_that_every_set_gets_equally_right_are_settled_once():
    true = np.array([0, 1, 2, 0])
    all_right = np.eye(3)[true]
    all_wrong = np.eye(3)[(true + 1) % 3]
    stack = np.stack([all_right, all_right])
    stack[:, 1] = all_wrong[1]
    stack[0, 2] = all_wrong[2]
    margins = Margins(scored(stack, true))
    assert margins.always_right.tolist() == [True, False, False, True]
    assert margins.open.tolist() == [2]
    assert margins.count_right(np.array([[True, False], [False, True]])).tolist() == [2, 3]


def test_sets_can_come_in_any_order():
    margins, sets = Margins(scored(*alike(6))), gray_sets(6)
    order = np.random.default_rng(0).permutation(len(sets))
    np.testing.assert_array_equal(margins.count_right(sets[order]), margins.count_right(sets)[order])


def test_sets_that_are_done_are_reported():
    told = []
    subsets(scored(*alike(11, 30)), lambda done, of: told.append((done, of)))
    assert told == [(512 * time, 2047) for time in range(1, 4)]


def made_subsets(sets, right, photos=10):
    sets = np.array(sets, bool)
    return Subsets(tuple("abcdefghij"[: sets.shape[1]]), sets, np.array(right), photos, True)


def test_the_most_accurate_comes_first_then_the_smaller_then_the_one_of_the_first_runs():
    found = made_subsets([[0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 0]], [7, 7, 5, 7, 7, 3])
    assert ["".join(found.runs_of(row)) for row in found.ranked] == ["b", "ab", "bc", "abc", "c", "a"]
    assert found.best_by_size == {1: 4, 2: 3, 3: 1}
    assert found.accuracies.tolist() == [0.7, 0.7, 0.5, 0.7, 0.7, 0.3]


@settings(max_examples=30)
@given(st.integers(1, 11), st.integers(0, 10_000))
def test_ranks_are_those_of_a_sorted_list(m, seed):
    sets = gray_sets(m)
    right = np.random.default_rng(seed).integers(0, 4, len(sets))
    found = Subsets(tuple("abcdefghijk"[:m]), sets, right, 4, True)
    keys = [(-right[row], sets[row].sum(), (~sets[row]).tolist()) for row in range(len(sets))]
    assert found.ranked.tolist() == sorted(range(len(sets)), key=keys.__getitem__)
    for size, row in found.best_by_size.items():
        assert right[row] == right[found.sizes == size].max()


def test_a_row_is_found_by_exactly_its_runs():
    found = made_subsets([[1, 0, 0], [1, 1, 0], [0, 1, 1]], [1, 2, 3])
    assert found.row_of(["b", "a"]) == 1
    assert found.row_of(run for run in ("c", "b")) == 2
    for others in (["b"], ["a", "b", "x"], ["x"], []):
        assert found.row_of(others) is None


def test_the_same_sets_on_test_are_not_chosen_there():
    stack, true = alike(5, 80)
    asked, asked_true = alike(5, 50, seed=1)
    members = by_run(stack, true, asked, asked_true)
    spec = spec_of("bayes", list(members))
    found = subsets(scores(spec, members, Part.VALIDATION))
    there = same_sets(found, scores(spec, members, Part.TEST))
    assert there.sets is found.sets
    assert there.photos == 50
    row = int(found.ranked[0])
    combined = combine(spec_of("bayes", found.runs_of(row)), members, Part.TEST)
    assert there.right[row] == (combined.predicted == combined.true).sum()


def test_sets_of_other_members_are_refused():
    found = subsets(scored(*alike(3)))
    with pytest.raises(ValueError, match=r"m000, m001, m002\. Received: scores of m000, m001"):
        same_sets(found, scored(*alike(2)))


def greedy_by_definition(of_part):
    """Right photos of each step of forward selection without replacement, by a loop."""
    total, left, reached = of_part.prior.copy(), list(range(len(of_part.runs))), []
    while left:
        right = [((total + of_part.members[one]).argmax(axis=1) == of_part.true).sum() for one in left]
        chosen = left.pop(int(np.argmax(right)))
        total = total + of_part.members[chosen]
        reached.append(max(right))
    return reached


@pytest.mark.parametrize("seed", range(3))
def test_seventeen_members_are_searched_by_a_beam_that_finds_what_greedy_finds_and_says_it_is_not_all(seed):
    of_part = scored(*alike(17, 120, 4, seed, own=1.5), rule="vote")
    found = subsets(of_part)
    assert not found.exact
    reached = greedy_by_definition(of_part)
    best = [found.right[found.best_by_size[size]] for size in range(1, 18)]
    assert max(best) >= max(reached)
    pairs = np.array([[place in pair for place in range(17)] for pair in combinations(range(17), 2)])
    assert best[1] == Margins(of_part).count_right(pairs).max()  # all 17 are kept, so all pairs are looked at
    assert len(np.unique(found.sets, axis=0)) == len(found.sets)
    assert found.row_of(found.runs) is not None


def test_greedys_sets_are_among_those_that_a_narrow_beam_looks_at(monkeypatch):
    monkeypatch.setattr("core.ensembles.subsets.LOOKED_AT", 0)
    of_part = scored(*alike(16, 80, 4, 3, own=2), rule="mean")
    found = subsets(of_part)
    reached = greedy_by_definition(of_part)
    best = [found.right[found.best_by_size[size]] for size in range(1, 17)]
    assert best[0] == reached[0]
    assert max(best) >= max(reached)
    assert found.sizes.max() == 16


def test_forty_members_are_searched_and_the_search_is_reported():
    told = []
    found = subsets(scored(*alike(40, 60, 3)), lambda done, of: told.append((done, of)))
    assert told == [(size, 40) for size in range(1, 41)]
    assert found.sizes.max() == 40
    assert set(found.best_by_size) == set(range(1, 41))


def noise(m, n=200, seed=0):
    """Members that guess: whichever set is best owes it to luck alone."""
    generator = np.random.default_rng(seed)
    return generator.dirichlet(np.ones(3), (m, n)).astype(np.float32), generator.integers(0, 3, n)


def test_the_best_of_one_set_is_not_flattered():
    of_part = scored(*noise(1))
    assert abs(optimism(subsets(of_part), of_part).points) < 0.02


def test_the_best_of_many_guessing_sets_is_flattered_and_the_more_sets_the_more():
    few, many = (scored(*noise(m), rule="vote") for m in (3, 9))
    assert optimism(subsets(many), many).points > optimism(subsets(few), few).points > 0.02
    assert optimism(subsets(many), many).unseen.mean() == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize(("m", "n"), [(4, 40), (8, 15)])  # 15 sets, and 255 with many that are level
def test_a_draw_chooses_the_best_set_and_looks_only_at_photos_that_were_not_drawn(m, n):
    stack, true = alike(m, n, 3, own=2)
    of_part = scored(stack, true, "vote")
    found = subsets(of_part)
    told = optimism(found, of_part, seed=5)
    generator = np.random.default_rng(5)
    right = Margins(of_part).right(found.sets)
    for draw in range(DRAWS):
        drawn = generator.multinomial(n, np.full(n, 1 / n))
        counts = right @ drawn
        best = min(
            np.flatnonzero(counts == counts.max()), key=lambda row: (found.sizes[row], (~found.sets[row]).tolist())
        )
        assert told.chosen[draw] == counts.max() / n
        assert told.unseen[draw] == pytest.approx(right[best][drawn == 0].mean())


def test_the_same_seed_draws_the_same_and_another_seed_others():
    stack, true = alike(5, 60)
    of_part, of_test = scored(stack, true), scored(*alike(5, 90, seed=2))
    found = subsets(of_part)
    first, again, other = (optimism(found, of_part, of_test, seed) for seed in (0, 0, 1))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.chosen, other.chosen)
    assert first.test.shape == (DRAWS,)
    assert optimism(found, of_part).test is None
    np.testing.assert_array_equal(optimism(found, of_part).unseen, first.unseen)  # test photos change no choice


def test_optimism_of_one_photo_and_of_none_is_a_number():
    stack, true = alike(3, 1, 3)
    one = scored(stack, true)
    assert optimism(subsets(one), one, one).points == 0
    none = scored(stack[:, :0], true[:0])
    found = optimism(subsets(none), none, none)
    assert found.points == 0
    assert found.test.tolist() == [0] * DRAWS


def test_sets_held_against_the_draws_are_reported():
    told = []
    of_part = scored(*alike(8, 30))
    optimism(subsets(of_part), of_part, report=lambda done, of: told.append((done, of)))
    assert told == [(128, 255), (255, 255)]
