import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation.figures import (
    NO_NUMBERS,
    OF_PROBABILITIES,
    confusion,
    figures_json,
    figures_of,
    log_loss,
    part_figures,
    per_class,
    rates,
    summary,
)
from core.records import Part, PartPredictions, Predictions

REPORT = json.loads((Path(__file__).parents[2] / "fixtures" / "report_confusions.json").read_text())


@st.composite
def answers(draw):
    """True and predicted labels of a few photos; classes may be absent from either."""
    n_classes = draw(st.integers(2, 7))
    label = st.integers(0, n_classes - 1)
    pairs = draw(st.lists(st.tuples(label, label), min_size=1, max_size=60))
    true, predicted = np.array(pairs).T
    return n_classes, true, predicted


@settings(max_examples=120, deadline=None)
@given(answers())
def test_figures_agree_with_scikit_learn_to_1e_12_absent_classes_included(drawn):
    n_classes, true, predicted = drawn
    labels = list(range(n_classes))
    counts = confusion(true, predicted, n_classes)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(true, predicted, labels=labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        true, predicted, labels=labels, zero_division=0
    )
    table = per_class(counts, [f"class {label}" for label in labels])
    for column, expected in (("precision", precision), ("recall", recall), ("f1", f1), ("support", support)):
        np.testing.assert_allclose(table[column], expected, rtol=0, atol=1e-12)
    ours = summary(counts)
    assert ours["accuracy"] == pytest.approx(metrics.accuracy_score(true, predicted), abs=1e-12)
    for name, score in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    ):
        for average in ("macro", "weighted"):
            expected = score(true, predicted, labels=labels, average=average, zero_division=0)
            assert ours[f"{name}_{average}"] == pytest.approx(expected, abs=1e-12)
    with warnings.catch_warnings():  # scikit-learn warns of classes that are said and have no photo
        warnings.simplefilter("ignore")
        balanced = metrics.balanced_accuracy_score(true, predicted)
    assert ours["balanced_accuracy"] == pytest.approx(balanced, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(answers(), st.integers(0, 2**32 - 1), st.booleans())
def test_log_loss_agrees_with_scikit_learn_to_1e_12(drawn, seed, with_zeros):
    n_classes, true, _ = drawn
    weights = np.random.default_rng(seed).gamma(0.3, size=(len(true), n_classes)) + 1e-9
    if with_zeros:  # a certain mistake must cost much, not infinity
        weights[:, 0] = 0
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    expected = metrics.log_loss(true, probabilities, labels=list(range(n_classes)))
    assert log_loss(true, probabilities) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("run", REPORT["runs"], ids=lambda run: run["stage"])
def test_the_figures_printed_in_the_report_are_reproduced_to_four_decimals(run):
    ours = summary(np.array(run["confusion"]))
    for name in ("accuracy", "precision_macro", "recall_macro", "f1_macro"):
        assert round(ours[name], 4) == run[name]


def test_many_confusion_matrices_are_rated_at_once_as_one_by_one():
    stack = np.array([run["confusion"] for run in REPORT["runs"]])
    together = np.stack(rates(stack))
    one_by_one = np.stack([np.stack(rates(counts)) for counts in stack], axis=1)
    np.testing.assert_array_equal(together, one_by_one)


def test_an_absent_class_counts_0_with_a_note_and_never_nan():
    found = figures_of(np.array([0, 0, 1]), np.array([0, 1, 1]), ["ash", "beech", "cedar"])
    assert found.per_class.loc[2, ["precision", "recall", "f1"]].tolist() == [0, 0, 0]
    assert found.notes == ("cedar has no photo in this part; its recall and F1 count as 0.",)
    never_said = figures_of(np.array([0, 1]), np.array([0, 0]), ["ash", "beech"])
    assert never_said.notes == ("No photo was taken for beech; its precision and F1 count as 0.",)


def test_no_photos_give_zeros_and_no_warning(recwarn):
    found = figures_of(np.array([], int), np.array([], int), ["ash", "beech"], np.zeros((0, 2)))
    assert {"accuracy", "f1_macro", "balanced_accuracy", "loss", "calibration_error"} < set(found.summary)
    assert set(found.summary.values()) == {0}
    assert not recwarn.list


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_out_of_range_is_refused(label):
    with pytest.raises(ValueError, match="Labels must be 0 to 1"):
        confusion(np.array([0, label]), np.array([0, 0]), 2)


def test_labels_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one entry a photo"):
        confusion(np.array([0, 1]), np.array([0]), 2)


def _predictions(has_probabilities):
    part = PartPredictions(ids=("a", "b"), true=[0, 1], probabilities=[[0.75, 0.25], [0.5, 0.5]])
    return Predictions(
        evaluation_id="e",
        classes=("ash", "beech"),
        parts={Part.VALIDATION: part, Part.TEST: part},
        has_probabilities=has_probabilities,
    )


def test_show_prints_metrics_per_class_and_confusion_by_part_as_plain_json():
    shown = json.loads(json.dumps(figures_json(_predictions(True))))
    assert set(shown) == {"metrics", "per_class", "confusion"}
    assert all(set(field) == {"validation", "test"} for field in shown.values())
    assert {"accuracy", "precision_macro", "recall_macro", "f1_macro", "loss"} < set(shown["metrics"]["test"])
    assert shown["metrics"]["validation"]["accuracy"] == 0.5
    assert shown["per_class"]["validation"][1] == {
        "class": "beech",
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "support": 1,
    }
    assert shown["confusion"]["test"] == [[1, 0], [1, 0]]


def test_the_loss_is_null_where_only_labels_were_brought():
    assert figures_json(_predictions(False))["metrics"]["test"]["loss"] is None
    part = _predictions(False).parts[Part.TEST]
    found = part_figures(part, ("ash", "beech"), has_probabilities=False).summary
    assert [found[name] for name in OF_PROBABILITIES] == [None, None, None]
    assert None not in part_figures(part, ("ash", "beech")).summary.values()


def test_probabilities_that_are_no_numbers_give_none_and_a_note_and_never_nan():
    found = figures_of(np.array([0, 1]), np.array([0, 0]), ["ash", "beech"], np.array([[0.9, 0.1], [np.nan, np.nan]]))
    assert [found.summary[name] for name in OF_PROBABILITIES] == [None, None, None]
    assert found.notes[-1] == NO_NUMBERS
    assert found.summary["accuracy"] == 0.5


def test_evaluation_and_ensembles_load_neither_keras_nor_streamlit():
    code = "import core.evaluation, core.ensembles, sys; print(sorted({'keras', 'tensorflow', 'streamlit'} & set(sys.modules)))"  # noqa: E501
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
