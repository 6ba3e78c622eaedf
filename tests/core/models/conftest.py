"""A THAW_WEIGHTS folder with weights of our own, so that no test needs real ones."""

from pathlib import Path

import numpy as np
import pytest

from core.models import find_backbone
from core.records import Phase, RunSpec
from core.settings import Settings


@pytest.fixture
def shared_weights() -> Path:
    """Folder of real pre-trained weights; the test is skipped where there is none."""
    folder = Path(__file__).parents[4] / "shared" / "weights"
    if not folder.is_dir():
        pytest.skip("the real weights of ../shared are not here")
    return folder


@pytest.fixture(scope="session")
def own_weights(tmp_path_factory, stir) -> Path:
    """Folder with MobileNetV2's and VGG16's weights files: random, with uneven normalisation statistics."""
    from core.models.applications import construct

    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(0)
    for name, size in (("mobilenetv2", 32), ("vgg16", 32)):
        backbone = find_backbone(name)
        model = construct(backbone, size)
        stir(model, rng)
        model.save_weights(folder / backbone.weights_file)
    return folder


@pytest.fixture(scope="session")
def stir():
    """Function: give every BatchNormalization of a model statistics of its own.

    Fresh ones would let inference and training agree.
    """

    def change(model, rng) -> None:
        for layer in model.layers:
            if type(layer).__name__ == "BatchNormalization":
                ranges = ((0.5, 1.5), (-0.5, 0.5), (-0.5, 0.5), (0.5, 2.0))  # gamma, beta, mean, variance
                for variable, (low, high) in zip(layer.weights, ranges, strict=True):
                    variable.assign(rng.uniform(low, high, variable.shape))

    return change


@pytest.fixture
def settings(tmp_path, own_weights) -> Settings:
    return Settings(home=tmp_path, weights=own_weights, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


@pytest.fixture
def no_weights(tmp_path) -> Settings:
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


@pytest.fixture
def plan():
    """Function: RunSpec of a backbone with phases that freeze the given numbers of layers."""

    def make(backbone="vanilla", *frozen, weights=None, size=32, batch_normalization=False, **fields) -> RunSpec:
        phases = tuple(Phase(frozen=k, train_batch_normalization=batch_normalization) for k in frozen or (0,))
        return RunSpec(
            dataset="d", split="s", backbone=backbone, weights=weights, input_size=size, phases=phases, **fields
        )

    return make


@pytest.fixture
def photos():
    """Function: (photos float32 (n, size, size, 3) in 0..255, one-hot labels float32 (n, classes))."""

    def make(n=6, size=32, classes=3):
        rng = np.random.default_rng(1)
        labels = np.eye(classes, dtype="float32")[rng.integers(0, classes, n)]
        return rng.integers(0, 256, (n, size, size, 3)).astype("float32"), labels

    return make
