import numpy as np
import pytest

from core.ensembles import combine
from core.ensembles.switches import learned_together, switched
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, Weighting

EVERY = [(rule, Weighting.ACCURACY) for rule in RuleName] + [
    (RuleName.WEIGHTED, Weighting.HAND),
    (RuleName.WEIGHTED, Weighting.OPTIMISED),
]


def members(count: int = 4, photos: int = 60, classes: int = 3) -> dict[str, Predictions]:
    generator = np.random.default_rng(1)
    true = np.arange(photos) % classes
    found = {}
    for number in range(count):
        said = np.where(generator.random(photos) < 0.6, true, generator.integers(0, classes, photos))
        probabilities = (generator.dirichlet(np.ones(classes), photos) + np.eye(classes)[said]) / 2
        part = PartPredictions(ids=tuple(map(str, range(photos))), true=true, probabilities=probabilities)
        found[f"m{number}"] = Predictions(
            evaluation_id="e", classes=tuple("abc"[:classes]), parts={Part.VALIDATION: part, Part.TEST: part}
        )
    return found


def spec_of(rule, weighting, runs, weights=None) -> EnsembleSpec:
    weights = weights or [1.0] * len(runs)
    return EnsembleSpec(
        rule=rule,
        weighting=weighting,
        members=tuple(Member(run=run, weight=weight) for run, weight in zip(runs, weights, strict=True)),
    )


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TEST])
def test_a_switch_answers_as_the_ensemble_does_that_it_makes(rule, weighting, part):
    every = members()
    weights = [2.0, 0.5, 1.0] if weighting == Weighting.HAND else None
    spec = spec_of(rule, weighting, ["m0", "m1", "m2"], weights)
    found = switched(spec, every, part, list(every))
    assert list(found) == list(every)
    for run, said in found.items():
        left = {member.run: member.weight for member in spec.members if member.run != run}
        made = left if run in spec.runs else left | {run: 1.0}
        expected = combine(spec_of(rule, weighting, list(made), list(made.values())), every, part)
        np.testing.assert_array_equal(said, expected.predicted)


@pytest.mark.parametrize(("rule", "weighting"), EVERY)
def test_the_last_member_cannot_be_switched_off(rule, weighting):
    every = members(2)
    assert list(switched(spec_of(rule, weighting, ["m0"]), every, Part.TEST, ["m0", "m1"])) == ["m1"]


def test_nobody_with_a_weight_is_no_ensemble():
    every = members(3)
    spec = spec_of(RuleName.WEIGHTED, Weighting.HAND, ["m0", "m1"], [1.0, 0.0])
    assert list(switched(spec, every, Part.TEST, ["m0", "m1"])) == ["m1"]


def test_a_member_with_labels_only_has_no_entry_under_a_rule_that_needs_probabilities():
    every = members(3)
    every["m2"] = every["m2"].model_copy(update={"has_probabilities": False})
    spec = spec_of(RuleName.STACKING, Weighting.ACCURACY, ["m0", "m1"])
    assert learned_together(spec)
    assert list(switched(spec, every, Part.TEST, ["m1", "m2"])) == ["m1"]
