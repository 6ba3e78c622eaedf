"""Copies that are augmented once and kept."""

import numpy as np
import pytest
from small_runs import CLASSES, SIZE, TURNS, numbers, run, spec_of

from core.augment.pipeline import Augmenter
from core.errors import TooManyCopies
from core.records import Phase, Recipe
from core.training import Stopped, copies
from core.training.copies import Copies, fixed_copies, key

PHASE = Phase(epochs=2, batch_size=8, recipe=TURNS, fixed_copies=2)
DRAW = np.random.default_rng(0)
PIXELS = DRAW.integers(0, 256, (150, SIZE, SIZE, 3)).astype(np.uint8)
LABELS = np.arange(150) % 3
ROWS = np.arange(10, 140)


def made(phase=PHASE, seed=5):
    spec = spec_of(phase, seed=seed)
    return spec, Copies(spec, phase, PIXELS, LABELS, ROWS, len(CLASSES))


def test_copies_are_what_the_first_epochs_would_draw(settings):
    spec, found = made()
    kept = fixed_copies(settings, found, "some-key")
    assert len(kept) == found.length == 2 * len(ROWS)
    augmenter = Augmenter(TURNS, spec.seed, SIZE, SIZE, len(CLASSES))
    for copy in (1, 2):
        for batch, start in enumerate(range(0, len(ROWS), copies.BATCH)):
            rows = ROWS[start : start + copies.BATCH]
            images, labels = augmenter(PIXELS[rows], np.eye(3)[LABELS[rows]], copy, batch)
            place = slice((copy - 1) * len(ROWS) + start, (copy - 1) * len(ROWS) + start + len(rows))
            np.testing.assert_array_equal(kept["pixels"][place], np.rint(np.asarray(images)))
            np.testing.assert_array_equal(kept["label"][place], np.asarray(labels))
            np.testing.assert_array_equal(found.photos_of(np.arange(found.length)[place]), rows)


def test_every_row_is_found_in_the_batch_that_makes_it():
    _, found = made(Phase(recipe=Recipe(steps=TURNS.steps, oversample=55), fixed_copies=3))
    for row in range(found.length):
        batch = found.batch(found.number(row))
        assert 0 <= row - found.start(found.number(row)) < len(batch)


def test_copies_of_another_seed_recipe_or_photo_have_another_key():
    ids = [f"{row:04d}" for row in ROWS]
    names = [CLASSES[label] for label in LABELS[ROWS]]
    spec, _ = made()
    first = key(spec, PHASE, ids, CLASSES, names)
    others = {
        key(spec_of(PHASE, seed=6), PHASE, ids, CLASSES, names),
        key(spec, Phase(recipe=Recipe(steps=TURNS.steps[:1]), fixed_copies=2), ids, CLASSES, names),
        key(spec, PHASE.model_copy(update={"fixed_copies": 3}), ids, CLASSES, names),
        key(spec, PHASE, ids[::-1], CLASSES, names),
        key(spec, PHASE, ids, CLASSES, names[::-1]),
    }
    assert first == key(spec, PHASE, ids, CLASSES, names)
    assert len(others | {first}) == 6


def test_they_are_made_once_for_all_runs_and_a_stopped_run_goes_on_with_them(drawn, tmp_path, monkeypatch):
    spec = spec_of(PHASE)
    whole, _ = run(drawn, spec, tmp_path / "a" / "attempt-1")
    monkeypatch.setattr(Copies, "batch", lambda *_: pytest.fail("made again"))
    with pytest.raises(Stopped):
        run(drawn, spec, tmp_path / "b" / "attempt-1", stop_after=1)
    result, _ = run(drawn, spec, tmp_path / "b" / "attempt-2")
    assert numbers(result) == numbers(whole)


def test_a_frozen_prefix_sees_each_copy_once(drawn, tmp_path, pretrained):
    spec = pretrained(PHASE.model_copy(update={"frozen": "all"}))
    result, _ = run(drawn, spec, tmp_path / "attempt-1")
    assert result.prefix_cache_used


def test_a_recipe_without_steps_has_nothing_to_copy(drawn, tmp_path):
    plain = spec_of(Phase(epochs=1, batch_size=8))
    copied = spec_of(Phase(epochs=1, batch_size=8, recipe=Recipe(name="none"), fixed_copies=1))
    assert numbers(run(drawn, plain, tmp_path / "a" / "attempt-1")[0]) == numbers(
        run(drawn, copied, tmp_path / "b" / "attempt-1")[0]
    )


def test_copies_that_would_fill_the_disk_are_refused_with_their_size():
    copies.check_size(PHASE, 96, [1000, 1000])
    with pytest.raises(TooManyCopies, match=r"200,000 fixed copies would take 28\.\d GB"):
        copies.check_size(PHASE.model_copy(update={"fixed_copies": 100}), 224, [1000, 1000])
    copies.check_size(Phase(fixed_copies=100), 224, [1000, 1000])  # without steps nothing is copied
