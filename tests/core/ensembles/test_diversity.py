from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ensembles.diversity import MEASURES, cluster_order, diversity, pairwise
from core.errors import BadPredictions, DifferentTest, TooFewRuns
from core.records import Part
from tests.core.ensembles.made_members import alike, by_run, predictions


def by_definition(first, second):
    """Kuncheva and Whitaker 2003, tables 1 and 2, photo by photo."""
    pairs = list(zip(first, second, strict=True))
    n11, n10, n01, n00 = (pairs.count(of) for of in [(True, True), (True, False), (False, True), (False, False)])
    q_whole = n11 * n00 + n01 * n10
    spread = ((n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00)) ** 0.5
    ahead = n11 * n00 - n01 * n10
    return {
        "disagreement": (n01 + n10) / len(pairs),
        "q": ahead / q_whole if q_whole else 0,
        "double_fault": n00 / len(pairs),
        "correlation": ahead / spread if spread else 0,
    }


@settings(max_examples=60)
@given(st.integers(2, 5), st.integers(1, 12), st.integers(0, 10_000))
def test_each_measure_of_a_pair_is_what_its_definition_says(m, n, seed):
    generator = np.random.default_rng(seed)
    right = generator.random((m, n)) < generator.choice([0, 0.3, 0.8, 1], (m, 1))
    found = pairwise(right)
    assert set(found) == set(MEASURES)
    for i, j in combinations(range(m), 2):
        for name, value in by_definition(right[i].tolist(), right[j].tolist()).items():
            assert found[name][i, j] == found[name][j, i] == pytest.approx(value)
            assert MEASURES[name].low <= value <= MEASURES[name].high + 1e-12


def test_beside_itself_a_member_agrees_in_everything():
    right = np.array([[True, False, True], [True, True, True], [False, False, False]])
    found = pairwise(right)
    assert np.diag(found["q"]).tolist() == np.diag(found["correlation"]).tolist() == [1, 1, 1]
    assert np.diag(found["disagreement"]).tolist() == [0, 0, 0]
    assert np.diag(found["double_fault"]).tolist() == pytest.approx([1 / 3, 0, 1])


def test_without_photos_all_measures_are_numbers():
    for matrix in pairwise(np.zeros((3, 0), bool)).values():
        assert np.isfinite(matrix).all()


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(0, 1000))
def test_the_order_of_the_matrix_is_a_permutation(m, seed):
    right = np.random.default_rng(seed).random((m, 20)) < 0.7
    assert sorted(cluster_order(pairwise(right)["correlation"]).tolist()) == list(range(m))


def test_members_that_err_alike_lie_beside_each_other():
    generator = np.random.default_rng(0)
    first, second = generator.random((2, 200)) < 0.7
    right = np.stack([first, second, first, second])
    order = cluster_order(pairwise(right)["correlation"]).tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


def test_matrices_and_accuracies_follow_the_runs_and_someone_is_right_more_often_than_everyone():
    stack, true = alike(6, 150, own=1.5)
    members = by_run(stack, true)
    found = diversity(members, Part.VALIDATION)
    right = {run: one.parts[Part.VALIDATION].predicted == true for run, one in members.items()}
    assert sorted(found.runs) == list(members)
    assert found.accuracies == pytest.approx([right[run].mean() for run in found.runs])
    for i, j in combinations(range(6), 2):
        expected = by_definition(right[found.runs[i]].tolist(), right[found.runs[j]].tolist())
        assert {name: matrix[i, j] for name, matrix in found.matrices.items()} == pytest.approx(expected)
    together = np.stack(list(right.values()))
    assert found.someone == pytest.approx(together.any(axis=0).mean())
    assert found.everyone == pytest.approx(together.all(axis=0).mean())
    assert found.photos == 150
    reordered = diversity(dict(reversed(members.items())), Part.VALIDATION)
    assert reordered.runs == found.runs


def test_the_plane_has_a_row_a_pair():
    stack, true = alike(4, 60)
    found = diversity(by_run(stack, true), Part.TEST)
    pairs = found.pairs
    assert len(pairs) == 6
    first = pairs.iloc[0]
    i, j = found.runs.index(first["first"]), found.runs.index(first["second"])
    assert first["accuracy"] == pytest.approx((found.accuracies[i] + found.accuracies[j]) / 2)
    assert first["q"] == found.matrices["q"][i, j]


def test_one_member_has_no_pairs():
    stack, true = alike(1, 20)
    found = diversity(by_run(stack, true), Part.TEST)
    assert found.pairs.empty
    assert found.someone == found.everyone == found.accuracies[0]


def test_what_cannot_be_combined_cannot_be_set_side_by_side():
    fine = predictions(np.eye(2))
    with pytest.raises(TooFewRuns):
        diversity({}, Part.TEST)
    with pytest.raises(DifferentTest, match="Holly"):
        diversity({"a": fine, "b": predictions(np.eye(2), evaluation_id="x")}, Part.TEST, {"b": "Holly"})
    with pytest.raises(BadPredictions):
        diversity({"a": predictions([[np.nan, 1], [0, 1]])}, Part.TEST)


def test_each_measure_has_a_title_and_a_sentence():
    for measure in MEASURES.values():
        assert measure.title
        assert measure.help.endswith(".")
