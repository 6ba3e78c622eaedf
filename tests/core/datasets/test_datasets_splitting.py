import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets import (
    class_counts,
    find_split,
    list_splits,
    make_split,
    planned_counts,
    sides,
    split_rows,
    splitting,
    store_dataset,
    thin_classes,
)
from core.datasets.dividing import FRACTIONS, PARTS, divide, part_counts
from core.errors import BadFractions, ClassTooSmall, EmptyPart, NearCopiesStuck, UnknownSplit
from core.records import Part


@st.composite
def fractions(draw):
    train = draw(st.floats(0.3, 0.8))
    share = draw(st.floats(0.3, 0.7))
    return (train, (1 - train) * share, 1 - train - (1 - train) * share)


@st.composite
def labelled(draw):
    """(ids, labels, classes) of up to 4 classes that are large enough for any fractions above."""
    sizes = draw(st.lists(st.integers(10, 60), min_size=2, max_size=4))
    ids = [f"{number:08x}" for number in draw(st.permutations(range(sum(sizes))))]
    return ids, np.repeat(range(len(sizes)), sizes), [f"C{label}" for label in range(len(sizes))]


def frame(*sizes):
    """Rows of classes of these sizes."""
    labels = np.repeat(range(len(sizes)), sizes)
    ids = [f"{number:064x}" for number in range(len(labels))]
    return pd.DataFrame({"id": ids, "path": [f"C/{i}" for i in ids], "label": labels, "width": 9, "height": 9})


def stored(home, *sizes, **kwargs):
    return store_dataset(home, "Plants", [f"C{label}" for label in range(len(sizes))], frame(*sizes), **kwargs)


@settings(max_examples=60, deadline=None)
@given(labelled(), fractions(), st.integers(0, 10**6))
def test_every_photo_is_in_exactly_one_part_and_classes_keep_their_shares_within_one_photo(photos, shares, seed):
    ids, labels, classes = photos
    parts = divide(ids, labels, classes, shares, seed)
    assert set(parts) <= {part.value for part in PARTS}
    assert len(parts) == len(ids)
    for label in range(len(classes)):
        for part, share in zip(PARTS, shares, strict=True):
            count = int((parts[labels == label] == part.value).sum())
            assert count >= 1
            assert abs(count - share * (labels == label).sum()) <= 1 + 1e-9


@settings(max_examples=40, deadline=None)
@given(labelled(), st.integers(0, 10**6), st.randoms())
def test_the_order_in_which_photos_come_changes_nothing(photos, seed, random):
    ids, labels, classes = photos
    order = list(range(len(ids)))
    random.shuffle(order)
    straight = dict(zip(ids, divide(ids, labels, classes, FRACTIONS, seed), strict=True))
    turned = divide([ids[at] for at in order], labels[order], classes, FRACTIONS, seed)
    assert {ids[at]: part for at, part in zip(order, turned, strict=True)} == straight


@given(st.integers(0, 5000), fractions())
def test_no_photo_is_lost_when_shares_are_rounded(count, shares):
    counts = part_counts(count, shares)
    assert sum(counts) == count
    assert all(abs(size - count * share) <= 1 + 1e-6 for size, share in zip(counts, shares, strict=True))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, (2, 1, 0)), (4, (2, 1, 1)), (5, (3, 1, 1)), (10, (7, 2, 1)), (20, (14, 3, 3)), (100, (70, 15, 15))],
)  # fmt: skip
def test_the_usual_fractions_of_small_classes(count, expected):
    assert part_counts(count, FRACTIONS) == expected


def test_one_seed_gives_one_split_and_another_seed_another(home):
    dataset = stored(home, 40, 60)
    first = make_split(home, dataset)
    assert make_split(home, dataset, (0.7, 0.15, 0.15), seed=0) == first
    other = make_split(home, dataset, seed=1)
    assert other.id != first.id
    assert other.evaluation_id != first.evaluation_id
    assert [split.id for split in list_splits(home, dataset.id)] == [first.id, other.id]


def test_the_split_of_this_seed_stays_what_it_was_when_it_was_written(home):
    # A change here would give every stored seed another meaning.
    split = make_split(home, stored(home, 40, 60), seed=7)
    assert (split.id, split.evaluation_id) == ("fde83305d79db80be1bc", "4aaf8033c6981fa31ea0")


def test_the_rows_of_a_split_are_the_photos_of_its_dataset(home):
    dataset = stored(home, 40, 60)
    split = make_split(home, dataset, (0.6, 0.2, 0.2))
    rows = split_rows(home, split.id)
    assert rows[["id", "label"]].equals(frame(40, 60)[["id", "label"]])
    assert rows["part"].value_counts().to_dict() == {str(part): count for part, count in split.counts.items()}
    table = class_counts(rows, dataset.classes)
    assert table.loc["C1"].to_dict() == {"train": 36, "validation": 12, "test": 12}


def test_the_exam_part_comes_along_sealed(home):
    exam = frame(8, 8).assign(id=[f"{number:064x}" for number in range(500, 516)])
    dataset = stored(home, 40, 60, exam=exam)
    split = make_split(home, dataset)
    assert split.counts[Part.EXAM] == 16
    assert set(split_rows(home, split.id)["part"]) == {"train", "validation", "test"}
    opened = split_rows(home, split.id, include_exam=True)
    assert set(opened.loc[opened["part"] == "exam", "id"]) == set(exam["id"])
    assert dataset.photos == 100


@pytest.mark.parametrize(
    "shares",
    [(1, 0, 0), (0.7, 0.3, 0), (0.8, 0.2, 0.2), (-0.1, 0.6, 0.5), (0.5, 0.5), (float("nan"), 0.5, 0.5), (0.4, 0.1, 0)],
)  # fmt: skip
def test_fractions_that_do_not_add_up_are_refused(home, shares):
    with pytest.raises(BadFractions, match="above 0"):
        make_split(home, stored(home, 40, 60), shares)


def test_a_class_that_can_not_reach_every_part_is_named(home):
    with pytest.raises(ClassTooSmall, match="Class C1 has 1 photo"):
        make_split(home, stored(home, 40, 1))
    with pytest.raises(EmptyPart, match="validation part would get no photo of class C0"):
        make_split(home, stored(home, 20, 60), (0.98, 0.01, 0.01))
    assert list_splits(home, stored(home, 20, 60).id) == []


def test_a_split_is_found_by_the_beginning_of_its_id(home):
    split = make_split(home, stored(home, 40, 60))
    assert find_split(home, split.id) == find_split(home, split.id[:6]) == split
    for wrong in (split.id[:5], "0123456789", ""):
        with pytest.raises(UnknownSplit):
            find_split(home, wrong)


def test_equal_id_sets_under_other_class_names_are_kept_apart_by_their_dataset(home):
    first = stored(home, 40, 60)
    second = store_dataset(home, "Renamed", ["X", "Y"], frame(40, 60))
    one, other = make_split(home, first), make_split(home, second)
    assert one.id == other.id
    assert one.evaluation_id != other.evaluation_id
    assert find_split(home, one.id, first.id) == one
    assert find_split(home, one.id, second.id) == other
    assert list_splits(home, second.id) == [other]


def test_classes_that_say_little_are_named():
    assert thin_classes(planned_counts(["A", "B"], [100, 100], FRACTIONS)) == []
    few, single = thin_classes(planned_counts(["A", "B", "C"], [100, 12, 5], FRACTIONS))
    assert few.startswith("B has only 2 photos in validation")
    assert single.startswith("C has only 1 photo in validation")


def two_shots(*labels):
    """Groups of the photos with these numbers, two at a time."""
    return {f"{number:064x}": at // 2 for at, number in enumerate(labels)}


def test_near_copies_lie_on_one_side_and_are_counted_unless_they_are_let_apart(home, monkeypatch):
    dataset = stored(home, 40, 60)
    apart = make_split(home, dataset, together=False)
    rows = split_rows(home, apart.id)
    train, test = (rows["id"][(rows["part"] == part) & (rows["label"] == 1)].tolist() for part in ("train", "test"))
    groups = two_shots(*(int(photo, 16) for pair in zip(train[:3], test[:3], strict=True) for photo in pair))
    seen = []
    monkeypatch.setattr(splitting, "near_copies_of", lambda _settings, of, report: seen.append((of, report)) or groups)
    together = make_split(home, dataset, report=print)
    assert seen == [(dataset, print)]
    assert (together.together, apart.together) == (3, 0)
    assert together.id != apart.id
    assert sides(split_rows(home, together.id), groups) == []
    assert sides(rows, groups) == [0, 1, 2]
    assert make_split(home, dataset, together=False) == apart
    assert make_split(home, dataset) == together


def test_without_near_copies_keeping_them_together_changes_nothing(home, monkeypatch):
    dataset = stored(home, 40, 60)
    monkeypatch.setattr(splitting, "near_copies_of", lambda *_: {})
    assert make_split(home, dataset) == make_split(home, dataset, together=False)


def test_a_class_of_near_copies_alone_is_refused_and_nothing_is_stored(home, monkeypatch):
    dataset = stored(home, 40, 10)
    monkeypatch.setattr(splitting, "near_copies_of", lambda *_: {f"{number:064x}": 0 for number in range(40, 50)})
    with pytest.raises(NearCopiesStuck, match="Class C1"):
        make_split(home, dataset)
    assert list_splits(home, dataset.id) == []
