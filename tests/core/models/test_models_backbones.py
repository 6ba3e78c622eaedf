import subprocess
import sys

import numpy as np
import pytest

from core.errors import UnknownBackbone
from core.models import BACKBONES, find_backbone
from core.models.tables import layer_table, measure_layers, measure_output


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=list(BACKBONES))
def test_every_backbone_has_its_help_text_and_a_place_for_its_weights(backbone):
    assert backbone.title
    assert backbone.help.endswith(".")
    assert bool(backbone.weights_file) == bool(backbone.download) == backbone.pretrained
    assert backbone.default_input >= backbone.minimum


@pytest.mark.parametrize("name", ["Xception", "x-ception", "MOBILENET_V2", "MobileNetV2", "vgg-16", "Vanilla CNN"])
def test_a_backbone_is_found_whatever_its_case_and_hyphens(name):
    assert find_backbone(name) in BACKBONES.values()


def test_an_unknown_backbone_is_refused_with_the_known_ones():
    with pytest.raises(UnknownBackbone, match="vgg16"):
        find_backbone("resnet")


@pytest.mark.parametrize("name", BACKBONES)
def test_the_layer_table_is_what_keras_builds(name):
    assert layer_table(name).layers == measure_layers(BACKBONES[name])
    assert len(layer_table(name).layers) == BACKBONES[name].layers


@pytest.mark.parametrize("name", BACKBONES)
def test_layers_and_output_size_are_known_at_any_input_size(name):
    from core.models.applications import construct

    for size in (BACKBONES[name].minimum, 131):
        model = construct(BACKBONES[name], size)
        assert len(model.layers) == BACKBONES[name].layers
        assert layer_table(name).output_size(size) == model.output_shape[1]


def test_mobilenets_output_size_is_known_for_odd_sizes_too():
    for size in (33, 40, 65):
        assert layer_table("mobilenetv2").output_size(size) == measure_output(BACKBONES["mobilenetv2"], size)


def test_one_pixel_less_than_the_minimum_is_refused_by_keras_too():
    from core.models.applications import construct

    for name in ("mobilenetv2", "vgg16", "xception"):
        with pytest.raises(ValueError, match="Input size must be at least"):
            construct(BACKBONES[name], BACKBONES[name].minimum - 1)


@pytest.mark.parametrize("name", ["mobilenetv2", "vgg16", "xception"])
def test_preprocessing_is_that_of_keras_applications(name):
    import keras

    from core.models.preprocessing import Preprocessing

    module = {"mobilenetv2": "mobilenet_v2"}.get(name, name)
    photos = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    expected = getattr(keras.applications, module).preprocess_input(photos.copy())
    np.testing.assert_allclose(Preprocessing(BACKBONES[name].preprocessing)(photos), expected, atol=1e-4)


def test_registry_tables_and_check_need_no_keras(tmp_path):
    code = (
        "import sys, core.models as m; from pathlib import Path\n"
        "from core.records import Phase, RunSpec; from core.settings import Settings\n"
        f"s = Settings(home=Path({str(tmp_path)!r}), weights=None, tracking_uri='', photo_roots=None)\n"
        "m.check(s, RunSpec(dataset='d', split='s', backbone='VGG16', phases=(Phase(),)), 3); m.blocks('xception')\n"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
