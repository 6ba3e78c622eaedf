import pytest

from core.charts.thaw_words import an_epoch, percent, same_as, short


@pytest.mark.parametrize(
    ("k", "twins", "words"),
    [
        (5, (), ""),
        (5, (4,), "4"),
        (5, (3, 4), "3 or 4"),
        (5, (2, 3, 4), "2 to 4"),
        (5, (1, 2, 3, 4, 6), "1 to 4 or 6"),
        (5, (4, 6, 7, 8), "4 or 6 to 8"),
    ],
)
def test_twins_are_named_as_ranges(k, twins, words):
    assert same_as(k, twins) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "under a second"), (1.0, "about 0:01"), (5.4, "about 0:05"), (64, "about 1:04"), (3723, "about 1:02:03")],
)
def test_the_time_of_an_epoch_is_told_as_a_clock_tells_it(seconds, words):
    assert an_epoch(seconds) == f"{words} an epoch"
    assert an_epoch(seconds, kept=True) == f"{words} an epoch, kept"


def test_what_is_next_to_nothing_is_not_called_nothing():
    assert short(0.2) == "&lt; 1 s"
    assert percent(0.003) == "less than 1 %"
    assert percent(0) == "0 %"
    assert percent(0.126) == "13 %"
