"""Thaw map: info exactly, the figure lightly."""

import itertools

import pytest

from core.charts import thaw_map
from core.charts.colours import DARK, LIGHT, lightness
from core.charts.thaw_words import Cut

BLOCKS = [("input", 1, 0), ("block1", 3, 1_000), ("block2", 4, 20_000)]
CUTS = (
    Cut(0, keeps=False, share=1.0, twins=(1,), seconds=64.0),
    Cut(4, keeps=True, share=0.9, twins=(2, 3), seconds=9.6, kept=True),
    Cut(6, keeps=False, share=0.12, twins=(5,), seconds=4.8, kept=True),
    Cut(8, keeps=True, share=0.004, twins=(7,), seconds=0.3, kept=True),
)


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
    assert sorted(texts) == sorted(["input", "block1", "block2", "photo →", "→ class"])


def test_block_names_never_stand_closer_than_a_line_and_the_widest_are_written():
    blocks = [("stem", 1, 0), *((f"block {number}", 20 if number % 2 else 1, 0) for number in range(1, 60))]
    notes = [note for note in thaw_map.plot(thaw_map.info(blocks, "all")).layout.annotations if "block" in note.text]
    places = sorted(note.x for note in notes)
    assert all(note.textangle == 35 for note in notes)
    assert min(b - a for a, b in itertools.pairwise(places)) >= 20
    assert all(int(note.text.split()[1]) % 2 for note in notes)


def test_all_frozen_still_shows_the_word_thawing_for_the_head():
    figure = thaw_map.plot(thaw_map.info(BLOCKS, "all"))
    assert [(trace.name, trace.showlegend is not False) for trace in figure.data] == [
        ("frozen", True),
        ("thawing", True),
    ]


def scatters(figure, mode):
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def test_a_mark_stands_for_each_cut_and_is_filled_where_the_frozen_part_can_run_once():
    figure = thaw_map.plot(thaw_map.info(BLOCKS, 5, cuts=CUTS))
    marks = {trace.name: trace for trace in scatters(figure, "markers") if trace.customdata is not None}
    assert {name: tuple(trace.x) for name, trace in marks.items()} == {
        "cut where the frozen part can run once": (4, 8),
        "other cut": (0,),
        "chosen cut": (6,),  # 5 trains the same weights
    }
    assert marks["other cut"].marker.color == LIGHT.background != marks["chosen cut"].marker.line.color
    assert marks["chosen cut"].marker.size > marks["other cut"].marker.size


def test_a_mark_says_what_its_cut_means():
    figure = thaw_map.plot(thaw_map.info(BLOCKS, 0, cuts=CUTS))
    said = {point[0]: point[1] for trace in scatters(figure, "markers") for point in (trace.customdata or ())}
    assert said == {
        0: "<b>all layers train</b><br>100 % of the weights train · about 1:04 an epoch",
        4: "<b>first 4 of 8 layers stay frozen</b><br>90 % of the weights train · about 0:10 an epoch, kept · "
        "same as 2 or 3",
        6: "<b>first 6 of 8 layers stay frozen</b><br>12 % of the weights train · about 0:05 an epoch, kept · "
        "same as 5",
        8: "<b>all 8 layers stay frozen, only the head trains</b><br>less than 1 % of the weights train · "
        "under a second an epoch, kept · same as 7",
    }


def test_a_cut_that_was_not_measured_says_nothing_of_time_and_there_is_no_line():
    cuts = [cut._replace(seconds=None) for cut in CUTS]
    figure = thaw_map.plot(thaw_map.info(BLOCKS, 4, cuts=cuts))
    assert not scatters(figure, "lines")
    assert not any("epoch" in str(trace.customdata) for trace in figure.data)
    timed = thaw_map.plot(thaw_map.info(BLOCKS, 4, cuts=CUTS))
    (line,) = scatters(timed, "lines")
    assert tuple(line.x) == (0, 0, 4, 6, 8, 8)
    assert {"1:04 an epoch", "&lt; 1 s"} <= {note.text for note in timed.layout.annotations}
    assert timed.layout.height > figure.layout.height


@pytest.mark.parametrize("k", range(9))
def test_every_layer_of_the_band_leads_to_the_end_of_its_block_and_the_head_to_all(k):
    bars = [trace for trace in thaw_map.plot(thaw_map.info(BLOCKS, k, cuts=CUTS)).data if trace.type == "bar"]
    leads = {
        base + layer: point[0]
        for trace in bars
        for base, width, point in zip(trace.base, trace.x, trace.customdata, strict=True)
        for layer in range(int(width) or 1)
    }
    assert leads == {0: 1, 1: 4, 2: 4, 3: 4, 4: 8, 5: 8, 6: 8, 7: 8, 8: 8}


def test_of_very_many_cuts_none_stands_too_close_but_the_chosen_one():
    blocks = [("all", 800, 1)]
    cuts = [Cut(k, keeps=k % 5 == 0, share=1 - k / 800) for k in range(801)]
    info = thaw_map.info(blocks, 403, cuts=cuts)
    others = [cut.k for cut in info.marks if cut.k != 403]
    assert 403 in [cut.k for cut in info.marks]
    assert (others[0], others[-1]) == (0, 800)
    assert min(b - a for a, b in itertools.pairwise(others)) >= 800 / thaw_map.MOST_MARKS
    assert len(others) > 0.9 * thaw_map.MOST_MARKS
    assert all(cut.keeps for cut in info.marks if cut.k != 403)


def test_a_typed_twin_is_the_choice_it_belongs_to():
    assert thaw_map.info(BLOCKS, 3, cuts=CUTS).current == CUTS[1]
    assert thaw_map.info(BLOCKS, "all", cuts=CUTS).current == CUTS[3]
    assert thaw_map.info(BLOCKS, 3).current is None


def test_a_cut_behind_the_last_layer_is_refused():
    with pytest.raises(ValueError, match="Received: 9"):
        thaw_map.info(BLOCKS, 0, cuts=[Cut(9, False, 0.0)])
