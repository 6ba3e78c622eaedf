"""Thaw map: info exactly, the figure lightly."""

import pytest

from core.charts import thaw_map
from core.charts.colours import DARK, LIGHT, lightness

BLOCKS = [("input", 1, 0), ("block1", 3, 1_000), ("block2", 4, 20_000)]


def test_the_cut_divides_a_block():
    info = thaw_map.info(BLOCKS, 5)
    assert info.segments == (
        ("input", True, 1, 1, 1, 0),
        ("block1", True, 2, 4, 3, 1_000),
        ("block2", True, 5, 5, 4, 20_000),
        ("block2", False, 6, 8, 4, 20_000),
    )
    assert [segment.divided for segment in info.segments] == [False, False, True, True]
    assert info.sentence == "first 5 of 8 layers stay frozen"


def test_a_cut_between_blocks_divides_none():
    info = thaw_map.info(BLOCKS, 4)
    assert [(segment.block, segment.frozen) for segment in info.segments] == [
        ("input", True),
        ("block1", True),
        ("block2", False),
    ]


@pytest.mark.parametrize("k", [0, 1])
def test_freezing_the_input_layer_alone_freezes_nothing(k):
    assert thaw_map.info(BLOCKS, k).sentence == "all layers train"


@pytest.mark.parametrize("k", ["all", 8])
def test_with_all_frozen_only_the_head_trains(k):
    info = thaw_map.info(BLOCKS, k)
    assert all(segment.frozen for segment in info.segments)
    assert info.sentence == "all 8 layers stay frozen, only the head trains"


@pytest.mark.parametrize("k", range(9))
def test_every_layer_is_in_exactly_one_segment(k):
    segments = thaw_map.info(BLOCKS, k).segments
    covered = [layer for segment in segments for layer in range(segment.first, segment.last + 1)]
    assert covered == list(range(1, 9))
    assert sum(segment.layers for segment in segments if segment.frozen) == k


@pytest.mark.parametrize("k", [-1, 9])
def test_more_frozen_layers_than_there_are_are_refused(k):
    with pytest.raises(ValueError, match="0 to 8"):
        thaw_map.info(BLOCKS, k)


@pytest.mark.parametrize(("dark", "palette"), [(False, LIGHT), (True, DARK)])
def test_frozen_is_hatched_in_blue_and_thawing_is_plain_orange(dark, palette):
    frozen, thawing, head = thaw_map.plot(thaw_map.info(BLOCKS, 5), dark).data
    assert (frozen.name, thawing.name, head.name) == ("frozen", "thawing", "thawing")
    assert frozen.marker.pattern.shape
    assert frozen.marker.pattern.fgcolor == palette.frozen
    assert not thawing.marker.pattern.shape
    assert thawing.marker.color == head.marker.color == palette.thawing
    # In greyscale the hatch must be seen: its ground differs from its lines.
    assert abs(lightness(frozen.marker.color) - lightness(palette.frozen)) >= 8


def test_the_map_says_where_photos_come_in_and_names_blocks():
    texts = [note.text for note in thaw_map.plot(thaw_map.info(BLOCKS, 5)).layout.annotations]
    assert texts == ["input", "block1", "block2", "head", "photo →", "→ class"]


def test_all_frozen_still_shows_the_word_thawing_for_the_head():
    figure = thaw_map.plot(thaw_map.info(BLOCKS, "all"))
    assert [(trace.name, trace.showlegend is not False) for trace in figure.data] == [
        ("frozen", True),
        ("thawing", True),
    ]
