"""The colours: one source, contrast, and what is left of them in greyscale."""

import tomllib
from pathlib import Path

import pytest

from core.charts import colours

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
BOTH = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@BOTH
def test_config_repeats_the_colours_of_the_charts(dark):
    theme = tomllib.loads(CONFIG.read_text())["theme"]["dark" if dark else "light"]
    palette = colours.palette(dark)
    assert theme["backgroundColor"] == palette.background
    assert theme["secondaryBackgroundColor"] == palette.panel
    assert theme["textColor"] == palette.text
    assert (theme["redColor"], theme["greenColor"]) == (palette.worse, palette.better)
    assert (theme["blueColor"], theme["orangeColor"]) == (palette.frozen, palette.thawing)
    assert (theme["violetColor"], theme["grayColor"]) == (palette.validation, palette.quiet)
    assert tuple(theme["chartCategoricalColors"]) == palette.classes
    assert tuple(theme["chartSequentialColors"]) == colours.sequential(dark)
    assert tuple(theme["chartDivergingColors"]) == colours.diverging(dark)


@BOTH
def test_the_primary_colour_is_neither_frozen_nor_thawing(dark):
    theme = tomllib.loads(CONFIG.read_text())["theme"]["dark" if dark else "light"]
    palette = colours.palette(dark)
    assert theme["primaryColor"] not in (palette.frozen, palette.thawing)
    assert colours.contrast(theme["primaryColor"], "#FFFFFF") >= 4.2  # Streamlit writes white on it in both themes
    assert colours.contrast(theme["primaryColor"], palette.background) >= 4.2


@BOTH
def test_text_is_readable_on_page_and_panel(dark):
    palette = colours.palette(dark)
    for ground in (palette.background, palette.panel):
        assert colours.contrast(palette.text, ground) >= 7
        assert colours.contrast(palette.quiet, ground) >= 4.5


@BOTH
def test_parts_and_verdict_colours_stand_out_from_the_background(dark):
    palette = colours.palette(dark)
    for name in ("frozen", "thawing", "train", "validation", "test", "better", "worse"):
        assert colours.contrast(getattr(palette, name), palette.background) >= 3, name


@BOTH
def test_better_and_worse_differ_in_greyscale(dark):
    # Frozen and thawing don't (49.5 and 49.9 in light): the hatching tells them apart, see test_charts_thaw_map.
    palette = colours.palette(dark)
    assert abs(colours.lightness(palette.better) - colours.lightness(palette.worse)) >= 6


@BOTH
def test_numbers_on_every_share_have_contrast(dark):
    for share in range(101):
        ground = colours.mix(*colours.palette(dark).shares, share / 100)
        assert colours.contrast(colours.ink_on(ground), ground) >= 4.5


def test_nothing_but_frozen_and_thawing_has_their_colours():
    for palette in (colours.LIGHT, colours.DARK):
        others = [value for name, value in palette._asdict().items() if name not in ("frozen", "thawing")]
        flat = [colour for value in others for colour in (value if isinstance(value, tuple) else (value,))]
        assert palette.frozen not in flat
        assert palette.thawing not in flat


def test_lightness_and_contrast_have_their_known_ends():
    assert colours.lightness("#000000") == pytest.approx(0)
    assert colours.lightness("#FFFFFF") == pytest.approx(100)
    assert colours.lightness("#777777") == pytest.approx(50.03, abs=0.01)
    assert colours.contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_scales_have_ten_steps_and_end_in_the_palette():
    assert colours.sequential()[0] == "#FFFFFF"
    assert colours.sequential()[-1] == "#2D4A7A"
    assert len(colours.sequential()) == len(colours.diverging()) == 10
    assert colours.diverging()[0] == colours.LIGHT.worse
    assert colours.diverging()[-1] == colours.LIGHT.better


def test_runs_are_letters_that_go_on_after_z():
    assert [colours.run_letter(n) for n in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


def test_no_run_has_the_dash_of_the_training_part():
    assert "dot" not in {colours.run_dash(position) for position in range(40)}
