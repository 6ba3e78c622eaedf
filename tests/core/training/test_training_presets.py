import subprocess
import sys

import pytest

from core.augment import validate
from core.errors import UnknownPreset
from core.models import BACKBONES
from core.training import PRESETS, preset_spec


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_documented_and_makes_a_plan_that_can_be_trained(name):
    preset = PRESETS[name]
    assert preset.name == name
    assert preset.title
    assert preset.help.endswith(".")
    assert name.startswith("report/") == (preset.report is not None)
    spec = preset_spec(name, "dataset", "split", seed=4)
    assert (spec.dataset, spec.split, spec.seed) == ("dataset", "split", 4)
    backbone = BACKBONES[spec.backbone]
    assert spec.input_size >= backbone.minimum
    assert (spec.weights == "imagenet") == backbone.pretrained
    for phase in spec.phases:
        assert phase.frozen == "all" or phase.frozen <= backbone.layers
        if phase.recipe is not None:
            validate(phase.recipe)


def test_two_presets_never_make_the_same_plan():
    assert len({preset_spec(name, "dataset", "split").id for name in PRESETS}) == len(PRESETS)


def test_the_presets_named_elsewhere_exist():
    assert {"first", "vanilla", "mobilenetv2-frozen", "mobilenetv2-thaw", "report/vanilla", "report/vgg16-k8"} <= set(
        PRESETS
    )


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(UnknownPreset, match="report/vanilla"):
        preset_spec("alexnet", "dataset", "split")


def test_importing_the_room_loads_no_keras():
    code = "import sys, core.training; sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
