import pytest

from core.charts import oracle_bar


@pytest.mark.parametrize("dark", [False, True])
def test_floor_and_ceiling_are_pieces_of_one_bar_and_the_ensemble_a_tick(dark):
    info = oracle_bar.info(0.5, 0.75, 0.9, "test")
    assert (info.everyone, info.ensemble, info.someone, info.part) == (0.5, 0.75, 0.9, "test")
    figure = oracle_bar.plot(info, dark)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.x[0] for bar in bars] == pytest.approx([50, 40, 10])
    assert figure.data[-1].x[0] == 75
    assert figure.layout.annotations[0].text == "<b>the ensemble 75.0 %</b>"


def test_a_piece_too_short_for_words_has_none():
    bars = [bar for bar in oracle_bar.plot(oracle_bar.info(0.02, 0.5, 0.95)).data if bar.type == "bar"]
    assert [bar.text[0] for bar in bars] == ["", "some", ""]
