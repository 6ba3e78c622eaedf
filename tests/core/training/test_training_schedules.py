import subprocess
import sys

import pytest

from core.models import BACKBONES, blocks
from core.records import Phase, Recipe, Step
from core.training.schedules import SCHEDULES, top

RECIPE = Recipe(steps=(Step(operation="horizontal_flip"),))
LIKE = Phase(epochs=7, batch_size=16, recipe=RECIPE, fixed_copies=2)
PRETRAINED = [name for name, backbone in BACKBONES.items() if backbone.pretrained]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))
def test_every_schedule_has_its_help_and_phases_that_every_backbone_has_layers_for(schedule):
    assert schedule.title
    assert schedule.help.endswith(".")
    for name in PRETRAINED:
        phases = schedule.make(name, LIKE)
        assert all(phase.frozen == "all" or 0 <= phase.frozen <= BACKBONES[name].layers for phase in phases)
        assert {(phase.epochs, phase.batch_size) for phase in phases} == {(7, 16)}
        for phase in phases:
            assert (phase.recipe, phase.fixed_copies) == ((None, None) if phase.frozen == "all" else (RECIPE, 2))
            assert phase.learning_rate <= (1e-3 if phase.frozen == "all" else 1e-4)


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_top_is_cut_at_a_blocks_end_and_less_of_it_means_a_deeper_cut(name):
    ends = {block.last + 1 for block in blocks(name)}
    cuts = [top(name, share) for share in (0.75, 0.5, 0.25)]
    assert set(cuts) <= ends
    assert cuts == sorted(cuts)


def test_the_report_thaws_to_100_then_all_and_its_reverse_goes_the_other_way():
    frozen = [phase.frozen for phase in SCHEDULES["report"].make("mobilenetv2", LIKE)]
    assert frozen == ["all", 77, 1]
    assert [phase.frozen for phase in SCHEDULES["reverse"].make("mobilenetv2", LIKE)] == frozen[::-1]


def test_gradual_thaws_more_in_each_phase_at_falling_rates():
    phases = SCHEDULES["gradual"].make("xception", LIKE)
    cuts = [phase.frozen for phase in phases[1:]]
    rates = [phase.learning_rate for phase in phases]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[-1] == 0
    assert rates == sorted(rates, reverse=True)


def test_schedules_need_no_keras():
    code = "import sys, core.training.schedules as s; s.top('xception'); sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
