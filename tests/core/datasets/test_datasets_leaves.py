"""The drawing program: a photo is a pure function of (version, species, number)."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from core.datasets import leaves

FEW = [(species.name, number) for species in leaves.SPECIES for number in (1, 2, 7)]


def fingerprint() -> str:
    return hashlib.sha256(b"".join(leaves.draw(name, number).tobytes() for name, number in FEW)).hexdigest()


def test_a_photo_is_96_px_rgb():
    photo = leaves.draw("Moor Oakling", 3)
    assert photo.shape == (96, 96, 3)
    assert photo.dtype == np.uint8


def test_the_same_number_draws_the_same_bits_in_any_order():
    forward = [leaves.draw(*recipe) for recipe in FEW]
    backward = [leaves.draw(*recipe) for recipe in reversed(FEW)][::-1]
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_process_draws_the_same_bits():
    code = (
        "import hashlib; from core.datasets import leaves;"
        f"print(hashlib.sha256(b''.join(leaves.draw(*recipe).tobytes() for recipe in {FEW!r})).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == fingerprint()


def test_an_id_is_the_hash_of_the_recipe_and_never_changes():
    recipe = b"leaves/1/Hill Tarrow/12"
    assert leaves.photo_id("Hill Tarrow", 12) == hashlib.sha256(recipe).hexdigest()


def test_there_are_eight_species_five_to_one_and_1500_photos():
    photos = [species.photos for species in leaves.SPECIES]
    assert len(photos) == 8
    assert sum(photos) == 1500
    assert 4 <= max(photos) / min(photos) <= 6
    assert list(leaves.CLASSES) == sorted(leaves.CLASSES)


def test_the_exam_has_2000_photos_of_unused_numbers_in_the_same_shares():
    counts = [len(leaves.exam_numbers(species)) for species in leaves.SPECIES]
    assert sum(counts) == 2000
    for species, count in zip(leaves.SPECIES, counts, strict=True):
        assert abs(count - species.photos * 2000 / 1500) < 1
        assert not set(leaves.numbers(species)) & set(leaves.exam_numbers(species))


def test_no_two_photos_have_the_same_id():
    ids = [
        leaves.photo_id(species.name, number)
        for species in leaves.SPECIES
        for number in (*leaves.numbers(species), *leaves.exam_numbers(species))
    ]
    assert len(set(ids)) == len(ids) == 3500


def test_a_burst_is_nearly_the_photo_before_and_other_neighbours_are_not():
    def difference(one, other):
        return np.abs(leaves.draw(*one).astype(float) - leaves.draw(*other)).mean()

    for name in ("Bell Lindle", "Copper Fivefinger"):
        burst = difference((name, leaves.BURST), (name, leaves.BURST - 1))
        assert 0 < burst < 12
        assert difference((name, leaves.BURST - 1), (name, leaves.BURST - 2)) > 2 * burst


def test_some_photos_of_the_dataset_are_bursts_and_none_of_the_exam():
    bursts = [n for species in leaves.SPECIES for n in leaves.numbers(species) if leaves.repeats_previous(n)]
    assert 10 <= len(bursts) <= 60
    assert not any(leaves.repeats_previous(n) for species in leaves.SPECIES for n in leaves.exam_numbers(species))


@pytest.mark.parametrize("name", leaves.CLASSES)
def test_photos_of_a_species_differ_and_none_is_blank(name):
    photos = [leaves.draw(name, number) for number in range(1, 9)]
    assert all(photo.std() > 8 for photo in photos)
    assert len({photo.tobytes() for photo in photos}) == len(photos)
