import pytest

from core.charts import ensemble_bar

MEMBERS = {"x": ("Holly", 0.5), "y": ("Ivy <b>", 0.75), "z": ("Yew", 0.25)}


def test_info_keeps_the_best_member_apart_from_the_others():
    info = ensemble_bar.info(MEMBERS, 0.8, "y", 225)
    assert info.best == ("Ivy <b>", 0.75)
    assert info.members == (("Holly", 0.5), ("Yew", 0.25))
    assert (info.ensemble, info.photos, info.part) == (0.8, 225, "validation")


@pytest.mark.parametrize("dark", [False, True])
def test_the_bar_ends_at_the_ensemble_and_the_tick_stands_at_the_best_member(dark):
    figure = ensemble_bar.plot(ensemble_bar.info(MEMBERS, 0.8, "y", 225, "test"), dark)
    bar, members, _, best = figure.data
    assert list(bar.x) == [80]
    assert list(members.x) == [50, 25]
    assert list(best.x) == [75]
    assert "225 test photos" in bar.hovertemplate
    assert figure.layout.annotations[0].text == "best member Ivy &lt;b&gt;: 75.0 %"
