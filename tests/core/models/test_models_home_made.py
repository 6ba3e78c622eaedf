"""Home-made networks: what their blocks say without Keras is what Keras builds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import NetworkTooLarge, ShrinksAway
from core.models import DESIGNS, backbone_of, blocks, check, find_backbone
from core.models import home_made as planned
from core.models.backbones import home_made
from core.models.tables import bare, layer_table
from core.records import HOME_MADE, ConvBlock, Head, HomeMade, Phase, RunSpec

BLOCKS = st.builds(
    ConvBlock,
    kind=st.sampled_from(["convolutions", "inception"]),
    convolutions=st.integers(1, 3),
    filters=st.sampled_from([16, 32, 48]),
    kernel=st.integers(1, 5),
    batch_normalization=st.sampled_from([None, "before", "after"]),
    skip=st.booleans(),
    pooling=st.sampled_from([None, "max", "average"]),
    dropout=st.sampled_from([0, 0.25]),
)
NETWORKS = st.builds(HomeMade, blocks=st.lists(BLOCKS, min_size=1, max_size=4).map(tuple))


def spec_of(network: HomeMade, **fields) -> RunSpec:
    phases = fields.pop("phases", (Phase(),))
    return RunSpec(dataset="d", split="s", backbone=HOME_MADE, network=network, phases=phases, **fields)


@settings(max_examples=20, deadline=None)
@given(NETWORKS, st.sampled_from([32, 47]))
def test_layers_are_those_that_keras_builds_in_its_order(network, size):
    from core.models.freezing import crossing_counts

    with bare():
        model = planned.construct(network, size, "network")
    ours = planned.layers(network)
    assert [layer.name for layer in ours[1:]] == [layer.name for layer in model.layers[1:]]
    assert [layer.type for layer in ours] == [type(layer).__name__ for layer in model.layers]
    assert [layer.shape(size) for layer in ours[1:]] == [tuple(layer.output.shape[1:]) for layer in model.layers[1:]]
    assert [layer.weights for layer in ours] == [tuple(tuple(w.shape) for w in layer.weights) for layer in model.layers]
    assert [layer.trainable for layer in ours] == [len(layer.trainable_weights) for layer in model.layers]
    assert planned.crossing_counts(ours) == crossing_counts(model)[1:]
    assert home_made(network).parameters == model.count_params()


@pytest.mark.parametrize("name", list(DESIGNS))
def test_a_ready_network_cut_in_two_answers_as_the_whole(name):
    from core.models.freezing import split_at

    model = planned.construct(DESIGNS[name].network, 32, name)
    photos = np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype("float32")
    whole = np.asarray(model(photos, training=False))
    narrow = [row.index + 1 for row in layer_table(home_made(DESIGNS[name].network)).layers if row.crossing == 1]
    assert narrow[-1] == len(model.layers)
    for k in narrow[1:-1]:
        prefix, suffix = split_at(model, k)
        np.testing.assert_array_equal(np.asarray(suffix(prefix(photos, training=False), training=False)), whole)


def test_the_vanilla_network_is_the_report_s():
    vanilla = find_backbone("vanilla")
    rows = layer_table(vanilla).layers
    assert (vanilla.layers, vanilla.parameters) == (len(rows), sum(row.params for row in rows)) == (10, 94784)
    assert [row.name for row in rows][:4] == ["input", "block1_conv", "block1_relu", "block1_pool"]
    assert [row.weights[0] for row in rows if row.weights] == [(5, 5, 3, 32), (3, 3, 32, 64), (3, 3, 64, 128)]
    assert layer_table("vanilla").output_size(95) == 11


def test_batch_normalisation_comes_before_or_after_the_activation():
    def types(where):
        block = ConvBlock(batch_normalization=where, skip=True, pooling=None, filters=3)
        return [layer.type for layer in planned.layers(HomeMade(blocks=(block,)))]

    assert types("before") == ["InputLayer", "Conv2D", "BatchNormalization", "Add", "Activation"]
    assert types("after") == ["InputLayer", "Conv2D", "Add", "Activation", "BatchNormalization"]


def test_an_inception_module_gives_as_many_channels_as_it_has_filters():
    network = HomeMade(blocks=(ConvBlock(kind="inception", filters=64, pooling=None),))
    assert planned.layers(network)[-1].channels == 64
    with pytest.raises(ValidationError, match="sixteenths"):
        ConvBlock(kind="inception", filters=40)


def test_the_largest_network_that_may_be_asked_for_can_be_built():
    deep = ConvBlock(kind="inception", filters=16, convolutions=8, batch_normalization="before", pooling=None)
    network = HomeMade(blocks=(deep,) * 12)
    with bare():
        assert len(planned.construct(network, 8, "deep").layers) == home_made(network).layers
    with pytest.raises(ValidationError, match="at most 96"):
        HomeMade(blocks=(deep,) * 13)


def test_names_do_not_count_and_blocks_do(no_weights):
    network = DESIGNS["skips"].network
    renamed, other = (
        network.model_copy(update={"name": "mine"}),
        network.model_copy(update={"blocks": network.blocks[:3]}),
    )
    assert spec_of(network).id == spec_of(renamed).id != spec_of(other).id
    assert home_made(network).key == home_made(renamed).key != home_made(other).key
    assert backbone_of(spec_of(renamed)).title == "mine"
    assert [block.name for block in blocks(home_made(network))] == ["input", *(f"block {n}" for n in range(1, 5))]


def test_a_network_goes_with_the_home_made_backbone_alone():
    for fields in ({"backbone": HOME_MADE}, {"backbone": "vgg16", "network": DESIGNS["skips"].network}):
        with pytest.raises(ValidationError, match="goes with the backbone"):
            RunSpec(dataset="d", split="s", phases=(Phase(),), **fields)


def test_a_network_that_pools_a_photo_away_is_refused(no_weights):
    network = HomeMade(name="Deep", blocks=(ConvBlock(filters=8),) * 6 + (ConvBlock(filters=8, pooling=None),))
    assert check(no_weights, spec_of(network, input_size=64), 3).network == network
    with pytest.raises(
        ShrinksAway, match=r"Deep would shrink photos of 63 px.*6 poolings, the last in block 6, need 64"
    ):
        check(no_weights, spec_of(network, input_size=63), 3)


def test_a_head_of_a_thousand_million_weights_is_refused(no_weights):
    wide = Head(pooling="flatten", dense=(8192, 8192))
    with pytest.raises(NetworkTooLarge, match=r"would have [\d,]+ million weights.*500 million may be"):
        check(no_weights, spec_of(DESIGNS["vanilla"].network, input_size=512, head=wide), 3)
    check(no_weights, spec_of(DESIGNS["vanilla"].network, input_size=512), 3)


@pytest.mark.parametrize("name", ["skips", "googlenet"])
def test_a_home_made_network_trains_and_its_weights_come_back(name, no_weights, tmp_path):
    from core.models.network import build

    design = DESIGNS[name]
    spec = spec_of(design.network, input_size=32, head=design.head)
    network = build(no_weights, spec, 3)
    model = network.for_phase(spec.phases[0]).full
    photos = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype("float32")
    model.compile("adam", "categorical_crossentropy", run_eagerly=True)  # tracing would take most of the time
    model.fit(photos, np.eye(3)[np.arange(8) % 3], epochs=2, verbose=0)
    answers = model(photos, training=False)
    other = build(no_weights, spec, 3)
    other.load_trained(network.save_trained(tmp_path / "trained.weights.h5"))
    np.testing.assert_array_equal(other.for_phase(spec.phases[0]).full(photos, training=False), answers)
