import pandas as pd

from core.charts import one_vs_rest

CURVE = pd.DataFrame({"recall": [0.0, 0.5, 1.0], "precision": [1.0, 0.8, 0.4], "threshold": [1.0, 0.7, 0.1]})
ROC = pd.DataFrame({"false_alarms": [0.0, 0.2, 1.0], "hits": [0.0, 0.9, 1.0], "threshold": [1.0, 0.5, 0.0]})


def of(*runs, name="plain"):
    return one_vs_rest.info(
        [pr for pr, _ in runs], [roc for _, roc in runs], "ABC"[: len(runs)], [name] * len(runs), base=0.4
    )


def test_every_run_has_its_points_in_both_panels():
    found = of((CURVE, ROC), (CURVE, ROC))
    assert found.letters == ("A", "B")
    assert found.points[1][0] == ((0.0, 0.5, 1.0), (1.0, 0.8, 0.4), (1.0, 0.7, 0.1))
    assert found.points[1][1][1] == (0.0, 0.9, 1.0)


def test_a_line_a_run_and_a_panel_is_drawn_beside_guessing_and_runs_differ_by_their_dash():
    figure = one_vs_rest.plot(of((CURVE, ROC), (CURVE, ROC)))
    names = [trace.name for trace in figure.data]
    assert names == ["guessing", "guessing", "A plain", "A plain", "B plain", "B plain"]
    assert len({trace.line.dash for trace in figure.data}) == 3
    assert list(figure.data[0].y) == [40, 40]


def test_a_run_without_a_curve_is_left_out_of_the_picture():
    figure = one_vs_rest.plot(of((CURVE.iloc[:0], ROC.iloc[:0]), (CURVE, ROC)))
    assert [trace.name for trace in figure.data if trace.name != "guessing"] == ["B plain", "B plain"]


def test_markup_in_a_name_is_shown_as_it_is():
    assert "&lt;b&gt;" in one_vs_rest.plot(of((CURVE, ROC), name="<b>"), dark=True).data[2].name


def test_every_line_bears_its_letter_once():
    figure = one_vs_rest.plot(of((CURVE, ROC), (CURVE, ROC), (CURVE, ROC)))
    letters = ["".join(trace.text) for trace in figure.data if trace.name != "guessing"]
    assert letters == [f"<b>{letter}</b>" for letter in "AABBCC"]
