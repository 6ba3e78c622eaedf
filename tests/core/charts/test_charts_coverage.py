import pandas as pd
import pytest

from core.charts import coverage

CURVE = pd.DataFrame({"threshold": [0.99, 0.9, 0.4], "coverage": [0.01, 0.5, 1.0], "accuracy": [0.0, 0.95, 0.8]})


def test_the_axis_begins_below_the_least_accuracy_but_the_first_few_answers_may_leave_it():
    found = coverage.info([CURVE], [None], "A", ["one"], 0.95)
    assert found.low == pytest.approx(0.77)


def test_the_chosen_threshold_is_a_dot_with_the_runs_letter():
    figure = coverage.plot(coverage.info([CURVE, CURVE], [(0.5, 0.95), None], "AB", ["one", "two"], 0.95))
    dots = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert [(dot.x[0], dot.y[0], dot.text[0]) for dot in dots] == [(50, 95, "<b>A</b>")]


def test_a_run_without_answers_draws_nothing():
    empty = CURVE.iloc[:0]
    assert coverage.plot(coverage.info([empty], [None], "A", ["one"], 0.9)).data == ()


def test_names_are_shown_as_they_are_and_runs_differ_by_their_dash():
    figure = coverage.plot(coverage.info([CURVE, CURVE], [None, None], "AB", ["<i>", "two"], 0.9), dark=True)
    assert figure.data[0].name == "A &lt;i&gt;"
    assert figure.data[0].line.dash != figure.data[1].line.dash


def test_every_line_ends_in_its_letter():
    figure = coverage.plot(coverage.info([CURVE, CURVE], [None, None], "AB", ["one", "two"], 0.9))
    assert [list(trace.text) for trace in figure.data] == [["", "", "<b>A</b>"], ["", "", "<b>B</b>"]]
