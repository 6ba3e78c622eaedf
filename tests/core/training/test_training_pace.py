import pytest

from core.records import Phase, RunSpec
from core.training.pace import Pace

SPEC = RunSpec(
    dataset="d",
    split="s",
    backbone="mobilenetv2",
    phases=(Phase(frozen="all", epochs=3), Phase(frozen=50, epochs=2), Phase(frozen=20, epochs=1)),
)


def test_before_the_second_batch_the_time_left_is_unknown(settings):
    pace = Pace(settings, SPEC, [100] * len(SPEC.phases))
    assert pace.left(0, 2, 100) is None
    pace.batch(0, 10, 30.0)  # compiles: not counted
    assert pace.left(0, 2, 90) is None
    pace.batch(0, 10, 1.0)
    assert pace.left(0, 2, 80) < 100


def test_time_left_counts_what_is_left_of_all_phases(settings):
    pace = Pace(settings, SPEC, [100] * len(SPEC.phases))
    for _ in range(2):
        pace.batch(0, 10, 1.0)
    pace.validated(0, 2.0)
    # here: .1 s a photo, 50 photos and one epoch, validations of 2 s; then 3 epochs of 100 photos at the same pace
    assert pace.left(0, 1, 50) == pytest.approx(5 + 10 + 2 * 4 + 3 * 100 * 0.1 * 1.1)
    pace.forward(0.5)
    assert pace.left(0, 1, 50) == pytest.approx(5 + 10 + 2 * 4 + 3 * 100 * 1.0 * 1.1)


def test_a_second_run_knows_what_its_later_phases_cost(settings):
    first = Pace(settings, SPEC, [100] * len(SPEC.phases))
    for phase, seconds in enumerate((1.0, 20.0, 40.0)):
        for _ in range(2):
            first.batch(phase, 10, seconds)
    first.remember()
    second = Pace(settings, SPEC.model_copy(update={"seed": 3}), [100] * len(SPEC.phases))
    for _ in range(2):
        second.batch(0, 10, 1.0)
    assert second.left(0, 0, 0) == pytest.approx(2 * 1.0 + 1.1 * (2 * 100 * 2.0 + 100 * 4.0))


def test_a_damaged_memory_is_no_trouble(settings):
    settings.cache.mkdir(parents=True)
    (settings.cache / "pace.json").write_text("[1, {")
    Pace(settings, SPEC, [100] * len(SPEC.phases)).remember()
    assert (settings.cache / "pace.json").read_text() == "{}"
