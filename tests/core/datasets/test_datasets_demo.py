"""The demo datasets: made once, whole or not at all, and finished where an interruption left them."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from core import datasets
from core.datasets import demo, digits, drawing, leaves, splitting
from core.datasets.dividing import FRACTIONS
from core.errors import UnknownDataset
from core.records import Part


@pytest.fixture
def few(monkeypatch):
    """The same program with few photos, drawn in this process."""
    small = tuple(dataclasses.replace(species, photos=6) for species in leaves.SPECIES)
    monkeypatch.setattr(leaves, "SPECIES", small)
    monkeypatch.setattr(leaves, "EXAM_PHOTOS", 24)
    monkeypatch.setattr(digits, "labels", lambda: list(range(10)) * 8)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


def test_both_datasets_come_with_their_default_split(few, home):
    made = demo.ensure_demo(home)
    assert {dataset.name for dataset in made} == {demo.LEAVES, demo.DIGITS}
    for dataset in made:
        (split,) = datasets.list_splits(home, dataset.id)
        assert (split.fractions, split.seed) == ((0.7, 0.15, 0.15), 0)
        for photo in datasets.photo_rows(home, dataset.id)["id"][::7]:
            assert datasets.load_photo(home, photo).shape[2] == 3


def test_two_shots_of_a_leaf_lie_on_one_side_of_the_default_split(home):
    # Without photos: ids and labels are all that a split knows. What measuring the photos finds gives this very split.
    found = datasets.store_dataset(home, demo.LEAVES, leaves.CLASSES, demo.leaves_rows(), exam=demo.exam_rows())
    split = splitting.split_by_groups(home, found, FRACTIONS, 0, demo.bursts())
    assert (split.id, split.together) == ("38b50e5d3e5481014a83", 26)
    assert datasets.sides(datasets.split_rows(home, split.id), demo.bursts()) == []
    apart = datasets.make_split(home, found, together=False)
    assert apart.id == "d023fb883500e1cc0085"  # the default split of earlier versions, which still stands in old homes
    assert len(datasets.sides(datasets.split_rows(home, apart.id), demo.bursts())) == 16


@pytest.mark.parametrize("species", ["Fen Rundle", "Rook Ashling"])
def test_two_shots_of_a_leaf_are_what_is_found_when_photos_are_measured(home, species):
    shots = [(species, number) for number in range(44, 56)]
    drawing.draw_missing(home, shots, processes=0)
    rows = demo.leaves_rows()
    rows = rows[rows["id"].isin([leaves.photo_id(*shot) for shot in shots])]
    found = datasets.store_dataset(home, "Some", leaves.CLASSES, rows)
    assert set(datasets.near_copies_of(home, found, None)) == {leaves.photo_id(species, number) for number in (49, 50)}


def test_stored_pixels_are_those_that_were_drawn(few, home):
    demo.ensure_demo(home, exam=False)
    photo = leaves.photo_id("Fen Rundle", 2)
    assert (datasets.load_photo(home, photo) == leaves.draw("Fen Rundle", 2)).all()


def test_the_exam_is_sealed_in_the_split_and_drawn_last(few, home):
    demo.ensure_demo(home, exam=False)
    found = datasets.find_dataset(home, demo.LEAVES)
    (split,) = datasets.list_splits(home, found.id)
    assert split.counts[Part.EXAM] == 24
    assert Part.EXAM not in set(datasets.split_rows(home, split.id)["part"])
    assert not demo.exam_drawn(home)
    demo.ensure_demo(home, exam=True)
    assert demo.exam_drawn(home)
    rows = datasets.split_rows(home, split.id, include_exam=True)
    for photo in rows["id"][rows["part"] == Part.EXAM]:
        assert datasets.photo_path(home, photo).exists()
    assert [split.id] == [other.id for other in datasets.list_splits(home, found.id)]


def test_the_second_call_draws_nothing_and_returns_the_same(few, home, monkeypatch):
    first = demo.ensure_demo(home)
    monkeypatch.setattr(leaves, "draw", lambda *_: pytest.fail("drawn again"))
    monkeypatch.setattr(digits, "draw", lambda *_: pytest.fail("drawn again"))
    assert demo.ensure_demo(home) == first


def test_an_interrupted_drawing_shows_nothing_and_is_finished_by_the_next_call(few, home, monkeypatch):
    drawn, draw = [], leaves.draw

    def interrupted(name, number):
        if len(drawn) == 20:
            raise KeyboardInterrupt
        drawn.append((name, number))
        return draw(name, number)

    monkeypatch.setattr(leaves, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.ensure_demo(home, exam=False)
    assert datasets.list_datasets(home) == []
    again = []
    monkeypatch.setattr(leaves, "draw", lambda *recipe: again.append(recipe) or draw(*recipe))
    demo.ensure_demo(home, exam=False)
    assert len(datasets.list_datasets(home)) == 2
    assert not set(drawn) & set(again)


def test_a_broken_marker_makes_no_second_dataset(few, home):
    first = demo.ensure_demo(home, exam=False)
    (home.home / "datasets" / "demo.json").write_text("{")
    assert demo.ensure_demo(home, exam=False) == first
    assert len(datasets.list_datasets(home)) == 2


def test_the_report_rises_to_the_total(few, home):
    seen = []
    demo.ensure_demo(home, lambda done, total: seen.append((done, total)), exam=False)
    done = [at for at, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (48 + 80, 48 + 80)
    assert len({total for _, total in seen}) == 1


def test_children_draw_what_this_process_would(home):
    recipes = [(name, number) for name in leaves.CLASSES[:2] for number in range(1, 5)]
    drawing.draw_missing(home, recipes, processes=2)
    for name, number in recipes:
        assert (datasets.load_photo(home, leaves.photo_id(name, number)) == leaves.draw(name, number)).all()


def test_where_no_child_can_be_started_this_process_draws(home, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    drawing.draw_missing(home, [("Fen Rundle", 1)], processes=2)
    assert datasets.photo_path(home, leaves.photo_id("Fen Rundle", 1)).exists()


def test_a_child_ends_when_its_parent_is_gone(home):
    recipes = [["Fen Rundle", number] for number in range(1, 4000)]
    child = subprocess.Popen(
        [sys.executable, "-c", drawing._CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"THAW_HOME": str(home.home)},
    )
    child.stdin.write(json.dumps({"recipes": recipes, "idle": False}) + "\n")
    child.stdin.flush()
    assert child.stdout.readline().strip() == "25"
    child.stdin.close()
    assert child.wait(timeout=60) == 1
    child.stdout.close()


def test_the_demo_is_found_by_name_only_once_it_is_there(home):
    with pytest.raises(UnknownDataset):
        datasets.find_dataset(home, datasets.LEAVES)
