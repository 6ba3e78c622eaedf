import pytest

from core.models import BACKBONES, blocks, frozen_blocks, prefix_cut, trainable_share
from core.models.tables import layer_table
from core.records import Head


@pytest.mark.parametrize("name", BACKBONES)
def test_blocks_cover_every_layer_once_in_order(name):
    found = blocks(name)
    assert [index for block in found for index in range(block.first, block.last + 1)] == list(
        range(BACKBONES[name].layers)
    )
    assert sum(block.parameters for block in found) == sum(row.params for row in layer_table(name).layers)
    assert len({block.name for block in found}) == len(found)


@pytest.mark.parametrize(("name", "count"), [("vanilla", 4), ("vgg16", 6), ("xception", 15), ("mobilenetv2", 20)])
def test_blocks_are_those_of_the_papers_and_the_input(name, count):
    assert len(blocks(name)) == count


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


def test_the_share_that_trains_falls_from_all_to_none():
    shares = [trainable_share("vgg16", k) for k in range(20)]
    assert shares[0] == shares[1] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == trainable_share("vgg16", "all") == 0


def test_the_share_with_a_head_needs_classes_and_input_size():
    with pytest.raises(ValueError, match="classes"):
        trainable_share("vgg16", 3, head=Head())
