import json

import numpy as np
import pytest

from core.ensembles import combine, ensemble_json, scores
from core.ensembles.subsets import same_sets, subsets
from core.errors import NoWeights
from core.evaluation.figures import part_figures
from core.records import Part, Weighting
from tests.core.ensembles.made_members import EVERY, alike, by_run, predictions, spec_of


def printed(spec, members, **more):
    return json.loads(json.dumps(ensemble_json(spec, members, **more), allow_nan=False))


def four_photos():
    true = np.array([0, 1, 1, 0])
    first = predictions(np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.7, 0.3]]), true)
    second = predictions(np.array([[0.2, 0.8], [0.1, 0.9], [0.1, 0.9], [0.6, 0.4]]), true)
    return {"x": first, "y": second}


def test_ensemble_prints_the_fields_scripts_depend_on_as_plain_json():
    found = printed(spec_of("vote", ["x", "y"]), four_photos())
    assert set(found) == {"rule", "members", "ensemble", "ties", "subsets"}
    assert found["rule"] == "vote"
    assert [member["id"] for member in found["members"]] == ["x", "y"]
    assert found["members"][0]["validation"]["accuracy"] == 0.75
    scripts_read = {"accuracy": 1.0, "precision_macro": 1.0, "recall_macro": 1.0, "f1_macro": 1.0, "loss": None}
    assert found["ensemble"]["test"].items() >= scripts_read.items()
    assert found["ties"] == {"validation": 2, "test": 2}
    assert found["subsets"] == []


def test_members_keep_the_order_they_were_named_in():
    found = printed(spec_of("mean", ["y", "x"]), four_photos())
    assert [member["id"] for member in found["members"]] == ["y", "x"]
    other = printed(spec_of("mean", ["x", "y"]), four_photos())
    assert found["ensemble"] == other["ensemble"]


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
def test_every_rule_prints_what_combine_answers(rule, weighting):
    stack, true = alike(3, 60, 3)
    asked, asked_true = alike(3, 40, 3, seed=1)
    members = by_run(stack, true, asked, asked_true)
    spec = spec_of(rule, list(members), weighting=weighting)
    found = printed(spec, members)
    for part in (Part.VALIDATION, Part.TEST):
        answers = combine(spec, members, part)
        assert found["ensemble"][part]["accuracy"] == pytest.approx((answers.predicted == answers.true).mean())
        assert found["ties"][part] == answers.ties
        for member in found["members"]:
            of = members[member["id"]]
            assert member[part] == pytest.approx(part_figures(of.parts[part], of.classes).summary)


def test_weights_are_printed_where_there_are_some_and_sum_to_one():
    stack, true = alike(3, 60, 3)
    members = by_run(stack, true)
    found = printed(spec_of("weighted", list(members), [3, 1, 0]), members)
    assert [member["weight"] for member in found["members"]] == [0.75, 0.25, 0]
    found = printed(spec_of("weighted", list(members), weighting=Weighting.OPTIMISED), members)
    assert sum(member["weight"] for member in found["members"]) == pytest.approx(1)
    assert "weight" not in printed(spec_of("bayes", list(members)), members)["members"][0]


def test_subsets_are_printed_the_best_on_validation_first_with_the_same_sets_figure_on_test():
    stack, true = alike(4, 80, 3, own=1.5)
    asked, asked_true = alike(4, 50, 3, seed=1, own=1.5)
    members = by_run(stack, true, asked, asked_true)
    spec = spec_of("vote", list(members))
    on_validation = subsets(scores(spec, members, Part.VALIDATION))
    on_test = same_sets(on_validation, scores(spec, members, Part.TEST))
    found = printed(spec, members, subsets={Part.VALIDATION: on_validation, Part.TEST: on_test})["subsets"]
    assert len(found) == 15
    ranks = [(-row["validation"], len(row["members"])) for row in found]
    assert ranks == sorted(ranks)
    for row in (found[0], found[7], found[-1]):
        for part in (Part.VALIDATION, Part.TEST):
            answers = combine(spec_of("vote", row["members"]), members, part)
            assert row[part] == pytest.approx((answers.predicted == answers.true).mean())


def test_what_combine_refuses_is_not_printed():
    with pytest.raises(NoWeights):
        ensemble_json(spec_of("weighted", ["x"], [0]), four_photos())


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
def test_runs_without_a_validation_photo_are_printed_with_figures_of_zero(rule, weighting):
    stack, true = alike(2, 12, 3)
    none = stack[:, :0]
    members = by_run(none, true[:0], stack, true)
    found = printed(spec_of(rule, list(members), weighting=weighting), members)
    assert found["ensemble"]["validation"]["accuracy"] == 0
    assert 0 <= found["ensemble"]["test"]["accuracy"] <= 1
