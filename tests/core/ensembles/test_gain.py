import numpy as np
import pytest

from core.ensembles import combine
from core.ensembles.gain import best_member
from core.ensembles.gain import gain_over_best as gain_of_spec
from core.records import Part, PartPredictions, Predictions
from tests.core.ensembles.made_members import EVERY, alike, by_run, spec_of

TRUE = np.array([0, 0, 1, 1, 2])


def gain_over_best(members, rule, part):
    return gain_of_spec(spec_of(rule, list(members)), members, part)


def member(validation, test=None, true=TRUE):
    def part(labels):
        return PartPredictions(ids=tuple("abcde"), true=true, probabilities=np.eye(3)[labels])

    return Predictions(
        evaluation_id="e",
        classes=("ash", "beech", "cedar"),
        parts={Part.VALIDATION: part(validation), Part.TEST: part(validation if test is None else test)},
    )


MEMBERS = {
    "x": member([0, 0, 1, 2, 2], [1, 1, 2, 2, 0]),  # 4 of 5 on validation, none on test
    "y": member([0, 1, 1, 1, 0], [0, 0, 1, 1, 2]),  # 3 of 5 on validation, all on test
    "z": member([1, 0, 2, 1, 0], [0, 0, 1, 1, 2]),  # 2 of 5 on validation, all on test
}


def test_the_best_member_is_chosen_on_validation_and_named_on_test_as_well():
    assert best_member(MEMBERS) == "x"
    assert gain_over_best(MEMBERS, "vote", Part.TEST).best == "x"


def test_equally_good_members_are_chosen_from_by_id_not_by_order():
    twins = {"b": MEMBERS["y"], "a": MEMBERS["y"]}
    assert best_member(twins) == best_member(dict(reversed(twins.items()))) == "a"


def test_rescued_and_lost_photos_are_those_the_definition_names():
    found = gain_over_best(MEMBERS, "vote", Part.VALIDATION)
    # the vote says 0 0 1 1 0; x alone says 0 0 1 2 2
    assert found.predicted.tolist() == [0, 0, 1, 1, 0]
    assert [found.ids[row] for row in found.rescued] == ["d"]
    assert [found.ids[row] for row in found.lost] == ["e"]
    assert found.figures.accuracy == found.best_figures.accuracy == 0.8
    assert found.difference.accuracy == 0


def test_gains_by_class_are_the_ensembles_figures_less_the_best_members():
    table = gain_over_best(MEMBERS, "vote", Part.VALIDATION).per_class.set_index("class")
    assert table["recall_gain"].tolist() == [0.0, 0.5, -1.0]
    assert table.loc["ash", "precision_gain"] == pytest.approx(2 / 3 - 1)


def test_one_member_gains_nothing():
    found = gain_over_best({"x": MEMBERS["x"]}, "mean", Part.TEST)
    assert found.difference.accuracy == 0
    assert not found.rescued.size
    assert not found.lost.size
    assert found.difference.p_value == 1


def test_ties_are_counted_and_listed():
    found = gain_over_best({"x": MEMBERS["x"], "y": MEMBERS["y"]}, "vote", Part.VALIDATION)
    assert found.ties == 3
    assert found.tied.tolist() == [1, 3, 4]


def test_a_class_gains_beyond_the_noise_only_where_its_photos_are_enough():
    true = np.repeat([0, 1, 2], 20)
    weak = np.where(true == 1, 0, true)  # misses all 20 of beech, and is right on all others
    weak[0] = 1
    good = np.where(np.arange(60) % 20 == 5, (true + 1) % 3, true)

    def of(labels):
        part = PartPredictions(ids=tuple(f"{n:02d}" for n in range(60)), true=true, probabilities=np.eye(3)[labels])
        parts = {Part.VALIDATION: part, Part.TEST: part}
        return Predictions(evaluation_id="e", classes=("ash", "beech", "cedar"), parts=parts)

    found = gain_over_best({"a": of(weak), "b": of(weak)}, "vote", Part.TEST)
    assert not found.per_class["beyond_noise"].any()
    best_on_validation = Predictions(
        evaluation_id="e",
        classes=("ash", "beech", "cedar"),
        parts={Part.VALIDATION: of(true).parts[Part.TEST], Part.TEST: of(weak).parts[Part.TEST]},
    )
    found = gain_over_best({"a": best_on_validation, "b": of(good), "c": of(good)}, "vote", Part.TEST)
    assert found.best == "a"
    assert found.per_class["beyond_noise"].tolist() == [False, True, False]


def test_the_verdict_names_the_best_member_and_starts_like_a_sentence():
    true = np.zeros(200, int)
    right, wrong = np.zeros(200, int), np.ones(200, int)

    def of(validation, test):
        ids = tuple(f"{n:03d}" for n in range(200))
        parts = {
            part: PartPredictions(ids=ids, true=true, probabilities=np.eye(2)[labels])
            for part, labels in ((Part.VALIDATION, validation), (Part.TEST, test))
        }
        return Predictions(evaluation_id="e", classes=("ash", "beech"), parts=parts)

    found = gain_over_best({"a": of(right, wrong), "b": of(wrong, right), "c": of(wrong, right)}, "vote", Part.TEST)
    assert found.verdict("ivy") == "The ensemble is 100.0 points higher (100.0 to 100.0 on 200 photos)"
    assert (
        gain_over_best({"a": of(right, right)}, "vote", Part.TEST)
        .verdict("ivy")
        .startswith("Too close to call: ivy and")
    )


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TEST])
def test_the_gain_of_every_rule_is_what_its_answers_are_beside_the_best_members(rule, weighting, part):
    stack, true = alike(4, 80, 3, own=1.5)
    asked, asked_true = alike(4, 60, 3, seed=1, own=1.5)
    members = by_run(stack, true, asked, asked_true)
    spec = spec_of(rule, list(members), weighting=weighting)
    found, answers = gain_of_spec(spec, members, part), combine(spec, members, part)
    best = members[best_member(members)].parts[part]
    right, best_right = answers.predicted == answers.true, best.predicted == best.true
    assert found.rescued.tolist() == np.flatnonzero(right & ~best_right).tolist()
    assert found.lost.tolist() == np.flatnonzero(best_right & ~right).tolist()
    assert found.difference.accuracy == pytest.approx(right.mean() - best_right.mean())
    reordered = gain_of_spec(spec_of(rule, list(members)[::-1], weighting=weighting), members, part)
    assert reordered.per_class.equals(found.per_class)
