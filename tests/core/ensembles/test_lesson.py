import numpy as np
import pytest
from hypothesis import given, settings

from core.ensembles.lesson import leaked
from core.records import Part
from tests.core.ensembles.made_members import alike, by_run, predictions, stacks


def one_member(n=300, **changes):
    stack, true = alike(1, n, 4, **changes)
    return by_run(stack, true)["m000"]


def accuracy(of, part):
    answers = of.parts[part]
    return (answers.predicted == answers.true).mean()


def test_a_share_of_nothing_changes_nothing():
    member = one_member()
    leak = leaked(member, 0)
    assert leak.known == {"validation": 0, "test": 0}
    for part, answers in leak.predictions.parts.items():
        np.testing.assert_array_equal(answers.probabilities, member.parts[part].probabilities)


@settings(max_examples=60)
@given(stacks(most_members=1))
def test_who_knows_all_photos_by_heart_is_always_right_whatever_was_level(made):
    stack, true = made
    leak = leaked(predictions(stack[0], true), 1, memory=1)
    assert accuracy(leak.predictions, Part.TEST) == accuracy(leak.predictions, Part.VALIDATION) == 1
    assert leak.known == {"validation": len(true), "test": len(true)}


def test_probabilities_stay_rows_of_sum_one_and_what_was_right_stays_as_it_was():
    member = one_member()
    leak = leaked(member, 0.6, memory=0.9)
    before, after = member.parts[Part.TEST], leak.predictions.parts[Part.TEST]
    np.testing.assert_allclose(after.probabilities.sum(axis=1), 1, atol=1e-6)
    right = before.predicted == before.true
    np.testing.assert_array_equal(after.probabilities[right], before.probabilities[right])
    np.testing.assert_array_equal(np.sort(after.probabilities, axis=1), np.sort(before.probabilities, axis=1))
    assert after.ids == before.ids


def test_about_that_share_of_each_part_is_known_and_the_figure_lies_by_what_was_wrong_and_remembered():
    member = one_member(4000)
    leak = leaked(member, 0.8, memory=0.5)
    for part in (Part.VALIDATION, Part.TEST):
        assert leak.known[str(part)] == pytest.approx(0.8 * 4000, rel=0.05)
        honest = accuracy(member, part)
        assert accuracy(leak.predictions, part) == pytest.approx(honest + 0.4 * (1 - honest), abs=0.03)


def test_a_member_without_memory_gains_nothing_from_what_it_saw():
    member = one_member()
    leak = leaked(member, 0.8, memory=0)
    assert leak.known["test"] > 200
    assert accuracy(leak.predictions, Part.TEST) == accuracy(member, Part.TEST)


def test_the_same_seed_knows_the_same_photos_and_the_member_itself_is_left_alone():
    member = one_member()
    before = member.parts[Part.TEST].probabilities.copy()
    first, again, other = (leaked(member, 0.5, seed=seed).predictions.parts[Part.TEST] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert not np.array_equal(first.probabilities, other.probabilities)
    np.testing.assert_array_equal(member.parts[Part.TEST].probabilities, before)


def test_the_leak_keeps_the_evaluation_id_and_the_classes_so_that_no_gate_would_see_it():
    member = one_member(20)
    leak = leaked(member, 0.5).predictions
    assert (leak.evaluation_id, leak.classes) == (member.evaluation_id, member.classes)
