"""What a network is warned of: each sentence with its numbers, and no sentence where there is no reason."""

import pytest

from core.models import BACKBONES, DESIGNS
from core.models.advice import advice, heavy_flatten, many_equal, normalised_and_small, too_small_a_map
from core.models.backbones import home_made
from core.models.thaw import head_parameters
from core.records import ConvBlock, Head, HomeMade

FLAT = Head(pooling="flatten", dense=(128,))


def network(*blocks: ConvBlock) -> HomeMade:
    return HomeMade(blocks=blocks)


def test_eight_equal_convolutions_are_too_many_without_skips_and_growing_filters_are_fine():
    assert many_equal(DESIGNS["eight-convolutions"].network).startswith("8 convolutions of 32 filters in a row")
    assert many_equal(DESIGNS["skips"].network) is None
    assert many_equal(DESIGNS["vanilla"].network) is None
    growing = (ConvBlock(filters=filters, convolutions=2) for filters in (16, 32, 64, 128))
    assert many_equal(network(*growing)) is None


def test_a_row_of_equal_convolutions_ends_at_a_skip_an_inception_module_and_other_filters():
    four = ConvBlock(filters=32, convolutions=4)
    for between in (ConvBlock(filters=32, skip=True), ConvBlock(kind="inception", filters=32), ConvBlock(filters=64)):
        assert many_equal(network(four, between, four)) is None
    assert many_equal(network(four, four)).startswith("8 convolutions")
    assert many_equal(network(ConvBlock(filters=64, convolutions=8), four)).startswith("8 convolutions of 64 filters")


def test_a_flatten_that_holds_nearly_all_weights_says_how_many_and_what_averaging_needs():
    vanilla = BACKBONES["vanilla"]
    weights = 12 * 12 * 128 * 128
    total = vanilla.parameters + head_parameters(vanilla, FLAT, 8, 96)[0]
    sentence = heavy_flatten(vanilla, FLAT, 8, 96)
    assert sentence.startswith(f"{100 * weights / total:.0f} % of the weights are in the first dense layer")
    assert f"{weights:,} of them" in sentence
    assert "1/144" in sentence
    assert heavy_flatten(vanilla, FLAT, 8, 48) is None  # 86 %
    assert heavy_flatten(vanilla, Head(pooling="average"), 8, 96) is None
    assert "in the layer behind flatten" in heavy_flatten(
        home_made(network(ConvBlock(filters=4, pooling=None))), Head(pooling="flatten", dense=()), 8, 96
    )


def test_a_registered_network_is_warned_of_its_flatten_too():
    head = Head(pooling="flatten", dense=(4096,))
    (sentence,) = advice(BACKBONES["mobilenetv2"], head, 8, 224)
    assert sentence.startswith("99 % of the weights")
    assert "1/49" in sentence
    assert advice(BACKBONES["vgg16"], BACKBONES["vgg16"].default_head, 8, 96) == ()


def test_normalisation_is_remarked_on_in_a_very_small_network_only():
    assert "network of 3 convolutions" in normalised_and_small(DESIGNS["vanilla-bn"].network)
    for name in ("vanilla", "eight-convolutions", "googlenet"):
        assert normalised_and_small(DESIGNS[name].network) is None
    assert "network of one convolution:" in normalised_and_small(network(ConvBlock(batch_normalization="before")))


def test_the_first_block_that_sees_two_pixels_or_fewer_is_named():
    deep = network(*(ConvBlock(filters=8),) * 6)
    assert "Photos of 64 px are 2 × 2 px when they reach block 6: its 3×3" in too_small_a_map(deep, 64)
    assert too_small_a_map(deep, 96) is None  # 3 px
    assert too_small_a_map(network(*(ConvBlock(filters=8, kernel=1),) * 6), 64) is None
    assert "block 6: its 5×5" in too_small_a_map(
        network(*(ConvBlock(filters=8),) * 5, ConvBlock(kind="inception", filters=16)), 64
    )


@pytest.mark.parametrize("name", list(DESIGNS))
def test_ready_designs_are_warned_of_what_the_report_learnt_and_of_nothing_else(name):
    design = DESIGNS[name]
    said = {"vanilla-bn": ["Batch normalisation"], "eight-convolutions": ["8 convolutions"]}
    found = advice(home_made(design.network), design.head, 8, 48)
    assert [sentence.startswith(start) for sentence, start in zip(found, said.get(name, []), strict=True)] == [
        True
    ] * len(found)
