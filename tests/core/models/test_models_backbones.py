import subprocess
import sys
from itertools import groupby

import numpy as np
import pytest

from core.errors import UnknownBackbone
from core.models import BACKBONES, find_backbone
from core.models.tables import bare, layer_table, measure_layers, measure_output

OF_KERAS = [backbone for backbone in BACKBONES.values() if backbone.factory]
names = [backbone.name for backbone in OF_KERAS]
SMALLEST = [next(members).name for _, members in groupby(BACKBONES.values(), lambda backbone: backbone.family)]


def keras_module(backbone):
    """The module of keras.applications that a backbone comes from."""
    import keras

    return sys.modules[getattr(keras.applications, backbone.factory).__module__]


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=list(BACKBONES))
def test_every_backbone_has_its_help_text_and_a_place_for_its_weights(backbone):
    assert backbone.title
    assert backbone.help.endswith(".")
    assert backbone.help.count(". ") < 3
    assert bool(backbone.weights_file) == bool(backbone.download) == backbone.pretrained
    assert backbone.default_input >= backbone.minimum
    assert find_backbone(backbone.name) == find_backbone(backbone.title) == backbone


def test_the_issues_backbones_are_all_here():
    sizes = [f"efficientnetb{n}" for n in range(8)] + [f"efficientnetv2{n}" for n in ("b0", "b1", "b2", "b3", "s", "m")]
    others = "vanilla mobilenetv2 mobilenetv3small mobilenetv3large densenet121 vgg16 vgg19 xception resnet50v2"
    convnext = "convnexttiny convnextsmall convnextbase convnextlarge inceptionv3"
    assert set(BACKBONES) == {*sizes, *others.split(), *convnext.split()}


def test_backbones_stand_by_family_and_small_before_large():
    families = [(name, list(members)) for name, members in groupby(BACKBONES.values(), lambda each: each.family)]
    assert len({name for name, _ in families}) == len(families)
    smallest = [members[0].parameters for _, members in families]
    assert smallest == sorted(smallest)
    for _, members in families:
        assert members == sorted(members, key=lambda each: each.parameters)


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
    assert sum(row.params for row in layer_table(name).layers) == BACKBONES[name].parameters


@pytest.mark.parametrize("name", SMALLEST)
def test_output_size_is_known_for_the_least_and_for_odd_sizes(name):
    for size in (BACKBONES[name].minimum, 77, 107):
        assert layer_table(name).output_size(size) == measure_output(BACKBONES[name], size)


@pytest.mark.parametrize("backbone", OF_KERAS, ids=names)
def test_one_pixel_less_than_the_minimum_is_refused_by_keras_too(backbone):
    from core.models.applications import construct

    with pytest.raises(ValueError, match="Input size must be at least"):
        construct(backbone, backbone.minimum - 1)


def as_keras_fetches(backbone, size):
    """(the model Keras makes for its ImageNet weights, (url, checksum) of what it would fetch), without weights."""
    import keras
    from keras.src.utils import file_utils

    fetched = []

    def get_file(fname, origin, cache_subdir, file_hash=None):
        assert origin.endswith(fname)
        fetched.append((origin, file_hash))
        return fname

    keras.backend.clear_session()
    with pytest.MonkeyPatch.context() as patch, bare():
        patch.setattr(file_utils, "get_file", get_file)
        patch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
        model = getattr(keras.applications, backbone.factory)(include_top=False, input_shape=(size, size, 3))
    return model, fetched[0]


@pytest.mark.filterwarnings("ignore:.input_shape. is undefined")
@pytest.mark.parametrize("backbone", OF_KERAS, ids=names)
def test_layers_and_download_are_those_that_keras_has_for_imagenet(backbone):
    import keras

    from core.models.applications import construct

    size = 131
    theirs, fetched = as_keras_fetches(backbone, size)
    keras.backend.clear_session()
    with bare():
        ours = construct(backbone, size)
    assert ours.output_shape == theirs.output_shape
    assert ours.output_shape[1] == layer_table(backbone.name).output_size(size)
    assert (backbone.download.url, backbone.download.checksum) == fetched
    assert [layer.name for layer in ours.layers[1:]] == [layer.name for layer in theirs.layers[1:]]
    for mine, other in zip(ours.layers[1:], theirs.layers[1:], strict=True):
        assert mine.get_config() == other.get_config()
    assert abs(backbone.download.megabytes - 4 * backbone.parameters / 1e6) <= 0.5


def test_efficientnet_sees_the_pixels_as_its_imagenet_weights_want_them(stir):
    """Keras adds a layer only where it fetches the weights itself; the file alone would load without it."""
    import keras
    from keras.src.utils import file_utils

    from core.models.applications import construct

    ours = construct(BACKBONES["efficientnetb0"], 32)
    stir(ours, np.random.default_rng(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_utils, "get_file", lambda fname, *_, **__: fname)
        patch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
        theirs = keras.applications.EfficientNetB0(include_top=False, input_shape=(32, 32, 3))
    plain = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(32, 32, 3))
    photos = np.random.default_rng(1).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    for model in (theirs, plain):
        model.set_weights(ours.get_weights())
        for layer in model.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()
    expected = ours(photos, training=False).numpy()
    np.testing.assert_array_equal(theirs(photos, training=False), expected)
    assert (plain(photos, training=False).numpy() != expected).any()


@pytest.mark.parametrize("backbone", OF_KERAS, ids=names)
def test_preprocessing_is_that_of_keras_applications(backbone):
    from core.models.preprocessing import Preprocessing

    photos = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    expected = keras_module(backbone).preprocess_input(photos.copy())
    np.testing.assert_allclose(Preprocessing(backbone.preprocessing)(photos), expected, atol=1e-4)


@pytest.mark.parametrize("backbone", OF_KERAS, ids=names)
def test_pixels_are_scaled_inside_the_backbone_or_by_us_and_the_help_says_where(backbone):
    inside = [row for row in layer_table(backbone.name).layers if row.type in ("Rescaling", "Normalization")]
    assert bool(inside) == (backbone.preprocessing == "none")
    assert all(row.block == "scaling" for row in inside)
    assert ("which count in the number of frozen layers" in backbone.help) == bool(inside)


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
