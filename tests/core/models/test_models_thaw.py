import pytest

from core.models import BACKBONES, blocks, frozen_blocks, prefix_cut, trainable_share, twins
from core.models.block_names import MOST, block_names
from core.models.tables import layer_table
from core.models.thaw import base_cut, last_twin
from core.records import Head


@pytest.mark.parametrize("name", BACKBONES)
def test_blocks_cover_every_layer_once_in_order(name):
    found = blocks(name)
    assert [index for block in found for index in range(block.first, block.last + 1)] == list(
        range(BACKBONES[name].layers)
    )
    assert sum(block.parameters for block in found) == sum(row.params for row in layer_table(name).layers)
    assert len({block.name for block in found}) == len(found)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_map_has_a_dozen_or_two_blocks(name):
    assert len(blocks(name)) <= MOST
    assert len(blocks(name)) >= 9 or BACKBONES[name].family in ("home-made", "VGG")
    assert all(len(block.name) <= 16 for block in blocks(name))


def stretch(name):
    return " ".join(block.name.replace(" ", "_") for block in blocks(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vgg19", "input block_1 block_2 block_3 block_4 block_5"),
        ("inceptionv3", f"input stem {' '.join(f'mixed_{n}' for n in range(11))}"),
        ("xception", f"input {' '.join(f'block_{n}' for n in range(1, 15))}"),
        (
            "efficientnetb0",
            "input scaling stem block_1a block_2a block_2b block_3a block_3b block_4a block_4b block_4c block_5a "
            "block_5b block_5c block_6a block_6b block_6c block_6d block_7a last_convolution",
        ),
        (
            "resnet50v2",
            "input stem conv2.1 conv2.2 conv2.3 conv3.1 conv3.2 conv3.3 conv3.4 conv4.1 conv4.2 conv4.3 conv4.4 "
            "conv4.5 conv4.6 conv5.1 conv5.2 conv5.3 last_norm",
        ),
        (
            "convnexttiny",
            "input scaling stem stage1.1 stage1.2 stage1.3 downsampling_1 stage2.1 stage2.2 stage2.3 downsampling_2 "
            "stage3.1 stage3.2 stage3.3 stage3.4 stage3.5 stage3.6 stage3.7 stage3.8 stage3.9 downsampling_3 "
            "stage4.1 stage4.2 stage4.3 last_norm",
        ),
    ],
)
def test_blocks_are_those_of_the_papers_and_the_input(name, expected):
    assert stretch(name) == expected


def test_neighbours_of_one_stage_are_taken_together_where_a_map_would_have_too_many_blocks():
    names = ["input", "stem_conv", *(f"block{stage}{part}_bn" for stage in (1, 2) for part in "abcdefghijklmnopq")]
    found = block_names("EfficientNet", names)
    assert found[:5] == ["input", "stem", "block 1a-b", "block 1a-b", "block 1c-d"]
    assert len(set(found)) == 2 + 2 * 9
    assert found[-1] == "block 2q"


@pytest.mark.parametrize("name", BACKBONES)
def test_a_cut_at_the_end_of_a_block_is_always_narrow(name):
    assert all(block.last + 1 in block.cuts for block in blocks(name))


def test_frozen_blocks_sum_up_to_k():
    for k in (0, 1, 50, 132):
        assert sum(frozen for *_, frozen in frozen_blocks("xception", k)) == k
    assert all(layers == frozen for _, layers, _, frozen in frozen_blocks("xception", "all"))


def test_xceptions_prefix_for_116_to_125_ends_at_116():
    assert {prefix_cut("xception", k) for k in range(116, 126)} == {116}
    assert prefix_cut("xception", "all") == 132


def test_freezing_the_input_alone_keeps_no_prefix():
    assert prefix_cut("vgg16", 0) == prefix_cut("vgg16", 1) == 0


def test_scaling_the_pixels_is_no_prefix_worth_keeping():
    rows = layer_table("efficientnetb0").layers
    assert rows[2].weights
    assert [prefix_cut("efficientnetb0", k) for k in (3, 4, 5, 6)] == [0, 0, 0, 6]  # layer 5 is the first convolution


@pytest.mark.parametrize("normalize", [False, True])
def test_the_last_twin_ends_its_group(normalize):
    groups = {k: group for group in twins("efficientnetv2b0", normalize) for k in group}
    for k in (0, 1, 17, 100, 269, 270):
        assert last_twin("efficientnetv2b0", k, normalize) == groups[k][-1]
    assert last_twin("efficientnetv2b0", "all", normalize) == 270


def test_the_share_that_trains_falls_from_all_to_none():
    shares = [trainable_share("vgg16", k) for k in range(20)]
    assert shares[0] == shares[1] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == trainable_share("vgg16", "all") == 0


def test_the_share_with_a_head_needs_classes_and_input_size():
    with pytest.raises(ValueError, match="classes"):
        trainable_share("vgg16", 3, head=Head())


@pytest.mark.parametrize("name", BACKBONES)
def test_the_base_of_deep_cuts_is_one_place_where_a_single_tensor_crosses(name):
    layers = BACKBONES[name].layers
    bases = {base_cut(name, cut) for cut in range(layers + 1)}
    assert len(bases) <= 2
    for base in bases - {0}:
        assert layer_table(name).layers[base - 1].crossing == 1
        assert base_cut(name, base) == 0
        assert base_cut(name, base + 1) == base


def test_xceptions_deep_cuts_share_the_first_116_layers():
    assert base_cut("xception", 132) == 116
