"""Which photo goes where, with groups that stay on one side."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.dividing import FRACTIONS, PARTS, divide, part_counts
from core.errors import NearCopiesStuck

NAMES = [part.value for part in PARTS]


@st.composite
def grouped(draw, across: bool):
    """(ids, labels, classes, groups): groups of up to 6 photos, of one class each unless `across`."""
    sizes = draw(st.lists(st.integers(20, 60), min_size=2, max_size=4))
    labels = np.repeat(range(len(sizes)), sizes)
    ids = [f"{number:08x}" for number in draw(st.permutations(range(sum(sizes))))]
    groups, number = {}, 0
    order = draw(st.permutations(range(sum(sizes)))) if across else range(sum(sizes))
    at = iter(order)
    for at_first in at:
        size = draw(st.sampled_from([1, 1, 1, 2, 3, 6]))
        members = [at_first, *(next(at, None) for _ in range(size - 1))]
        members = [m for m in members if m is not None and (across or labels[m] == labels[at_first])]
        if len(members) > 1:
            groups |= dict.fromkeys((ids[m] for m in members), number)
            number += 1
    return ids, labels, [f"C{label}" for label in range(len(sizes))], groups


def sides(ids, parts, groups):
    found = {}
    for photo, part in zip(ids, parts, strict=True):
        if photo in groups:
            found.setdefault(groups[photo], set()).add(part)
    return found


@settings(max_examples=80, deadline=None)
@given(grouped(across=False), st.integers(0, 10**6))
def test_groups_lie_on_one_side_and_move_the_shares_by_less_than_the_largest_of_them(photos, seed):
    ids, labels, classes, groups = photos
    parts = divide(ids, labels, classes, FRACTIONS, seed, groups)
    assert all(len(found) == 1 for found in sides(ids, parts, groups).values())
    assert set(parts) == set(NAMES)
    largest = max(Counter(groups.values()).values(), default=1)
    for label in range(len(classes)):
        planned = part_counts(int((labels == label).sum()), FRACTIONS)
        for part, count in zip(NAMES, planned, strict=True):
            have = int((parts[labels == label] == part).sum())
            assert have >= 1
            assert abs(have - count) < max(largest, 1)


@settings(max_examples=60, deadline=None)
@given(grouped(across=True), st.integers(0, 10**6))
def test_groups_over_several_classes_lie_on_one_side_and_every_part_has_every_class(photos, seed):
    ids, labels, classes, groups = photos
    parts = divide(ids, labels, classes, FRACTIONS, seed, groups)
    assert all(len(found) == 1 for found in sides(ids, parts, groups).values())
    for label in range(len(classes)):
        assert set(parts[labels == label]) == set(NAMES)


def test_a_group_over_two_classes_goes_with_the_class_that_has_most_of_it():
    labels = np.repeat([0, 1], 20)
    ids = [f"{number:08x}" for number in range(40)]
    groups = {ids[at]: 0 for at in (0, 1, 2, 20)}
    for seed in range(20):
        parts = divide(ids, labels, ["A", "B"], FRACTIONS, seed, groups)
        assert len({parts[at] for at in (0, 1, 2, 20)}) == 1
        assert [Counter(parts[labels == 0])[name] for name in NAMES] == [14, 3, 3]


@settings(max_examples=40, deadline=None)
@given(grouped(across=True), st.integers(0, 10**6), st.randoms())
def test_neither_the_order_of_photos_nor_the_numbers_of_groups_change_anything(photos, seed, random):
    ids, labels, classes, groups = photos
    order = list(range(len(ids)))
    random.shuffle(order)
    renamed = {photo: 1000 - number for photo, number in groups.items()}
    straight = dict(zip(ids, divide(ids, labels, classes, FRACTIONS, seed, groups), strict=True))
    turned = divide([ids[at] for at in order], labels[order], classes, FRACTIONS, seed, renamed)
    assert {ids[at]: part for at, part in zip(order, turned, strict=True)} == straight


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_groups_of_one_change_nothing(seed):
    labels = np.repeat([0, 1], [30, 40])
    ids = [f"{number:08x}" for number in range(70)]
    alone = divide(ids, labels, ["A", "B"], FRACTIONS, seed)
    assert divide(ids, labels, ["A", "B"], FRACTIONS, seed, {photo: at for at, photo in enumerate(ids)}).tolist() == (
        alone.tolist()
    )


def test_a_group_that_finds_no_room_leaves_no_part_empty():
    labels = np.repeat([0, 1], 10)
    ids = [f"{number:08x}" for number in range(20)]
    groups = {ids[at]: 0 for at in range(6)}  # 6 of class A's 10 photos; 7 may train, 2 validate, 1 test
    for seed in range(60):
        parts = divide(ids, labels, ["A", "B"], FRACTIONS, seed, groups)
        assert set(parts[:10]) == set(NAMES)
        assert len(set(parts[:6])) == 1


def test_a_class_of_near_copies_alone_is_named_with_what_to_do():
    labels = np.repeat([0, 1], 10)
    ids = [f"{number:08x}" for number in range(20)]
    groups = {ids[at]: at % 2 for at in range(10)}
    with pytest.raises(NearCopiesStuck, match=r"Class A .* 10 photos are 2 photo\(s\) or groups .*--apart"):
        divide(ids, labels, ["A", "B"], FRACTIONS, 0, groups)
