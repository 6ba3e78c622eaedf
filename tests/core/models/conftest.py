"""A THAW_WEIGHTS folder with weights of our own, so that no test needs real ones; and what `make proofs` adds."""

from pathlib import Path

import numpy as np
import pytest

from core.models import find_backbone
from core.records import Phase, RunSpec
from core.settings import Settings


def pytest_collection_modifyitems(config, items):
    """The proofs of the large backbones take long: they run where `-m` asks for them, never otherwise."""
    if "proof" not in config.option.markexpr:
        proofs = [item for item in items if item.get_closest_marker("proof")]
        config.hook.pytest_deselected(items=proofs)
        items[:] = [item for item in items if item not in proofs]


@pytest.fixture
def shared_weights() -> Path:
    """Folder of real pre-trained weights; the test is skipped where there is none."""
    folder = Path(__file__).parents[4] / "shared" / "weights"
    if not folder.is_dir():
        pytest.skip("the real weights of ../shared are not here")
    return folder


@pytest.fixture(scope="session")
def own_weights(tmp_path_factory, stir) -> Path:
    """Folder with weights files of four backbones: random, with uneven normalisation statistics."""
    from core.models.applications import construct

    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(0)
    for name in ("mobilenetv2", "vgg16", "efficientnetb0", "convnexttiny"):
        backbone = find_backbone(name)
        model = construct(backbone, 32)
        stir(model, rng)
        model.save_weights(folder / backbone.weights_file)
    return folder


@pytest.fixture(scope="session")
def stir():
    """Function: give every normalisation of a model statistics of its own, and every scale of a layer another value.

    With fresh ones inference and training would agree, and ConvNeXt's blocks would add next to nothing.
    """
    ranges = {  # by the variable's name; LayerScale has not named its own
        "gamma": (0.5, 1.5),
        "beta": (-0.5, 0.5),
        "moving_mean": (-0.5, 0.5),
        "moving_variance": (0.5, 2.0),
        "mean": (0.2, 0.6),
        "variance": (0.5, 2.0),
    }
    kinds = ("BatchNormalization", "LayerNormalization", "Normalization", "LayerScale")

    def change(model, rng) -> None:
        for layer in model.layers:
            change(layer, rng) if hasattr(layer, "layers") else None
            if type(layer).__name__ in kinds:
                for variable in layer.weights:
                    if variable.name != "count":
                        low, high = ranges.get(variable.name, (0.5, 1.5))
                        variable.assign(rng.uniform(low, high, variable.shape))
                if hasattr(layer, "finalize_state"):
                    layer.finalize_state()

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
