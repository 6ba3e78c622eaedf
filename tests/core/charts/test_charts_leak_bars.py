import pytest

from core.charts import leak_bars
from core.charts.leak_bars import LeakRow


@pytest.mark.parametrize("dark", [False, True])
def test_the_honest_figure_is_full_and_the_lie_an_outline(dark):
    info = leak_bars.info([("<b>", 0.7, 0.9), ("Ensemble of 3", 0.75, 0.8)])
    assert info.rows == (LeakRow("<b>", 0.7, 0.9), LeakRow("Ensemble of 3", 0.75, 0.8))
    figure = leak_bars.plot(info, dark)
    lie, honest = figure.data
    assert (list(lie.x), list(honest.x)) == ([90, 80], [70, 75])
    assert lie.marker.color == "rgba(0,0,0,0)"
    assert [note.text for note in figure.layout.annotations] == ["<b>+20.0</b>", "<b>+5.0</b>"]
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;"
