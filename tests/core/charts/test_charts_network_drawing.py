"""The drawing of a home-made network: its nodes and edges exactly, its DOT lightly."""

import pytest

from core.charts import network_drawing
from core.charts.colours import palette
from core.models import DESIGNS
from core.models.backbones import home_made
from core.models.home_made import layers
from core.models.thaw import head_parameters
from core.records import ConvBlock, Head, HomeMade


def info(network: HomeMade, frozen: int = 0, size: int = 48, head: Head | None = None, **options):
    return network_drawing.info(layers(network), size, head or Head(dense=(16,)), 3, frozen, **options)


def network(*blocks: ConvBlock) -> HomeMade:
    return HomeMade(blocks=blocks)


def test_a_convolution_with_its_normalisation_and_activation_is_one_node():
    found = info(network(ConvBlock(filters=8, kernel=5, batch_normalization="before", dropout=0.25)))
    assert [(node.title, node.more, *node.lines) for node in found.nodes] == [
        ("photo", "", "48 × 48 × 3"),
        ("conv 5×5 · 8", "norm · ReLU", "48 × 48 × 8 · 640 weights"),
        ("max pooling 2×2", "", "24 × 24 × 8"),
        ("dropout 0.25", "", "24 × 24 × 8"),
        ("global average", "", "8"),
        ("dense 16", "ReLU", "16 · 144 weights"),
        ("dropout 0.5", ""),
        ("3 classes", "softmax", "3 · 51 weights"),
    ]
    assert [(edge.source, edge.target) for edge in found.edges] == list(
        zip([node.id for node in found.nodes][:-1], [node.id for node in found.nodes][1:], strict=True)
    )
    assert found.nodes[1].tip == "layers 2 to 4"


@pytest.mark.parametrize("head", [Head(), Head(pooling="flatten", dense=(64, 32), batch_normalization=True)])
@pytest.mark.parametrize("name", list(DESIGNS))
def test_the_weights_in_the_nodes_are_all_weights(name, head):
    design = DESIGNS[name]
    found = info(design.network, head=head)
    backbone = home_made(design.network)
    assert sum(node.weights for node in found.nodes) == backbone.parameters + head_parameters(backbone, head, 3, 48)[0]


def test_a_skip_leads_past_the_block_and_through_the_convolution_that_fits_it():
    found = info(network(ConvBlock(filters=8, convolutions=2, skip=True, pooling=None)))
    assert [(edge.source, edge.target) for edge in found.edges if edge.skip] == [
        ("input", "block1_2_skip"),
        ("block1_2_skip", "block1_2_add"),
    ]
    added = next(node for node in found.nodes if node.id == "block1_2_add")
    assert (added.title, added.more, added.state) == ("+ skip", "ReLU", "plain")


def test_an_inception_module_has_four_ways_to_where_they_meet():
    found = info(network(ConvBlock(kind="inception", filters=16, pooling=None)))
    (meeting,) = [node.id for node in found.nodes if node.title == "side by side"]
    assert sum(edge.target == meeting for edge in found.edges) == 4
    assert sum(edge.source == "input" for edge in found.edges) == 4
    first = next(node for node in found.nodes if node.id == "block1_a_conv")
    assert (first.title, first.lines) == ("conv 1×1 · 4", ("ReLU", "48 × 48 × 4", "16 weights"))
    assert not next(node for node in found.nodes if node.title == "side by side").narrow


def test_what_is_frozen_and_what_trains_follows_k_also_inside_a_convolution_s_node():
    one = network(ConvBlock(filters=8, batch_normalization="before"), ConvBlock(filters=8))
    assert {node.state for node in info(one).nodes} == {"plain", "thawing"}
    whole = {node.id: node.state for node in info(one, frozen=8).nodes}
    assert (whole["block1_conv"], whole["block2_conv"], whole["head_classes"]) == ("frozen", "frozen", "thawing")
    cut = {node.id: node.state for node in info(one, frozen=2).nodes}
    assert (cut["block1_conv"], cut["block1_bn"]) == ("frozen", "thawing")


def test_a_network_of_many_layers_has_a_node_a_block():
    blocks = [ConvBlock(filters=16, convolutions=4, skip=True)] * 3 + [
        ConvBlock(kind="inception", filters=32, convolutions=2, batch_normalization="after", pooling="average")
    ]
    found = info(network(*blocks), size=64, most_nodes=20, frozen=4)
    assert found.by_block
    assert [(node.title, node.more) for node in found.nodes[:3]] == [
        ("photo", ""),
        ("block 1: 4 × conv 3×3 · 16", "skip · max pooling"),
        ("block 2: 4 × conv 3×3 · 16", "skip · max pooling"),
    ]
    assert (found.nodes[4].title, found.nodes[4].more) == (
        "block 4: 2 × inception",
        "32 filters · norm · average pooling",
    )
    assert [node.state for node in found.nodes[:5]] == ["plain", "divided", "thawing", "thawing", "thawing"]
    assert len(found.edges) == len(found.nodes) - 1


@pytest.mark.parametrize("dark", [False, True])
def test_the_graph_is_drawn_in_the_colours_of_frozen_and_thawing(dark):
    colours = palette(dark)
    dot = network_drawing.plot(info(DESIGNS["skips"].network, frozen=10), dark)
    assert dot.startswith("digraph {")
    assert dot.count("{") == dot.count("}")
    assert f'style=filled fillcolor="{colours.thawing}"' in dot
    assert "style=striped" in dot
    assert f'color="{colours.frozen}"' in dot
    assert dot.count("subgraph cluster_") == 5  # four blocks and the head
    assert "style=dashed" in dot


def test_what_stands_in_a_string_cannot_end_it():
    assert network_drawing.quoted('a"b\\c\nd') == '"a\\"b\\\\c d"'
