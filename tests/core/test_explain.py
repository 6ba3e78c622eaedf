"""Grad-CAM against networks whose answer is known, and against finite differences."""

import numpy as np
import pytest

from core import explain
from core.models import BACKBONES, find_backbone
from core.models.tables import layer_table
from core.records import HOME_MADE, ConvBlock, Head, HomeMade, Phase, RunSpec
from core.settings import Settings


@pytest.fixture
def network(tmp_path):
    """Function: an untrained network of a spec."""
    from core.models.network import build

    settings = Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)
    return lambda spec, classes=3: build(settings, spec, classes)


def spec_of(backbone: str = HOME_MADE, blocks=None, size: int = 32, **fields) -> RunSpec:
    network = HomeMade(blocks=blocks) if blocks else None
    return RunSpec(
        dataset="d", split="s", backbone=backbone, network=network, input_size=size, phases=(Phase(),), **fields
    )


ONE = (ConvBlock(convolutions=1, filters=2, kernel=1, pooling=None),)
TWO = (ConvBlock(filters=8, skip=True), ConvBlock(convolutions=2, filters=8, kernel=3, dropout=0.2))


@pytest.fixture
def seen(network):
    """A network of one filter for red and one for green; red speaks for class 0 and against class 1."""
    made = network(spec_of(blocks=ONE, head=Head(dense=(), dropout=0)), 2)
    convolution = next(layer for layer in made.backbone.layers if layer.weights)
    kernel = np.zeros((1, 1, 3, 2), "float32")
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    convolution.set_weights([kernel, np.zeros(2, "float32")])
    made.head[-1].set_weights([np.array([[2, -1], [0, 0]], "float32"), np.zeros(2, "float32")])
    return explain.GradCam(made)


def test_a_filter_for_red_shows_where_the_photo_is_red(seen):
    photo = np.zeros((32, 32, 3), "uint8")
    photo[:16, :, 0], photo[:, :16, 1] = 200, 255
    photo[:8, :, 0] = 100
    heat = seen.heat(photo, 0)
    np.testing.assert_allclose(heat[8:16], 1, atol=1e-6)
    np.testing.assert_allclose(heat[:8], 0.5, atol=1e-6)
    np.testing.assert_allclose(heat[16:], 0, atol=1e-6)


def test_what_speaks_against_a_class_is_not_shown(seen):
    photo = np.full((32, 32, 3), 200, "uint8")
    assert seen.heat(photo, 1).max() == 0


def test_a_photo_of_another_size_is_made_as_large_as_the_network_takes_it(seen):
    assert seen.heat(np.full((50, 90, 3), 200, "uint8"), 0).shape == (32, 32)


def test_a_class_that_is_not_there_is_refused(seen):
    with pytest.raises(ValueError, match="0 to 1"):
        seen.heat(np.zeros((32, 32, 3), "uint8"), 2)


@pytest.mark.parametrize("head", [Head(dense=(16,), batch_normalization=True), Head(pooling="flatten", dense=(12, 8))])
def test_a_channels_weight_is_the_scores_slope_by_finite_differences(network, head):
    cam = explain.GradCam(network(spec_of(blocks=TWO, head=head)))
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3))
    features = np.asarray(cam.features(photo), np.float32)
    found = cam.weights(features, 1)
    places, step = features.shape[1] * features.shape[2], 1e-3  # small: a ReLU must not turn on in between
    slopes = []
    for channel in range(features.shape[-1]):
        moved = np.zeros_like(features)
        moved[..., channel] = step
        up, down = (np.asarray(cam.scores(features + sign * moved), np.float64)[0, 1] for sign in (1, -1))
        slopes.append((up - down) / (2 * step) / places)
    np.testing.assert_allclose(found, slopes, atol=2e-2 * np.abs(slopes).max())


@pytest.mark.parametrize("backbone", ["mobilenetv2", "vgg16", HOME_MADE])
def test_what_follows_the_feature_map_answers_as_the_whole_network(network, backbone):
    from core.models.predict import predict

    made = network(spec_of(backbone, TWO if backbone == HOME_MADE else None, size=64))
    cam = explain.GradCam(made)
    photos = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    scores = np.asarray(cam.scores(cam.features(photos)), np.float64)
    odds = np.exp(scores - scores.max())
    np.testing.assert_allclose(predict(made, photos), odds / odds.sum(), atol=1e-5)
    heat = cam.heat(photos[0], 2)
    assert heat.dtype == np.float32
    assert 0 <= heat.min() <= heat.max() <= 1


def test_the_map_before_the_last_pooling_is_taken(network):
    made = network(spec_of("vgg16", size=64))
    assert made.backbone.layers[explain.feature_cut(made) - 1].name == "block5_conv3"


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_every_backbone_has_a_feature_map_where_a_single_tensor_crosses(name):
    rows = layer_table(find_backbone(name)).layers
    narrow = [row for row in rows if row.crossing == 1 and row.type not in explain.PASSING and len(row.shape) == 3]
    assert narrow[-1].index >= len(rows) - 3 or name == "inceptionv3"
    assert any(row.shape[0] * row.shape[1] > 1 and row.index > len(rows) / 2 for row in narrow)


def test_an_overlay_is_clear_where_nothing_is_and_thickest_at_one():
    picture = explain.overlay(np.array([[0, 0.5], [1, 0]]))
    assert picture.dtype == np.uint8
    assert picture[..., 3].tolist() == [[0, 76], [153, 0]]
    assert set(map(tuple, picture[..., :3].reshape(-1, 3))) == {explain.HEAT}


def test_a_map_out_of_range_is_refused():
    with pytest.raises(ValueError, match="0 to 1"):
        explain.overlay(np.array([[1.5]]))


def test_a_photo_under_an_overlay_keeps_its_size_and_what_is_cold():
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert explain.covered(photo, np.zeros((8, 8))).tolist() == photo.tolist()
