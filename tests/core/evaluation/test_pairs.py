import numpy as np
import pytest

from core.evaluation.pairs import difference, merged, most_confused, order, reordered, shares, spread

COUNTS = np.array([[8, 2, 0], [1, 4, 5], [0, 0, 0]])
CLASSES = ("ash", "beech", "cedar")


def test_the_pair_with_most_photos_comes_first_with_its_share_of_the_true_class():
    found = most_confused(COUNTS, CLASSES)
    assert found[["true", "said", "photos"]].to_numpy().tolist() == [
        ["beech", "cedar", 5],
        ["ash", "beech", 2],
        ["beech", "ash", 1],
    ]
    assert found["share"].tolist() == [0.5, 0.2, 0.1]
    assert found[["true_index", "said_index"]].to_numpy().tolist() == [[1, 2], [0, 1], [1, 0]]
    assert len(most_confused(COUNTS, CLASSES, most=1)) == 1
    assert most_confused(np.diag([3, 3, 3]), CLASSES).empty


def test_shares_are_of_the_row_or_the_column_and_0_for_a_class_without_photos():
    assert shares(COUNTS, "row").tolist() == [[0.8, 0.2, 0], [0.1, 0.4, 0.5], [0, 0, 0]]
    assert shares(COUNTS, "column")[:, 1] == pytest.approx([1 / 3, 2 / 3, 0])
    assert shares(COUNTS, "counts").tolist() == COUNTS.tolist()


def test_matrices_are_averaged_and_subtracted_cell_by_cell():
    other = COUNTS.T
    assert merged([COUNTS, other]).tolist() == ((COUNTS + other) / 2).tolist()
    assert difference(COUNTS, other, "counts").tolist() == (other - COUNTS).tolist()
    assert difference(COUNTS, COUNTS).tolist() == np.zeros((3, 3)).tolist()
    assert spread([COUNTS, other], "counts")[0, 1] == pytest.approx(np.std([2, 1], ddof=1))
    assert spread([COUNTS]).tolist() == np.zeros((3, 3)).tolist()


def test_no_matrix_and_matrices_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="none"):
        merged([])
    with pytest.raises(ValueError, match=r"\(3, 3\), \(2, 2\)"):
        difference(COUNTS, np.eye(2))


def test_among_a_hundred_classes_those_taken_for_each_other_stand_side_by_side():
    twins = np.random.default_rng(0).permutation(100).reshape(50, 2)
    counts = 60 * np.eye(100, dtype=int) + 1
    for one, other in twins:
        counts[one, other] = counts[other, one] = 40
    found = order(counts)
    assert sorted(found.tolist()) == list(range(100))
    place = np.argsort(found)
    assert (np.abs(place[twins[:, 0]] - place[twins[:, 1]]) == 1).all()
    assert np.diagonal(reordered(counts, found)).tolist() == [61] * 100
    assert reordered(counts, found)[0, 1] == 40


@pytest.mark.parametrize("counts", [np.zeros((0, 0)), np.eye(1), np.eye(2), np.zeros((5, 5)), np.eye(5)])
def test_matrices_without_confusions_have_an_order_too(counts):
    assert sorted(order(counts).tolist()) == list(range(len(counts)))
