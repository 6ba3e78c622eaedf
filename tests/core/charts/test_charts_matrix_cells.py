"""Confusion matrices as tables of cells, exactly: numbers, tones, sentences, scales."""

import pytest

from core.charts import confusion_difference, confusion_matrix, matrix_cells
from core.charts.colours import contrast, palette
from core.charts.confusion_difference import MINUS

INFO = confusion_matrix.info([[3, 1], [0, 4]], ["Oak", "Elm"])


def test_counts_their_tones_and_sentences_stand_row_by_row():
    cells = matrix_cells.of_shares(INFO)
    assert cells.texts == ("3", "1", "", "4")
    assert cells.tones == (75, 25, 0, 100)
    assert cells.tips == (
        "3 of 4 photos (75.0 %)",
        "1 of 4 photos (25.0 %)",
        "0 of 4 photos (0.0 %)",
        "4 of 4 photos (100.0 %)",
    )


def test_shares_change_the_numbers_and_neither_tones_nor_sentences():
    counts, shares = matrix_cells.of_shares(INFO), matrix_cells.of_shares(INFO, "shares")
    assert shares.texts == ("75", "25", "", "100")
    assert counts._replace(texts=shares.texts) == shares


def test_shares_of_the_column_have_tones_and_sentences_of_the_column():
    info = confusion_matrix.info([[3, 1], [0, 4]], ["Oak", "Elm"], "column")
    cells = matrix_cells.of_shares(info, "shares")
    assert cells.tones == (100, 20, 0, 80)
    assert cells.tips[1] == "1 of 5 photos taken for it (20.0 %)"


def test_a_mean_has_one_decimal_and_many_photos_a_comma():
    info = confusion_matrix.info([[1234.5, 0], [0, 4]], ["Oak", "Elm"])
    assert matrix_cells.of_shares(info).texts == ("1,234.5", "", "", "4.0")


def test_a_difference_is_signed_and_its_middle_tone_is_nought():
    info = confusion_difference.difference([[3, 1], [0, 4]], [[1, 3], [0, 4]], ["Oak", "Elm"])
    cells = matrix_cells.of_difference(info, ("A", "B"))
    assert cells.texts == (f"{MINUS}2", "+2", "", "")
    assert cells.tones == (0, 200, 100, 100)
    assert cells.tips[0] == f"{MINUS}2 photos from A to B"


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_of_shares_runs_from_the_palettes_one_end_to_the_other(dark):
    scale = matrix_cells.shares_scale("row", dark)
    assert (scale.tones[0][0], scale.tones[-1][0]) == palette(dark).shares
    assert len(scale.tones) == 101
    assert (scale.ends, scale.title) == (("0 %", "100 %"), "Colour: share of the row")


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_of_a_difference_is_symmetric_and_prints_its_limits(dark):
    info = confusion_difference.difference([[30, 0], [0, 4]], [[7, 23], [0, 4]], ["a", "b"])
    scale = matrix_cells.difference_scale(info, dark)
    colours = palette(dark)
    places = [scale.tones[place][0] for place in (0, 100, 200)]
    assert places == [colours.worse, colours.panel, colours.better]
    assert scale.ends == (f"{MINUS}25", "0", "+25")


@pytest.mark.parametrize("dark", [False, True])
def test_every_number_can_be_read_on_its_tone(dark):
    info = confusion_difference.difference([[1]], [[2]], ["a"])
    for scale in (matrix_cells.shares_scale("row", dark), matrix_cells.difference_scale(info, dark)):
        assert all(contrast(*tone) >= 4.5 for tone in scale.tones)


def test_longer_names_and_longer_numbers_take_more_room():
    assert matrix_cells.label_width(["a"]) < matrix_cells.label_width(["a", "a long name"])
    short, long, means = (matrix_cells.number_width([text], 0.75) for text in ("7", "1,035", "1,035.5"))
    assert short < long < means
    assert short == matrix_cells.number_width(["100"], 0.75)  # shares have three digits


def test_twenty_classes_of_a_thousand_photos_fit_on_a_page_of_800_px():
    cells = 20 * matrix_cells.number_width(["1,035"], 0.75)
    assert 16 * (cells + matrix_cells.label_width(["a name of 14 c"])) < 740  # px; and a line between two cells
