from dataclasses import replace

import numpy as np
import pytest

from core.errors import WeightsUnavailable
from core.models import check
from core.models.network import build
from core.models.predict import load, predict


def test_a_loaded_network_answers_as_the_trained_one_preprocessing_included(settings, plan, photos, tmp_path):
    spec = check(settings, plan("vgg16", "all", weights="imagenet"), 3)
    network = build(settings, spec, 3)
    path = network.save_trained(tmp_path / "t.weights.h5")
    x, _ = photos(5)
    answers = predict(load(settings, spec, 3, path), x.astype("uint8"), batch=2)
    assert answers.dtype == np.float32
    assert answers.shape == (5, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    phase = network.for_phase(spec.phases[0])
    np.testing.assert_allclose(answers, phase.full(x, training=False), atol=1e-5)
    by_hand = network.backbone(x[..., ::-1] - np.array([103.939, 116.779, 123.68], "float32"), training=False)
    for layer in network.head:
        by_hand = layer(by_hand)
    np.testing.assert_allclose(answers, by_hand, atol=1e-5)


def test_photos_are_read_from_a_memory_map_a_batch_at_a_time(settings, plan, photos, tmp_path):
    x, _ = photos(7)
    np.save(tmp_path / "x.npy", x.astype("uint8"))
    network = build(settings, plan(), 3)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r", allow_pickle=False)
    np.testing.assert_allclose(predict(network, mapped, batch=3), predict(network, x, batch=64), atol=1e-6)
    assert predict(network, x[:0]).shape == (0, 3)


def test_photos_of_another_size_are_refused(settings, plan):
    with pytest.raises(ValueError, match="32, 32, 3"):
        predict(build(settings, plan(), 3), np.zeros((1, 48, 48, 3), "uint8"))


@pytest.mark.parametrize("name", ["mobilenetv2", "vgg16", "xception"])
def test_the_real_weights_fit_and_give_features_that_differ_from_photo_to_photo(
    no_weights, shared_weights, plan, photos, name
):
    settings = replace(no_weights, weights=shared_weights)
    spec = check(settings, plan(name, "all", weights="imagenet", size=96), 3)
    network = build(settings, spec, 3)
    x, _ = photos(2, 96)
    features = network.backbone(network.preprocessing(x), training=False).numpy()
    assert np.isfinite(features).all()
    assert features.std() > 0.01
    # Kept by its content, the file is found again without the folder.
    assert check(no_weights, spec, 3).weights_hash == spec.weights_hash


def test_without_network_and_folder_imagenet_weights_are_refused_at_once(no_weights, plan, monkeypatch, tmp_path):
    import socket
    import urllib.error
    import urllib.request

    def offline(*_, **__):
        raise urllib.error.URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with pytest.raises(WeightsUnavailable, match="there is no network"):
        build(no_weights, plan("vgg16", "all", weights="imagenet"), 3)
