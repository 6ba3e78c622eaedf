"""Learning curves: info exactly, the figure lightly."""

import pandas as pd
import pytest

from core.charts import learning_curves
from core.charts.colours import LIGHT


def history(epochs: int, **more) -> pd.DataFrame:
    steps = range(1, epochs + 1)
    return pd.DataFrame(
        {
            "epoch": list(steps),
            "train_loss": [2 / n for n in steps],
            "train_accuracy": [1 - 1 / (n + 1) for n in steps],
            "validation_loss": [2.5 / n for n in steps],
            "validation_accuracy": [0.8 - 0.5 / n for n in steps],
            **more,
        }
    )


def test_info_of_one_run_has_values_planned_end_and_phase_marks():
    info = learning_curves.info({"vgg": history(2)}, phases=[(3, "all frozen"), (5, "8 frozen")], planned=8)
    (run,) = info.runs
    assert (run.letter, run.name, run.epochs) == ("", "vgg", (1, 2))
    assert run.values["train_loss"] == (2.0, 1.0)
    assert info.phases == ((0.5, "all frozen"), (3.5, "8 frozen"))
    assert info.last_epoch == 8


def test_several_runs_are_letters_without_phase_marks():
    info = learning_curves.info({"x": history(2), "y": history(3)}, phases=[(1, "a"), (2, "b")])
    assert [run.letter for run in info.runs] == ["A", "B"]
    assert info.phases == ()
    assert info.last_epoch == 3


def test_epochs_come_in_order_and_gaps_stay_gaps():
    frame = history(3).iloc[::-1].assign(validation_loss=[1.0, None, 3.0])
    (run,) = learning_curves.info({"x": frame}).runs
    assert run.epochs == (1, 2, 3)
    assert run.values["validation_loss"] == (3.0, None, 1.0)


def test_a_phase_column_moves_the_marks_where_early_stopping_cut_a_phase():
    frame = history(4, phase=[1, 1, 2, 2])
    info = learning_curves.info({"x": frame}, phases=[(5, "a"), (5, "b"), (5, "c")])
    assert [mark.start for mark in info.phases] == [0.5, 2.5, 7.5]


def test_train_is_grey_and_dotted_and_validation_purple_and_solid():
    figure = learning_curves.plot(learning_curves.info({"x": history(4)}))
    styles = {(trace.name, trace.line.color, trace.line.dash) for trace in figure.data}
    assert styles == {("train", LIGHT.train, "dot"), ("validation", LIGHT.validation, "solid")}
    assert len(figure.data) == 4


def test_of_several_runs_only_validation_is_drawn_each_with_its_letter_and_dash():
    figure = learning_curves.plot(learning_curves.info({"one": history(4), "two": history(4)}))
    assert [trace.name for trace in figure.data] == ["A one", "A one", "B two", "B two"]
    assert {trace.line.dash for trace in figure.data} == {"solid", "dash"}
    assert [note.text for note in figure.layout.annotations] == ["<b>A</b>", "<b>A</b>", "<b>B</b>", "<b>B</b>"]


def test_accuracy_is_on_the_whole_scale_in_percent():
    figure = learning_curves.plot(learning_curves.info({"x": history(1)}))
    accuracy = [trace for trace in figure.data if trace.yaxis == "y2"]
    assert accuracy[1].y == pytest.approx([30])
    assert figure.layout.yaxis2.range[0] == 0
    assert figure.layout.yaxis2.range[1] >= 100


@pytest.mark.parametrize("frame", [history(0), pd.DataFrame()], ids=["no rows", "no columns"])
def test_before_the_first_epoch_the_picture_says_so(frame):
    figure = learning_curves.plot(learning_curves.info({"x": frame}, phases=[(2, "a"), (3, "b")], planned=5))
    assert any("first finished epoch" in note.text for note in figure.layout.annotations)
    assert figure.layout.xaxis.range[1] == 5.5


def test_a_single_point_is_seen_as_a_dot():
    figure = learning_curves.plot(learning_curves.info({"x": history(1)}, planned=10))
    assert all("markers" in trace.mode for trace in figure.data)


def test_by_second_an_epoch_stands_where_its_time_ends():
    histories = {"x": history(3, seconds=[10.0, 20.0, 20.0]), "y": history(2, seconds=[100.0, 1.0])}
    info = learning_curves.info(histories, by="second")
    assert info.unit == "second"
    assert info.runs[0].places == (10, 30, 50)
    figure = learning_curves.plot(info)
    assert list(figure.data[0].x) == [10, 30, 50]
    assert figure.layout.xaxis.title.text == "Seconds of training"


def test_long_trainings_are_drawn_in_minutes():
    info = learning_curves.info({"x": history(2, seconds=[60.0, 540.0])}, by="second")
    assert (info.unit, info.runs[0].places) == ("minute", (1, 10))


def test_a_run_whose_seconds_are_unknown_has_no_curve_by_time():
    info = learning_curves.info({"x": history(2), "y": history(2, seconds=[1.0, None])}, by="second")
    assert [run.places for run in info.runs] == [(), ()]
    assert not any(trace.x for trace in learning_curves.plot(info).data)


def test_of_several_runs_a_diamond_marks_where_a_next_phase_begins():
    phases = {"x": [(2, "a"), (3, "b"), (9, "not reached")], "y": [(5, "a")]}
    info = learning_curves.info({"x": history(5), "y": history(5)}, phases)
    assert [run.starts for run in info.runs] == [(2,), ()]
    marks = [trace for trace in learning_curves.plot(info).data if trace.mode == "markers"]
    assert [(trace.marker.symbol, list(trace.x)) for trace in marks] == [("diamond", [3.0])] * 2
