import hashlib
import io
import socket
import urllib.error
import urllib.request
from dataclasses import replace

import h5py
import numpy as np
import pytest

from core.errors import WeightsMismatch, WeightsUnavailable
from core.models import find_backbone, list_files, resolve
from core.models.backbones import Download
from core.models.weights import at_hand
from core.models.weights_file import require_fit

VGG16 = find_backbone("vgg16")
MOBILENET = find_backbone("mobilenetv2")
EFFICIENTNET = find_backbone("efficientnetb0")
CONVNEXT = find_backbone("convnexttiny")


@pytest.fixture(autouse=True)
def keras_home(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture(scope="module")
def legacy_file(tmp_path_factory):
    """VGG16 in Keras 2's format, as the download server gives it."""
    from keras.src.legacy.saving import legacy_h5_format

    from core.models.applications import construct

    path = tmp_path_factory.mktemp("legacy") / VGG16.download.file
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, construct(VGG16, 32))
    return path


class Answer(io.BytesIO):
    def __init__(self, content, headers=None):
        super().__init__(content)
        self.headers = headers or {"Content-Length": str(len(content))}


def serve(monkeypatch, answer):
    calls = []

    def urlopen(url, timeout):
        calls.append((url, timeout))
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return calls


def test_weights_are_kept_once_under_the_hash_of_their_content(settings):
    path, sha256 = resolve(settings, VGG16, "imagenet")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256 == path.name.split(".")[0]
    written = path.stat().st_mtime_ns
    assert resolve(settings, VGG16, "vgg16_notop.weights.h5") == (path, sha256)
    assert path.stat().st_mtime_ns == written
    assert len(list(settings.frozen_weights.glob("*.h5"))) == 1


def test_weights_found_once_are_found_without_folder_and_network(settings, monkeypatch):
    found = resolve(settings, VGG16, "imagenet")
    calls = serve(monkeypatch, AssertionError())
    assert resolve(replace(settings, weights=None), VGG16, "imagenet") == found
    assert calls == []


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (urllib.error.URLError(socket.gaierror(-2, "Name or service not known")), "there is no network"),
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), "there is no network"),
        (urllib.error.URLError(TimeoutError("timed out")), "no answer within 10 s"),
        (TimeoutError("timed out"), "no answer within 10 s"),
        (urllib.error.HTTPError("u", 403, "Forbidden", {}, None), "the server answered 403"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_download_that_fails_says_why_and_what_to_do(no_weights, monkeypatch, failure, reason):
    calls = serve(monkeypatch, failure)
    with pytest.raises(WeightsUnavailable, match=f"{reason}.*vgg16_notop.weights.h5 into the THAW_WEIGHTS folder"):
        resolve(no_weights, VGG16, "imagenet")
    assert calls == [(VGG16.download.url, 10)]
    assert [path.name for path in no_weights.frozen_weights.iterdir() if not path.name.endswith(".lock")] == []


def test_a_damaged_download_is_not_kept(no_weights, monkeypatch):
    serve(monkeypatch, b"not the weights")
    with pytest.raises(WeightsUnavailable, match="damaged"):
        resolve(no_weights, VGG16, "imagenet")
    with pytest.raises(WeightsMismatch):  # MobileNetV2's download has no checksum: its content is looked at
        resolve(no_weights, MOBILENET, "imagenet")
    assert list(no_weights.frozen_weights.glob("*.h5")) == []


def test_a_download_in_keras_2_format_is_fetched_once_and_loaded(no_weights, monkeypatch, legacy_file, plan):
    from core.models.network import build

    content = legacy_file.read_bytes()
    backbone = replace(VGG16, download=Download(VGG16.download.url, hashlib.md5(content).hexdigest(), 59))
    calls, seen = serve(monkeypatch, content), []
    path, sha256 = resolve(no_weights, backbone, "imagenet", report=lambda done, total: seen.append((done, total)))
    assert resolve(no_weights, backbone, "imagenet") == (path, sha256)
    assert len(calls) == 1
    assert seen[-1] == (len(content), len(content))
    network = build(no_weights, plan("vgg16", weights="imagenet"), 3)
    with h5py.File(legacy_file) as file:
        kernel = file["block1_conv1"][file["block1_conv1"].attrs["weight_names"][0]][()]
    np.testing.assert_array_equal(network.backbone.layers[1].weights[0], kernel)


@pytest.mark.parametrize("backbone", [EFFICIENTNET, CONVNEXT], ids=["statistics of pixels", "layers in layers"])
def test_a_download_in_keras_2_format_gives_the_same_answers(no_weights, own_weights, plan, photos, tmp_path, backbone):
    """Normalization works its mean out when it is told to, nested layers bring several arrays: both must arrive."""
    from keras.src.legacy.saving import legacy_h5_format

    from core.models.network import build

    settings = replace(no_weights, weights=own_weights)
    there = build(settings, plan(backbone.name, weights="imagenet"), 3).backbone
    old = tmp_path / "old"
    old.mkdir()
    with h5py.File(old / backbone.weights_file, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, there)
    settings = replace(no_weights, home=tmp_path / "other", weights=old)
    again = build(settings, plan(backbone.name, weights="imagenet"), 3).backbone
    x, _ = photos(2)
    np.testing.assert_array_equal(again(x, training=False), there(x, training=False))


def test_a_checksum_may_be_md5_or_sha256_as_keras_has_it(no_weights, monkeypatch):
    serve(monkeypatch, b"not the weights")
    for kind in ("md5", "sha256"):
        download = Download(VGG16.download.url, hashlib.new(kind, b"not the weights").hexdigest(), 59)
        with pytest.raises(WeightsMismatch):  # it arrived whole, and is looked at
            resolve(no_weights, replace(VGG16, download=download), "imagenet")


def test_it_is_known_without_reading_whether_weights_would_be_downloaded(settings, no_weights, tmp_path):
    assert at_hand(settings, VGG16)
    assert not at_hand(settings, find_backbone("vanilla"))
    assert not at_hand(no_weights, VGG16)
    resolve(settings, VGG16, "imagenet")
    assert at_hand(no_weights, VGG16)  # kept in the same home
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / MOBILENET.download.file).touch()
    assert at_hand(no_weights, MOBILENET)


def test_what_keras_itself_downloaded_before_is_used(no_weights, monkeypatch, legacy_file, tmp_path):
    calls = serve(monkeypatch, AssertionError())
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / VGG16.download.file).symlink_to(legacy_file)
    path, _ = resolve(no_weights, VGG16, "imagenet")
    assert path.read_bytes() == legacy_file.read_bytes()
    assert calls == []


def test_files_to_choose_from_are_those_that_fit(settings):
    assert list_files(settings, VGG16) == ["vgg16_notop.weights.h5"]
    assert list_files(settings, MOBILENET) == ["mobilenetv2_notop.weights.h5"]
    assert list_files(settings, find_backbone("vanilla")) == []


def changed(own_weights, tmp_path, change):
    path = tmp_path / "changed.weights.h5"
    path.write_bytes((own_weights / "mobilenetv2_notop.weights.h5").read_bytes())
    with h5py.File(path, "a") as file:
        change(file)
    return path


def test_one_array_of_another_shape_is_named(own_weights, tmp_path):
    def change(file):
        del file["layers/conv2d_1/vars/0"]
        file["layers/conv2d_1/vars/0"] = np.zeros((1, 1, 32, 24), "float32")

    with pytest.raises(WeightsMismatch, match=r"layer 7 \(expanded_conv_project\) holds 1 × 1 × 32 × 16 numbers"):
        require_fit(changed(own_weights, tmp_path, change), MOBILENET)


def test_a_file_with_a_classification_layer_is_refused(own_weights, tmp_path):
    def change(file):
        file["layers/dense/vars/0"] = np.zeros((1280, 1000), "float32")

    with pytest.raises(WeightsMismatch, match="it holds 105 layers with weights, the backbone has 104"):
        require_fit(changed(own_weights, tmp_path, change), MOBILENET)


def test_layers_inside_a_layer_are_looked_at_too(own_weights, tmp_path):
    path = tmp_path / "changed.weights.h5"
    path.write_bytes((own_weights / CONVNEXT.weights_file).read_bytes())
    require_fit(path, CONVNEXT)
    with h5py.File(path, "a") as file:
        del file["layers/sequential_1/layers/conv2d/vars/1"]
    with pytest.raises(WeightsMismatch, match=r"nothing for layer 24 \(convnext_tiny_downsampling_block_0\)"):
        require_fit(path, CONVNEXT)


@pytest.mark.parametrize("backbone", [EFFICIENTNET, CONVNEXT, VGG16, MOBILENET])
def test_weights_of_another_network_are_called_by_its_name(own_weights, backbone):
    for other in (find_backbone("efficientnetb1"), find_backbone("convnextlarge"), find_backbone("xception")):
        with pytest.raises(WeightsMismatch, match=f"it holds the weights of {backbone.title}"):
            require_fit(own_weights / backbone.weights_file, other)


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/layers/conv2d_1/vars/0")])
def test_a_file_that_points_elsewhere_is_refused(own_weights, tmp_path, link):
    def change(file):
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = link

    with pytest.raises(WeightsMismatch, match="links"):
        require_fit(changed(own_weights, tmp_path, change), MOBILENET)


def test_a_file_whose_numbers_lie_in_another_file_is_refused(own_weights, tmp_path):
    def change(file):
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars"].create_dataset(
            "0", (3, 3, 3, 32), "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
        )

    with pytest.raises(WeightsMismatch, match="nothing for layer 1"):
        require_fit(changed(own_weights, tmp_path, change), MOBILENET)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + bytes(50)])
def test_a_file_that_is_no_weights_file_is_refused(tmp_path, content):
    path = tmp_path / "x.weights.h5"
    path.write_bytes(content)
    with pytest.raises(WeightsMismatch, match="can't be read as a Keras weights file"):
        require_fit(path, VGG16)
