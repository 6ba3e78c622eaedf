import re
from functools import cache

import keras
import numpy as np
import pytest

from core.models import BACKBONES, find_backbone, twins
from core.models.applications import construct
from core.models.freezing import FrozenPrefix, _crossing, crossing_counts, cuts, section, set_trainable, split_at
from core.models.tables import bare, layer_table

# Every cut of these is proved in every run; of the smallest of each other family every eighth. `make proofs` proves all
# cuts of all: they have the same building blocks, the same pattern of cuts (below) and the table test.
PROVED = ("vanilla", "mobilenetv2", "vgg16", "xception")
SAMPLED = ("mobilenetv3small", "convnexttiny", "efficientnetb0", "efficientnetv2b0", "densenet121", "inceptionv3")
SAMPLED += ("resnet50v2",)
SLOW = [pytest.mark.proof, pytest.mark.timeout(3600)]
LARGE = [pytest.param(name, marks=SLOW) for name in BACKBONES if name not in PROVED]


@pytest.fixture(scope="module")
def model_of(stir):
    """Function: (backbone with random weights, two photos, its answer)."""

    @cache
    def make(name):
        backbone = find_backbone(name)
        model = construct(backbone, max(backbone.minimum, 32))
        stir(model, np.random.default_rng(0))
        low, high = (0, 255) if backbone.preprocessing == "none" else (-1, 1)
        photos = np.random.default_rng(1).uniform(low, high, (2, *model.input_shape[1:])).astype("float32")
        return model, photos, model(photos, training=False).numpy()

    return make


@pytest.mark.parametrize("name", [*PROVED, *LARGE])
def test_suffix_of_prefix_is_the_model_at_every_cut_offered(model_of, name):
    model, photos, expected = model_of(name)
    assert expected.std() > 0
    offered = [row.index + 1 for row in layer_table(name).layers if row.crossing == 1]
    assert cuts(model) == offered
    prove(model, photos, expected, offered)


@pytest.mark.parametrize("name", SAMPLED)
def test_suffix_of_prefix_is_the_model_at_cuts_all_along_it(model_of, name):
    model, photos, expected = model_of(name)
    assert expected.std() > 0
    prove(model, photos, expected, [*cuts(model)[::8], len(model.layers)])


def prove(model, photos, expected, ks):
    for k in ks:
        prefix, suffix = split_at(model, k)
        answer = prefix(photos, training=False)
        answer = suffix(answer, training=False) if suffix else answer
        np.testing.assert_array_equal(answer, expected, err_msg=f"k = {k}")


@pytest.mark.parametrize(("name", "ks"), [("mobilenetv2", (19, 26, 130)), ("xception", (9, 13, 14, 120))])
def test_suffix_of_prefix_is_the_model_where_several_tensors_cross(model_of, name, ks):
    model, photos, expected = model_of(name)
    for k in ks:
        assert crossing_counts(model)[k] > 1
        prefix, suffix = split_at(model, k)
        np.testing.assert_array_equal(suffix(prefix(photos, training=False), training=False), expected)


@pytest.mark.parametrize("name", ["vanilla", "mobilenetv3small", "densenet121", "inceptionv3", "convnexttiny"])
def test_tensors_are_counted_as_they_are_cut(name):
    with bare():
        model = construct(BACKBONES[name], 96)
    assert crossing_counts(model) == [len(_crossing(model, k)) for k in range(len(model.layers) + 1)]


def test_xception_is_narrow_between_its_blocks_only():
    model = construct(BACKBONES["xception"], 71)
    assert cuts(model) == [*range(1, 8), *range(16, 127, 10), *range(127, 133)]


def test_convnext_is_narrow_between_its_blocks_only():
    """Its shortcut is added by no layer: a search by layers alone would offer cuts inside a block."""
    with bare():
        model = construct(BACKBONES["convnexttiny"], 32)
    last = {"identity", "stem", "normalization"}
    offered = [model.layers[k - 1].name for k in cuts(model)[1:-1]]
    assert {name.rsplit("_", 1)[-1] for name in offered if "downsampling_block" not in name} == last
    assert sum("identity" in name for name in offered) == 18


def test_cuts_are_not_shaken_by_another_model_that_shares_the_layers(model_of):
    model, photos, _ = model_of("vanilla")
    before = cuts(model)
    inputs = keras.Input((32, 32, 3))
    other = keras.Model(
        inputs,
        keras.layers.Add()([section(model, 0, 4)(inputs), model.layers[2](model.layers[1](inputs))[:, ::2, ::2]]),
    )
    other(photos)
    assert cuts(model) == before


def test_splitting_at_a_layer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="0 to 10"):
        split_at(construct(BACKBONES["vanilla"], 32), 11)


def test_all_families_are_proved_by_their_smallest_member():
    smallest = {}
    for name, backbone in BACKBONES.items():
        smallest.setdefault(backbone.family, name)
    assert set(smallest.values()) <= {*PROVED, *SAMPLED}


def roles(name) -> dict[tuple, set[bool]]:
    """(what a layer does in its block, whether the block adds a shortcut) -> whether a cut after it is offered."""
    rows = layer_table(name).layers
    parts = [re.fullmatch(r"(.*?(?:block_?\d*[a-z]?_|stage_\d+_block_\d+_))(.*)", row.name) for row in rows]
    adding = {part[1] for part in parts if part and part[2] == "add"}
    found: dict[tuple, set[bool]] = {}
    for row, part in zip(rows, parts, strict=True):
        key = (part[2] if part else re.sub(r"tiny|small|base|large|_\d+", "", row.name), part and part[1] in adding)
        found.setdefault(key, set()).add(row.crossing == 1)
    return found


@pytest.mark.parametrize("family", ["EfficientNet", "EfficientNetV2", "ConvNeXt"])
def test_the_larger_members_of_a_family_are_cut_where_the_smallest_is(family):
    smallest, *larger = [backbone.name for backbone in BACKBONES.values() if backbone.family == family]
    pattern = roles(smallest)
    assert larger
    for name in larger:
        found = roles(name)
        assert all(len(offered) == 1 for offered in found.values())
        shared = found.keys() & pattern.keys()
        assert {key: found[key] for key in shared} == {key: pattern[key] for key in shared}
        # EfficientNetV2 S and M begin with blocks that add a shortcut past a single convolution.
        assert {part for part, _ in found.keys() - shared} <= {"project_activation"}


def test_vgg_can_be_cut_everywhere():
    for name in ("vgg16", "vgg19"):
        assert all(row.crossing == 1 for row in layer_table(name).layers)


@pytest.mark.parametrize("name", [*PROVED, *SAMPLED])
@pytest.mark.parametrize("batch_normalization", [False, True])
def test_twins_are_exactly_the_cuts_that_leave_the_same_weights_trainable(name, batch_normalization):
    with bare():
        model = construct(BACKBONES[name], 96)
    by_weights: dict[tuple, list[int]] = {}
    for k in range(len(model.layers) + 1):
        set_trainable(model, k, batch_normalization)
        by_weights.setdefault(tuple(map(id, model.trainable_weights)), []).append(k)
    assert twins(name, batch_normalization) == [tuple(ks) for ks in by_weights.values()]


def test_vgg16_cut_before_and_after_a_pooling_layer_is_one_choice():
    assert (10, 11) in twins("vgg16")  # layers 0-9 end with block3_conv3, layer 10 is block3_pool
    assert layer_table("vgg16").layers[10].name == "block3_pool"
    assert (12,) in twins("vgg16")


def tiny():
    """Convolution, BatchNormalization and dropout: all that behaves otherwise in training."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.5, seed=1)(x)
    return keras.Model(inputs, x)


def classifier(inner):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(inner(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
    return model


def fit(model):
    rng = np.random.default_rng(0)
    model.fit(rng.uniform(0, 9, (8, 8, 8, 3)), np.eye(2)[[0, 1] * 4], epochs=1, verbose=0)


def test_seen_calling_a_backbone_with_training_false_does_not_survive_fit():
    backbone = tiny()
    backbone.layers[1].trainable = False
    before = [weight.numpy() for weight in backbone.non_trainable_weights]
    fit(classifier(lambda x: backbone(x, training=False)))
    after = [weight.numpy() for weight in backbone.non_trainable_weights]
    # If Keras ever keeps the argument, FrozenPrefix could go.
    assert any((one != other).any() for one, other in zip(before, after, strict=True))


def test_a_frozen_prefix_keeps_statistics_and_weights_and_never_drops():
    backbone = tiny()
    before = [weight.numpy() for weight in backbone.layers[2].weights]
    model = classifier(FrozenPrefix(backbone))
    fit(model)
    for one, other in zip(before, backbone.layers[2].weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(model.trainable_weights) == 2
    photos = np.random.default_rng(0).uniform(0, 9, (4, 8, 8, 3))
    np.testing.assert_array_equal(model(photos, training=True), model(photos, training=False))
