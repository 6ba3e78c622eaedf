"""A run that starts from another run's weights."""

import numpy as np
import pytest

from core.errors import WeightsChanged, WeightsNotFound
from core.models import check, is_run_id, keep_run
from core.models.earlier import kept_run
from core.models.network import build
from core.records import Head

RUN = "0123456789abcdef" * 2


@pytest.fixture
def finished(no_weights, plan, tmp_path):
    """(settings, spec, file) of a run that moved every weight a little."""
    spec = plan("vanilla", 0, head=Head(dense=(8,)))
    network = build(no_weights, spec, 3)
    rng = np.random.default_rng(4)
    for layer in [*network.backbone.layers, *network.head]:
        for variable in layer.weights:
            variable.assign(variable + rng.normal(0, 0.1, variable.shape))
    return no_weights, spec, network.save_trained(tmp_path / "run" / "trained.weights.h5"), network


def weights_of(layers):
    return [weight.numpy() for layer in layers for weight in layer.weights]


def test_only_a_whole_run_id_names_a_run():
    assert is_run_id(RUN)
    assert not any(map(is_run_id, (None, "", "imagenet", RUN[:8], "x.weights.h5")))


def test_what_a_run_trained_is_kept_once_by_content_and_found_again(finished):
    settings, spec, file, _ = finished
    sha256 = keep_run(settings, spec, file)
    assert keep_run(settings, spec, file) == sha256
    assert len(sha256) == 64
    kept, path = kept_run(settings, sha256)
    assert kept == spec
    assert path.read_bytes() == file.read_bytes()
    assert keep_run(settings, spec.model_copy(update={"seed": 8}), file) != sha256
    assert kept_run(settings, "0" * 64) is None
    assert not list(settings.frozen_weights.glob("*.part"))


def test_a_network_starts_from_the_backbone_and_head_of_the_run(finished, plan):
    settings, spec, file, network = finished
    start = spec.model_copy(update={"weights": RUN, "weights_hash": keep_run(settings, spec, file), "seed": 9})
    file.unlink()  # the run itself may be deleted
    built = build(settings, check(settings, start, 3), 3)
    for own, theirs in zip(weights_of(built.backbone.layers), weights_of(network.backbone.layers), strict=True):
        np.testing.assert_array_equal(own, theirs)
    for own, theirs in zip(weights_of(built.head), weights_of(network.head), strict=True):
        np.testing.assert_array_equal(own, theirs)
    assert built.pretrained


def test_another_head_starts_anew_on_the_backbone_of_the_run(finished):
    settings, spec, file, network = finished
    start = spec.model_copy(
        update={"weights": RUN, "weights_hash": keep_run(settings, spec, file), "head": Head(dense=(4,))}
    )
    built = build(settings, start, 3)
    np.testing.assert_array_equal(weights_of(built.backbone.layers)[0], weights_of(network.backbone.layers)[0])
    assert weights_of(built.head)[0].shape[-1] == 4


def test_a_run_can_start_from_one_that_started_from_another(finished, tmp_path):
    settings, spec, file, network = finished
    second = spec.model_copy(update={"weights": RUN, "weights_hash": keep_run(settings, spec, file)})
    later = build(settings, second, 3)
    saved = later.save_trained(tmp_path / "second.weights.h5")
    third = spec.model_copy(update={"weights": RUN[::-1], "weights_hash": keep_run(settings, second, saved)})
    for own, theirs in zip(
        weights_of(build(settings, third, 3).backbone.layers), weights_of(network.backbone.layers), strict=True
    ):
        np.testing.assert_array_equal(own, theirs)


def test_a_run_that_was_never_kept_is_refused_and_a_damaged_one_says_so(finished):
    settings, spec, file, _ = finished
    with pytest.raises(WeightsNotFound, match="01234567"):
        check(settings, spec.model_copy(update={"weights": RUN}), 3)
    sha256 = keep_run(settings, spec, file)
    _, path = kept_run(settings, sha256)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsChanged):
        build(settings, spec.model_copy(update={"weights": RUN, "weights_hash": sha256}), 3)
    (path.parent / "spec.json").write_text("{")
    with pytest.raises(WeightsNotFound, match="earlier run"):
        kept_run(settings, sha256)
