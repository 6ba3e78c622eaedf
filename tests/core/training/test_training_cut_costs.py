import pytest

from core.models import backbone_of, find_backbone, speed
from core.records import Part, Phase, Recipe, RunSpec, Step
from core.training import cut_costs

PARTS = {Part.TRAIN: 70, Part.VALIDATION: 15, Part.TEST: 15, Part.EXAM: 1000}
FLIPS = Recipe(steps=(Step(operation="horizontal_flip"),))


def spec_of(*phases: Phase, **fields) -> RunSpec:
    return RunSpec(dataset="d", split="s", **({"backbone": "vgg16", "weights": "imagenet", "phases": phases} | fields))


@pytest.fixture
def found():
    """One second a photo through VGG16's layers, three in a training step, half of it up to layer 7."""
    sections = (speed.SectionSpeed(7, 0.5, 1.5), speed.SectionSpeed(19, 0.5, 1.5))
    return speed.Speed(96, 1.0, 1 / 3, 32, sections, (0.0, 0.0))


def test_a_phase_shows_its_photos_and_keeps_those_of_all_parts_but_the_exam():
    assert cut_costs.shown(Phase(), PARTS, [30, 40]) == (70, 15, 100)
    copies = Phase(recipe=FLIPS, fixed_copies=3)
    assert cut_costs.shown(copies, PARTS, [30, 40]) == (210, 15, 310)
    assert cut_costs.shown(Phase(recipe=Recipe(oversample="largest")), PARTS, [30, 40]).train == 80


def test_the_trainer_s_rule_decides_what_is_kept():
    plain, augmented = spec_of(Phase(frozen=7)), spec_of(Phase(frozen=7, recipe=FLIPS))
    assert cut_costs.is_kept(plain, 0, 7, 100)
    assert not cut_costs.is_kept(augmented, 0, 7, 100)
    assert not cut_costs.is_kept(plain, 0, 7, 10**9)
    assert not cut_costs.is_kept(spec_of(Phase(frozen=3), Phase(frozen=7)), 1, 7, 100)
    assert cut_costs.kept_bytes(plain, 7, 100) == 100 * 4 * 24 * 24 * 128


def test_an_epoch_costs_its_steps_and_its_validation(found):
    photos = cut_costs.shown(Phase(), PARTS, [30, 40])
    assert cut_costs.an_epoch(spec_of(Phase()), 0, False, photos, found) == pytest.approx(70 * 3 + 15)
    assert cut_costs.an_epoch(spec_of(Phase()), 7, False, photos, found) == pytest.approx(70 * 2 + 15)
    assert cut_costs.an_epoch(spec_of(Phase()), 7, True, photos, found) == pytest.approx(70 * 1.5 + 15 * 0.5)


def test_a_plan_costs_its_phases_and_what_is_kept_once(found):
    plan = spec_of(Phase(frozen="all", epochs=10), Phase(frozen=7, epochs=2, recipe=FLIPS))
    assert cut_costs.plan_seconds(plan, PARTS, [30, 40], found) == pytest.approx(100 + 2 * (70 * 2 + 15))
    assert cut_costs.saved(plan, 0, cut_costs.shown(plan.phases[0], PARTS, [30, 40]), found) == pytest.approx(9 * 85)


def test_there_is_a_cut_for_each_choice_of_what_trains(found):
    spec, photos = spec_of(Phase(frozen=7)), cut_costs.shown(Phase(), PARTS, [30, 40])
    made = {cut.k: cut for cut in cut_costs.cuts(spec, 0, False, 8, photos, found)}
    assert made[0].share == 1
    assert 10 not in made[11].twins or made[11].keeps
    assert {10, 11} <= {11, *made[11].twins}
    assert all(cut.seconds is not None for cut in made.values())
    assert made[max(made)].kept
    nothing = cut_costs.cuts(spec, 0, False, 8, photos, None)
    assert {cut.seconds for cut in nothing} == {None}
    assert backbone_of(spec) == find_backbone("vgg16")
