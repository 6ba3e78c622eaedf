import pytest

from core.errors import BatchTooLarge
from core.records import Phase, Recipe, Step
from core.training.epoch import check_batch_fits

FLIP = Step(operation="horizontal_flip")


def test_a_batch_as_large_as_the_epoch_fits_and_one_photo_more_is_a_sentence():
    check_batch_fits(Phase(batch_size=30), 1, [10, 20])
    with pytest.raises(BatchTooLarge, match=r"Phase 2 trains in batches of 31 photos, but its epoch shows 30\."):
        check_batch_fits(Phase(batch_size=31), 2, [10, 20])


def test_oversampled_photos_and_fixed_copies_count_as_photos_of_the_epoch():
    balanced = Recipe(steps=(FLIP,), oversample="largest")
    check_batch_fits(Phase(batch_size=40, recipe=balanced), 1, [10, 20])
    check_batch_fits(Phase(batch_size=120, recipe=balanced, fixed_copies=3), 1, [10, 20])
    with pytest.raises(BatchTooLarge, match="shows 120"):
        check_batch_fits(Phase(batch_size=121, recipe=balanced, fixed_copies=3), 1, [10, 20])
