"""What the screen shows as the first batch is what the network is given."""

import numpy as np
import pytest
from small_runs import CLASSES, SIZE, TURNS, run, spec_of

from core.augment import find_recipe
from core.records import Phase, Recipe
from core.training import phase_training
from core.training.copies import BATCH
from core.training.first_batch import first_batch

RARE = Recipe(steps=TURNS.steps, oversample=20)


@pytest.fixture
def received(monkeypatch):
    """The first batch of every phase as the trainer's stream yields it to the network."""
    batches, whole = [], phase_training.stream

    def watched(*arguments):
        found = whole(*arguments)
        batches.append(tuple(np.asarray(part) for part in next(iter(found))))
        return found

    monkeypatch.setattr(phase_training, "stream", watched)
    return batches


@pytest.mark.parametrize(
    "phase",
    [
        Phase(epochs=1, batch_size=8),
        Phase(epochs=1, batch_size=8, recipe=TURNS),
        Phase(epochs=1, batch_size=100, recipe=RARE, class_weights="balanced"),
        Phase(epochs=1, batch_size=8, recipe=Recipe(oversample="largest")),
        Phase(epochs=1, batch_size=8, recipe=RARE, fixed_copies=3),
    ],
    ids=["as they are", "recipe", "oversampled and weighted", "oversampled alone", "fixed copies"],
)
def test_the_first_batch_shown_is_bit_for_bit_the_one_that_trains(drawn, tmp_path, received, phase):
    settings, rows = drawn
    later = phase.model_copy(update={"batch_size": 5})
    spec = spec_of(phase, later)
    run(drawn, spec, tmp_path / "attempt-1")
    for number, (images, labels, *_) in enumerate(received):
        shown = first_batch(settings, spec, rows, number)
        np.testing.assert_array_equal(shown.images, images)
        np.testing.assert_array_equal(shown.labels, labels)
        assert (shown.phase, shown.epoch) == (number, number + 1)
    assert len(received) == 2


def test_a_real_recipe_of_all_kinds_of_steps_is_shown_as_it_trains(settings, drawn, tmp_path, received):
    spec = spec_of(Phase(epochs=1, batch_size=36, recipe=find_recipe(settings, "advanced (report)")))
    run(drawn, spec, tmp_path / "attempt-1")
    shown = first_batch(drawn[0], spec, drawn[1])
    np.testing.assert_array_equal(shown.images, received[0][0])
    np.testing.assert_array_equal(shown.labels, received[0][1])


@pytest.mark.parametrize("copies", [None, 2])
def test_ids_name_the_photos_of_the_batch_and_a_limit_cuts_it(drawn, copies):
    settings, rows = drawn
    flipped = Recipe(steps=(TURNS.steps[0].model_copy(update={"probability": 0.0}),))
    spec = spec_of(Phase(batch_size=8, recipe=flipped, fixed_copies=copies))
    shown = first_batch(settings, spec, rows, limit=5)
    assert shown.images.shape == (5, SIZE, SIZE, 3)
    assert len(shown.ids) == 5
    label = rows.set_index("id")["label"]
    assert [label[photo] for photo in shown.ids] == shown.labels.argmax(axis=1).tolist()
    assert {rows.set_index("id")["part"][photo] for photo in shown.ids} == {"train"}


def test_photos_an_epoch_count_oversampling_and_copies(drawn):
    settings, rows = drawn
    spec = spec_of(Phase(recipe=RARE), Phase(recipe=RARE, fixed_copies=3), Phase(recipe=TURNS))
    counts = [first_batch(settings, spec, rows, number).photos_an_epoch for number in range(3)]
    assert counts == [20 * len(CLASSES), 3 * 20 * len(CLASSES), 36]
    assert 3 * 20 * len(CLASSES) > BATCH  # so that the copies above are more than one batch of them
