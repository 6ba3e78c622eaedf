"""Member bars: info exactly, the figure lightly."""

from core.charts import member_bars

MEMBERS = [("vgg", 0.78, True), ("mobile", 0.83, False), ("vanilla", 0.61, True)]


def test_the_best_single_member_is_one_that_is_on():
    info = member_bars.info(MEMBERS, 0.86, 225)
    assert info.members[0] == ("A", "vgg", 0.78, True)
    assert info.best == 0.78
    assert info.ensemble == 0.86


def test_with_no_member_on_there_is_no_best():
    info = member_bars.info([("vgg", 0.78, False)], None, 225)
    assert info.best is None
    assert len(member_bars.plot(info).layout.shapes) == 0


def test_bars_print_their_figure_and_the_tick_its_word():
    figure = member_bars.plot(member_bars.info(MEMBERS, 0.86, 225))
    assert list(figure.data[0].text) == ["78.0 %", "83.0 %", "61.0 %", "86.0 %"]
    assert list(figure.layout.yaxis.ticktext) == ["A vgg", "B mobile", "C vanilla", "<b>Ensemble</b>"]
    assert [note.text for note in figure.layout.annotations] == ["best single 78.0 %"]
    assert figure.layout.shapes[-1].x0 == 78


def test_members_that_are_off_are_pale():
    colours = member_bars.plot(member_bars.info(MEMBERS, 0.86, 225)).data[0].marker.color
    assert colours[0] == colours[2] == colours[3] != colours[1]
