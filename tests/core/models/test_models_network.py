import random

import numpy as np
import pytest

from core.errors import WeightsMismatch, WeightsNotFound
from core.models import check, twins
from core.models.network import build
from core.records import Head, Phase

# ConvNeXt's layer 127 lies in its last block, EfficientNet's 229 in the last attention: both cut off before.
CASES = [("mobilenetv2", "all"), ("mobilenetv2", 130), ("vgg16", 11), ("efficientnetb0", 229), ("convnexttiny", 127)]


def weights_of(layers):
    return [weight.numpy() for layer in layers for weight in layer.weights]


def assert_equal(ones, others):
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)


def fit(model, photos, labels, epochs=1, eager=True):
    model.compile("adam", "categorical_crossentropy", run_eagerly=eager)
    model.fit(photos, labels, batch_size=3, epochs=epochs, verbose=0, shuffle=False)


@pytest.mark.parametrize(
    ("backbone", "k"),
    [*CASES[:-1], pytest.param(*CASES[-1], marks=[pytest.mark.proof, pytest.mark.timeout(3600)])],
)
def test_frozen_weights_and_statistics_are_bit_identical_after_fit_save_and_load(
    settings, plan, photos, tmp_path, backbone, k
):
    spec = check(settings, plan(backbone, k, weights="imagenet", head=Head(dense=(8,))), 3)
    network = build(settings, spec, 3)
    model = network.for_phase(spec.phases[0])
    number = len(network.backbone.layers) if k == "all" else k
    before, fingerprint = weights_of(network.backbone.layers[:number]), network.frozen_fingerprint(k)
    statistics = weights_of([layer for layer in network.backbone.layers if "Batch" in type(layer).__name__])
    fit(model.full, *photos())
    assert_equal(before, weights_of(network.backbone.layers[:number]))
    assert network.frozen_fingerprint(k) == fingerprint
    # Thawed BatchNormalization of a pre-trained backbone stays as well.
    assert_equal(statistics, weights_of([e for e in network.backbone.layers if "Batch" in type(e).__name__]))
    again = build(settings, spec, 3)
    again.load_trained(network.save_trained(tmp_path / "trained.weights.h5"))
    assert_equal(weights_of(network.backbone.layers), weights_of(again.backbone.layers))
    assert_equal(weights_of(network.model.layers), weights_of(again.model.layers))
    x, _ = photos()
    np.testing.assert_array_equal(network.model(x, training=False), again.model(x, training=False))


def test_frozen_weights_stay_in_a_compiled_graph_too(settings, plan, photos):
    spec = check(settings, plan("mobilenetv2", 145, weights="imagenet"), 3)
    network = build(settings, spec, 3)
    fingerprint = network.frozen_fingerprint(145)
    thawed = weights_of(network.backbone.layers[145:])
    fit(network.for_phase(spec.phases[0]).full, *photos(), eager=False)
    assert network.frozen_fingerprint(145) == fingerprint
    assert any((one != new).any() for one, new in zip(thawed, weights_of(network.backbone.layers[145:]), strict=True))


@pytest.mark.parametrize(("backbone", "k"), [*CASES, ("vgg16", 1), ("xception", 120)])
def test_full_is_suffix_of_prefix_and_the_whole_network(settings, plan, photos, backbone, k):
    size, weights = (71, None) if backbone == "xception" else (32, "imagenet")
    network = build(settings, plan(backbone, k, weights=weights, size=size), 3)
    model = network.for_phase(network.spec.phases[0])
    x, _ = photos(2, size)
    kept = x if model.prefix is None else model.prefix(x, training=False)
    expected = network.model(x, training=False)
    np.testing.assert_array_equal(model.suffix(kept, training=False), expected)
    np.testing.assert_array_equal(model.full(x, training=False), expected)
    assert model.full.trainable_variables == model.suffix.trainable_variables
    assert (model.prefix is None) == (model.cut == 0)
    assert model.prefix is None or not model.prefix.trainable_variables


def test_an_all_frozen_efficientnet_answers_alike_at_each_training_call(settings, plan, photos):
    """Seen: called as it is, its dropout at the shortcuts drops whole photos."""
    spec = check(settings, plan("efficientnetb0", "all", weights="imagenet", head=Head(dropout=0)), 3)
    network = build(settings, spec, 3)
    x, _ = photos()
    bare = [network.backbone(x, training=True).numpy() for _ in range(2)]
    assert (bare[0] != bare[1]).any()
    expected = network.model(x, training=False).numpy()
    full = network.for_phase(spec.phases[0]).full
    for _ in range(2):
        np.testing.assert_array_equal(full(x, training=True), expected)


def test_weights_taken_over_or_read_bring_the_scaling_of_the_pixels_with_them(settings, plan, photos, tmp_path):
    one = build(settings, plan("efficientnetb0", weights="imagenet"), 3)
    other, third = (build(settings, plan("efficientnetb0"), 3) for _ in range(2))
    x, _ = photos(2)
    expected = one.model(x, training=False).numpy()
    other.take_over(one)
    np.testing.assert_array_equal(other.model(x, training=False), expected)
    third.load_trained(other.save_trained(tmp_path / "trained.weights.h5"))
    np.testing.assert_array_equal(third.model(x, training=False), expected)


def test_twins_with_a_dropout_between_them_are_one_network(settings, plan, photos):
    spec = check(settings, plan("efficientnetb0", 0, weights="imagenet"), 3)
    network = build(settings, spec, 3)
    names = [layer.name for layer in network.backbone.layers]
    dropout, adding = names.index("block6d_drop"), names.index("block6d_add")
    group = next(group for group in twins("efficientnetb0") if dropout in group)
    assert {dropout, dropout + 1, adding + 1} <= set(group)
    x, _ = photos()
    answers = []
    for k in (dropout, dropout + 1, adding + 1):
        network.seed_dropout(1)
        answers.append(network.for_phase(Phase(frozen=k)).full(x, training=True).numpy())
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


def test_stochastic_depth_of_the_thawed_part_is_drawn_by_epoch(settings, plan, photos):
    spec = check(settings, plan("efficientnetb0", 1, weights="imagenet"), 3)
    network = build(settings, spec, 3)
    full = network.for_phase(spec.phases[0]).full
    x, _ = photos()

    def answer(epoch):
        network.seed_dropout(epoch)
        return full(x, training=True).numpy()

    first, second, again = answer(1), answer(2), answer(1)
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


def test_dropout_inside_a_layer_made_of_layers_is_seeded_too(settings, plan):
    import keras

    network = build(settings, plan(), 3)
    nested = keras.Sequential([keras.layers.Dropout(0.5), keras.Sequential([keras.layers.Dropout(0.5)])])
    network.head.append(nested)
    states = []
    for epoch in (1, 2, 1):
        network.seed_dropout(epoch)
        drops = [nested.layers[0], nested.layers[1].layers[0]]
        states.append([drop.seed_generator.state.numpy().tolist() for drop in drops])
    assert states[0] == states[2] != states[1]
    assert states[0][0] != states[0][1]


def test_layers_made_of_layers_freeze_whole_and_count_in_the_fingerprint(settings, plan):
    spec = check(settings, plan("convnexttiny", 2, 3, weights="imagenet"), 3)
    network = build(settings, spec, 3)
    stem = network.backbone.layers[2]
    assert [type(layer).__name__ for layer in stem.layers] == ["Conv2D", "LayerNormalization"]
    thawed, frozen = (network.for_phase(phase).full.trainable_variables for phase in spec.phases)
    assert len(thawed) - len(frozen) == 4
    before = network.frozen_fingerprint(3)
    stem.layers[1].gamma.assign(stem.layers[1].gamma + 1)
    assert network.frozen_fingerprint(3) != before
    assert network.frozen_fingerprint(2) == network.frozen_fingerprint(0)


def test_batch_normalization_of_a_thawed_pretrained_backbone_moves_only_when_the_phase_says_so(settings, plan, photos):
    for moves in (False, True):
        spec = check(settings, plan("mobilenetv2", 150, weights="imagenet", batch_normalization=moves), 3)
        network = build(settings, spec, 3)
        layer = network.backbone.layers[152]
        assert type(layer).__name__ == "BatchNormalization"
        before = weights_of([layer])
        fit(network.for_phase(spec.phases[0]).full, *photos())
        changed = [bool((one != new).any()) for one, new in zip(before, weights_of([layer]), strict=True)]
        assert changed == [moves] * 4


def test_random_backbones_train_everything_batch_normalization_included(settings, plan):
    network = build(settings, plan("mobilenetv2", 0), 3)
    model = network.for_phase(network.spec.phases[0])
    trainable = sum(layer.count_params() for layer in network.backbone.layers if "Batch" not in type(layer).__name__)
    trainable += sum(layer.count_params() // 2 for layer in network.backbone.layers if "Batch" in type(layer).__name__)
    head = sum(layer.count_params() for layer in network.head if layer.trainable_weights)
    assert sum(int(np.prod(v.shape)) for v in model.full.trainable_variables) == trainable + head


def test_phases_follow_each_other_on_the_same_weights(settings, plan, photos):
    spec = check(settings, plan("mobilenetv2", "all", 145, "all", weights="imagenet"), 3)
    network = build(settings, spec, 3)
    counts = [len(network.for_phase(phase).full.trainable_variables) for phase in spec.phases]
    assert counts[0] == counts[2] < counts[1]
    x, _ = photos()
    expected = network.model(x, training=False)
    for phase in spec.phases:
        np.testing.assert_array_equal(network.for_phase(phase).full(x, training=False), expected)


def test_the_same_spec_gives_the_same_weights_and_another_seed_others(settings, plan):
    one, same, other = (build(settings, plan("mobilenetv2", seed=seed), 3) for seed in (1, 1, 2))
    assert_equal(weights_of(one.model.layers), weights_of(same.model.layers))
    assert (one.head[-1].weights[0].numpy() != other.head[-1].weights[0].numpy()).any()


def test_building_leaves_the_processs_random_state_as_it_was(settings, plan):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    build(settings, plan(), 3)
    assert random.random() == expected


def test_the_same_spec_trains_to_the_same_weights_dropout_included(settings, plan, photos):
    results = []
    for _ in range(2):
        network = build(settings, plan(head=Head(pooling="flatten", dense=(16,))), 3)
        network.seed_dropout(1)
        fit(network.for_phase(network.spec.phases[0]).full, *photos(12), epochs=2)
        results.append(weights_of(network.model.layers))
    assert_equal(*results)


def test_twin_cuts_train_to_the_same_weights(settings, plan, photos):
    assert (2, 3, 4) in twins("vanilla", True)
    results = []
    for k in (2, 3, 4):
        network = build(settings, plan("vanilla", k), 3)
        fit(network.for_phase(network.spec.phases[0]).full, *photos(), epochs=2)
        results.append(weights_of(network.model.layers))
    assert_equal(results[0], results[1])
    assert_equal(results[0], results[2])


def test_dropout_draws_depend_on_the_epoch_and_repeat_with_it(settings, plan, photos):
    network = build(settings, plan(head=Head(dense=(64,))), 3)
    x, _ = photos()

    def answer(epoch):
        network.seed_dropout(epoch)
        return network.model(x, training=True).numpy()

    first, second, again = answer(1), answer(2), answer(1)
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


def test_a_run_that_trained_the_head_alone_stores_the_head_alone(settings, plan, tmp_path):
    spec = check(settings, plan("vgg16", "all", weights="imagenet", head=Head(dense=(16,))), 3)
    path = build(settings, spec, 3).save_trained(tmp_path / "head.weights.h5")
    assert path.stat().st_size < 100_000
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_a_random_network_stores_its_frozen_layers_too(settings, plan, tmp_path):
    network = build(settings, plan("vanilla", "all"), 3)
    network.backbone.layers[1].weights[0].assign(np.full(network.backbone.layers[1].weights[0].shape, 0.25))
    path = network.save_trained(tmp_path / "x.weights.h5")
    again = build(settings, network.spec, 3)
    again.load_trained(path)
    assert_equal(weights_of(network.backbone.layers), weights_of(again.backbone.layers))


def test_a_checkpoint_brings_the_optimizers_state_back(settings, plan, photos, tmp_path):
    def resume(save):
        network = build(settings, plan(), 3)
        model = network.for_phase(network.spec.phases[0]).full
        model.compile("adam", "categorical_crossentropy", run_eagerly=True)
        model.optimizer.build(model.trainable_variables)
        x, y = photos()
        network.seed_dropout(1)
        if save:
            model.fit(x, y, verbose=0, shuffle=False)
            network.save_trained(tmp_path / "c.weights.h5", model.optimizer)
        else:
            network.load_trained(tmp_path / "c.weights.h5", model.optimizer)
        network.seed_dropout(2)
        model.fit(x, y, verbose=0, shuffle=False)
        return weights_of(network.model.layers)

    assert_equal(resume(save=True), resume(save=False))


def test_trained_weights_of_another_network_are_refused_and_change_nothing(settings, plan, tmp_path):
    path = build(settings, plan(head=Head(dense=(4,))), 3).save_trained(tmp_path / "a.weights.h5")
    network = build(settings, plan(head=Head(dense=(5,))), 3)
    before = weights_of(network.model.layers)
    with pytest.raises(WeightsMismatch, match="shape"):
        network.load_trained(path)
    with pytest.raises(WeightsMismatch, match="not trained from this plan"):
        build(settings, plan(), 4).load_trained(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsMismatch, match="can't be read"):
        network.load_trained(path)
    with pytest.raises(WeightsMismatch, match="can't be read"):
        network.load_trained(tmp_path / "missing.weights.h5")
    assert_equal(before, weights_of(network.model.layers))


def test_building_without_the_kept_weights_says_where_they_should_be(settings, plan):
    spec = plan("vgg16", "all").model_copy(update={"weights": "imagenet", "weights_hash": "0" * 64})
    with pytest.raises(WeightsNotFound, match=str(settings.frozen_weights)):
        build(settings, spec, 3)


def test_loaded_weights_are_those_of_the_file(settings, plan, own_weights):
    import h5py

    network = build(settings, plan("vgg16", weights="vgg16_notop.weights.h5"), 3)
    with h5py.File(own_weights / "vgg16_notop.weights.h5") as file:
        np.testing.assert_array_equal(network.backbone.layers[1].weights[0], file["layers/conv2d/vars/0"])


WIDE = Head(pooling="flatten", dense=(7, 5), batch_normalization=True)


@pytest.mark.parametrize(
    ("backbone", "weights", "head"),
    [("vanilla", None, Head()), ("vanilla", None, Head(dense=())), ("mobilenetv2", "imagenet", WIDE)],
)
def test_the_share_that_trains_is_counted_as_keras_does(settings, plan, backbone, weights, head):
    network = build(settings, plan(backbone, weights=weights, size=40, head=head), 3)
    total = sum(layer.params for layer in network.describe())
    for k in (0, 3, 7, "all"):
        model = network.for_phase(Phase(frozen=k)).full
        moving = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
        assert network.trainable_share(k) == moving / total


def test_the_description_goes_through_backbone_and_head(settings, plan):
    network = build(settings, plan(head=Head(pooling="flatten", dense=(128,))), 3)
    layers = network.describe()
    assert [layer.index for layer in layers] == list(range(14))
    assert [layer.name for layer in layers[:4]] == ["input", "block1_conv", "block1_relu", "block1_pool"]
    assert layers[9].shape == (4, 4, 128)
    assert [layer.type for layer in layers[10:]] == ["Flatten", "Dense", "Dropout", "Dense"]
    assert layers[11].params == (4 * 4 * 128 + 1) * 128
