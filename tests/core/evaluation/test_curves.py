import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation.curves import POINTS, areas, precision_recall, roc
from core.records import PartPredictions


def part(n=200, c=3, seed=0, absent=(), decimals=9):
    random = np.random.default_rng(seed)
    true = random.choice([label for label in range(c) if label not in absent], n) if n else np.zeros(0, int)
    shares = random.dirichlet(np.ones(c), n) + 0.5 * np.eye(c)[true] if n else np.zeros((0, c))
    return PartPredictions(
        ids=tuple(f"{number:05d}" for number in range(n)), true=true, probabilities=np.round(shares / 1.5, decimals)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(0, 2))
def test_points_and_areas_are_scikit_learns(seed, decimals, index):
    answers = part(seed=seed, decimals=decimals)
    is_class, scores = answers.true == index, answers.probabilities[:, index].astype(float)
    found = precision_recall(answers, index)
    precision, recall, _ = metrics.precision_recall_curve(is_class, scores)
    np.testing.assert_allclose(found.points["precision"], precision[::-1], atol=1e-12)
    np.testing.assert_allclose(found.points["recall"], recall[::-1], atol=1e-12)
    assert found.area == pytest.approx(metrics.average_precision_score(is_class, scores), abs=1e-12)
    of_roc = roc(answers, index)
    false_alarms, hits, _ = metrics.roc_curve(is_class, scores)
    np.testing.assert_allclose(of_roc.points["false_alarms"], false_alarms, atol=1e-12)
    np.testing.assert_allclose(of_roc.points["hits"], hits, atol=1e-12)
    assert of_roc.area == pytest.approx(metrics.roc_auc_score(is_class, scores), abs=1e-12)
    assert np.isfinite(of_roc.points.to_numpy()).all()


@pytest.mark.parametrize("curve", [precision_recall, roc])
def test_a_long_curve_is_thinned_keeps_both_ends_and_its_area(curve):
    answers = part(n=20_000)
    found = curve(answers, 1)
    whole = curve(part(n=20_000), 1)
    assert len(found.points) <= POINTS
    assert found.area == whole.area
    ends = found.points.iloc[[0, -1], :2].to_numpy()
    if curve is roc:
        assert ends.tolist() == [[0, 0], [1, 1]]
        seen = np.trapezoid(found.points["hits"], found.points["false_alarms"])
        assert seen == pytest.approx(found.area, abs=0.002)
    else:
        assert ends[0].tolist() == [0, 1]
        assert ends[1, 0] == 1


def test_the_threshold_of_a_point_is_what_gives_it():
    answers = part()
    for point in precision_recall(answers, 1).points.iloc[20::40].itertuples():
        taken = answers.probabilities[:, 1].astype(float) >= point.threshold
        assert (answers.true[taken] == 1).mean() == pytest.approx(point.precision)


@pytest.mark.parametrize("curve", [precision_recall, roc])
@pytest.mark.parametrize(
    ("answers", "has_probabilities"),
    [(part(absent=(1,)), True), (part(n=0), True), (part(n=1), True), (part(absent=(0, 2)), True), (part(), False)],
    ids=["absent class", "no photos", "one photo", "only this class", "labels only"],
)
def test_where_there_is_no_curve_there_are_no_points_and_no_area(curve, answers, has_probabilities):
    found = curve(answers, 1, has_probabilities)
    assert found.area is None
    assert found.points.empty
    assert found.photos == (answers.true == 1).sum()


def test_areas_of_all_classes_are_those_of_their_curves_and_none_where_there_is_no_curve():
    answers = part(absent=(1,))
    found = areas(answers, ("ash", "beech", "cedar"))
    assert found["support"].tolist() == np.bincount(answers.true, minlength=3).tolist()
    assert found["average_precision"].tolist() == [precision_recall(answers, index).area for index in range(3)]
    assert found["roc_area"].tolist()[1] is None
    assert set(areas(answers, "abc", has_probabilities=False)["roc_area"]) == {None}
