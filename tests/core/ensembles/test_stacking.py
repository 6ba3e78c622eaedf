import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from core.ensembles import combine
from core.ensembles.stacking import LEAST, SHRINKAGE, stacked
from core.ensembles.voting import folds
from core.records import Part
from tests.core.ensembles.made_members import alike, by_run, spec_of


def rows(stack):
    """One row a photo: each member's probabilities one after the other."""
    return np.concatenate(list(stack), axis=1)


def pipeline(n_classes):
    def logs(side_by_side):
        found = np.log(np.clip(side_by_side.astype(float), LEAST, 1)).reshape(len(side_by_side), -1, n_classes)
        return (found - found.mean(axis=2, keepdims=True)).reshape(len(side_by_side), -1)

    return make_pipeline(FunctionTransformer(logs), LogisticRegression(C=SHRINKAGE, max_iter=500))


def test_test_answers_are_those_of_a_plain_scikit_learn_pipeline():
    stack, true = alike(5, 150, 4)
    asked, asked_true = alike(5, 60, 4, seed=1)
    members = by_run(stack, true, asked, asked_true)
    found = combine(spec_of("stacking", list(members)), members, Part.TEST)
    model = pipeline(4).fit(rows(stack), true)
    np.testing.assert_allclose(found.probabilities, model.predict_proba(rows(asked)), atol=1e-6)
    assert found.predicted.tolist() == model.predict(rows(asked)).tolist()
    assert found.has_probabilities


def test_validation_answers_are_those_of_scikit_learns_cross_validation():
    stack, true = alike(4, 120, 3)
    members = by_run(stack, true)
    found = combine(spec_of("stacking", list(members)), members, Part.VALIDATION)
    split = PredefinedSplit(folds(true))
    expected = cross_val_predict(pipeline(3), rows(stack), true, cv=split, method="predict_proba")
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)


def test_a_class_without_a_validation_photo_is_never_said_and_rows_sum_to_one():
    stack, true = alike(3, 60, 4)
    found = stacked(stack, true % 3, stack)
    assert not found[:, 3].any()
    np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("label", [0, 2])
def test_one_class_alone_is_what_is_said(label):
    stack, _ = alike(2, 10, 3)
    assert (stacked(stack, np.full(10, label), stack)[:, label] == 1).all()


def test_without_any_label_the_first_class_is_said():
    stack, _ = alike(2, 10, 3)
    assert stacked(stack[:, :0], np.zeros(0, int), stack)[:, 0].tolist() == [1] * 10


def test_it_learns_that_a_member_is_always_one_off():
    true = np.tile([0, 1, 2], 40)
    wrong = np.eye(3)[(true + 1) % 3]
    members = by_run(np.stack([wrong, wrong]), true)
    assert combine(spec_of("stacking", list(members)), members, Part.VALIDATION).predicted.tolist() == true.tolist()
