import subprocess
import sys

import pytest

from core.augment import validate
from core.errors import UnknownPreset
from core.models import backbone_of, twins
from core.training import PRESETS, preset_spec
from core.training.epoch import photos_an_epoch


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_documented_and_makes_a_plan_that_can_be_trained(name):
    preset = PRESETS[name]
    assert preset.name == name
    assert preset.title
    assert preset.help.endswith(".")
    assert name.startswith("report/") == (preset.report is not None)
    spec = preset_spec(name, "dataset", "split", seed=4)
    assert (spec.dataset, spec.split, spec.seed) == ("dataset", "split", 4)
    backbone = backbone_of(spec)
    assert spec.input_size >= backbone.minimum
    assert (spec.weights == "imagenet") == backbone.pretrained
    for phase in spec.phases:
        assert phase.frozen == "all" or phase.frozen <= backbone.layers
        if phase.recipe is not None:
            validate(phase.recipe)


def test_two_presets_never_make_the_same_plan():
    assert len({preset_spec(name, "dataset", "split").id for name in PRESETS}) == len(PRESETS)


def test_every_row_of_the_report_s_tables_is_a_preset():
    rows = {
        *("vanilla", "vanilla-bn", "home-made", "home-made-10k", "home-made-25k", "home-made-advanced"),
        *("home-made-skips", "googlenet", "vgg16-plain", "vgg16-augmented", "vgg16-k8-advanced"),
        *(f"vgg16-k{k}" for k in (6, 8, 10, 12)),
        *(f"vgg19-k{k}" for k in range(8, 14)),
        *("xception-plain", "xception-k20", "xception-k1", "resnet50v2", "resnet50v2-512", "resnet50v2-1024"),
        *("efficientnet", "efficientnet-reverse", "winner", "second-team"),
    }
    assert {name for name in PRESETS if name.startswith("report/")} == {f"report/{row}" for row in rows}


def test_the_report_s_twin_cuts_are_twins():
    assert any({11, 12} <= set(group) for group in twins("vgg19"))
    assert "same network as 12" in PRESETS["report/vgg19-k11"].help


def test_the_report_s_copies_bring_every_class_to_the_same_number():
    (phase,) = preset_spec("report/home-made-10k", "dataset", "split").phases
    assert (phase.recipe.oversample, phase.fixed_copies) == (1250, 1)
    assert photos_an_epoch(phase, [133, 300, 1400]) == 1250 + 1250 + 1400


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
