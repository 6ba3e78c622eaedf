"""New photos are answered as the test part is: by what the rule learned on all of validation."""

import numpy as np
import pytest

from core.ensembles import answer_new, combine
from core.errors import NeedsProbabilities
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, Weighting

CLASSES, PHOTOS = ("ash", "birch", "oak"), {Part.VALIDATION: 40, Part.TEST: 17}


def members(has_probabilities: bool = True) -> dict[str, Predictions]:
    random = np.random.default_rng(3)
    true = {part: np.arange(count) % len(CLASSES) for part, count in PHOTOS.items()}
    found = {}
    for run in ("b", "a", "c"):
        parts = {}
        for part, labels in true.items():
            leaning = np.ones((len(labels), len(CLASSES))) + 2 * np.eye(len(CLASSES))[labels]
            probabilities = np.stack([random.dirichlet(row) for row in leaning])
            ids = tuple(f"{part}{number:03}" for number in range(len(labels)))
            parts[part] = PartPredictions(ids=ids, true=labels, probabilities=probabilities)
        found[run] = Predictions(
            evaluation_id="e" * 20, classes=CLASSES, parts=parts, has_probabilities=has_probabilities
        )
    return found


@pytest.mark.parametrize("weighting", Weighting)
@pytest.mark.parametrize("rule", RuleName)
def test_the_test_photos_asked_as_new_ones_get_the_same_answers(rule, weighting):
    predictions = members()
    weighted = tuple(Member(run=run, weight=number) for number, run in enumerate(predictions))
    spec = EnsembleSpec(rule=rule, weighting=weighting, members=weighted)
    expected = combine(spec, predictions, Part.TEST)
    found = answer_new(spec, predictions, {run: one.parts[Part.TEST].probabilities for run, one in predictions.items()})
    assert (found.predicted == expected.predicted).all()
    assert (found.tied == expected.tied).all()
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-12)
    assert found.has_probabilities == expected.has_probabilities


def test_nobody_has_labelled_a_new_photo():
    predictions = members()
    stack = {run: one.parts[Part.TEST].probabilities[:2] for run, one in predictions.items()}
    spec = EnsembleSpec(members=tuple(Member(run=run) for run in predictions))
    found = answer_new(spec, predictions, stack)
    assert found.true.tolist() == [-1, -1]
    with pytest.raises(ValueError, match="Labels must be"):
        found.figures(CLASSES)


def test_a_rule_that_needs_probabilities_refuses_members_without():
    predictions = members(has_probabilities=False)
    stack = {run: one.parts[Part.TEST].probabilities for run, one in predictions.items()}
    spec = EnsembleSpec(rule=RuleName.STACKING, members=tuple(Member(run=run) for run in predictions))
    with pytest.raises(NeedsProbabilities, match="Oak model only brought labels"):
        answer_new(spec, predictions, stack, dict.fromkeys(predictions, "Oak model"))
