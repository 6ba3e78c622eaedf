from dataclasses import replace

import pytest

from core.errors import (
    BadSpec,
    InputTooSmall,
    TooManyFrozen,
    UnknownBackbone,
    WeightsMismatch,
    WeightsNotFound,
)
from core.models import check


def test_a_checked_spec_has_the_registry_name_and_the_hash_of_its_weights(settings, plan):
    spec = check(settings, plan("VGG-16", weights="imagenet"), 3)
    assert spec.backbone == "vgg16"
    assert len(spec.weights_hash) == 64
    assert (settings.frozen_weights / f"{spec.weights_hash}.weights.h5").is_file()


def test_the_same_weights_by_name_or_as_imagenet_are_the_same_training(settings, plan):
    by_name = check(settings, plan("vgg16", weights="vgg16_notop.weights.h5"), 3)
    assert by_name.id == check(settings, plan("vgg16", weights="imagenet"), 3).id
    assert by_name.id != check(settings, plan("vgg16"), 3).id


def test_checking_twice_changes_nothing(settings, plan):
    spec = check(settings, plan("mobilenetv2", weights="imagenet"), 3)
    assert check(settings, spec, 3) == spec


def test_no_weights_are_no_weights_however_it_is_said(settings, plan):
    spec = plan("vgg16").model_copy(update={"weights": "none", "weights_hash": "0" * 64})
    assert check(settings, spec, 3).weights is None
    assert check(settings, spec, 3).weights_hash is None


@pytest.mark.parametrize(
    ("change", "classes", "error", "sentence"),
    [
        ({"backbone": "resnet"}, 3, UnknownBackbone, "no backbone resnet"),
        ({"input_size": 31}, 3, InputTooSmall, "VGG16 needs photos of at least 32 px. Received: 31 px"),
        ({}, 1, BadSpec, "at least two classes"),
        ({"weights": "../vgg16_notop.weights.h5"}, 3, WeightsNotFound, "is not in"),
        ({"weights": "/etc/passwd"}, 3, WeightsNotFound, "is not in"),
        ({"weights": "missing.h5"}, 3, WeightsNotFound, "missing.h5 is not in"),
        ({"weights": "mobilenetv2_notop.weights.h5"}, 3, WeightsMismatch, "holds the weights of MobileNetV2"),
        ({"backbone": "vanilla", "weights": "imagenet"}, 3, BadSpec, "Vanilla CNN has no pre-trained weights"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(settings, plan, change, classes, error, sentence):
    with pytest.raises(error, match=sentence):
        check(settings, plan("vgg16").model_copy(update=change), classes)


def test_more_frozen_layers_than_there_are_name_phase_and_limit(settings, plan):
    with pytest.raises(TooManyFrozen, match="Phase 2 freezes the first 20 layers, but VGG16 has 19"):
        check(settings, plan("vgg16", 19, 20), 3)


def test_every_layer_may_be_frozen(settings, plan):
    assert check(settings, plan("vgg16", 19, "all", 0), 3).phases[0].frozen == 19


def test_a_spec_that_names_a_hash_gets_those_weights_or_an_error(settings, plan):
    spec = check(settings, plan("vgg16", weights="vgg16_notop.weights.h5"), 3)
    assert check(replace(settings, weights=None), spec, 3) == spec  # the kept copy serves
    with pytest.raises(BadSpec, match="leave weights_hash out"):
        check(settings, spec.model_copy(update={"weights_hash": "0" * 64}), 3)
    with pytest.raises(WeightsNotFound):
        check(replace(settings, weights=None), spec.model_copy(update={"weights_hash": "0" * 64}), 3)
    with pytest.raises(BadSpec, match="64 hexadecimal digits"):
        check(replace(settings, weights=None), spec.model_copy(update={"weights_hash": "../../x"}), 3)
