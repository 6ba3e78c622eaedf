"""The thaw map on the Train page: a click sets k, and what an epoch takes is told where it was measured."""

import json
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from core.models import BACKBONES, speed
from core.models.timing import section_ends

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
MARKS = "cut where the frozen part can run once"


@pytest.fixture
def app(split) -> AppTest:
    """The Train page with VGG16, all frozen."""
    return choose(page(), "selectbox", "Network", "vgg16")


def page() -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page("train.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.caption, app.markdown) for element in kind)


def labelled(app: AppTest, kind: str, label: str, number: int = 0):
    return [element for element in app.get(kind) if element.label.startswith(label)][number]


def choose(app: AppTest, kind: str, label: str, value) -> AppTest:
    labelled(app, kind, label).set_value(value).run()
    assert not app.exception
    return app


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def select(app: AppTest, *points: dict, chart: str = "") -> AppTest:
    """Send what a browser sends when these points of the map are clicked."""
    states = app._tree.get_widget_states()
    chosen = {"selection": {"points": list(points), "point_indices": [], "box": [], "lasso": []}}
    found = chart or app.get("plotly_chart")[0].proto.id
    states.widgets.append(WidgetState(id=found, string_value=json.dumps(chosen)))
    app._run(states)
    assert not app.exception
    return app


def frozen(app: AppTest, phase: int = 0) -> tuple[int, bool]:
    """(k, all frozen) as the boxes of a phase say."""
    return labelled(app, "number_input", "Frozen", phase).value, labelled(app, "toggle", "All frozen", phase).value


def measured(settings, name="vgg16", each=0.01):
    sections = tuple(speed.SectionSpeed(stop, each, 3 * each) for stop in section_ends(BACKBONES[name]))
    speed._keep(settings, name, speed.Speed(96, 20.0, 6.0, 32, sections, (0.001, 0.002)))


def test_a_click_on_a_mark_sets_k_and_the_boxes_say_so(app):
    assert frozen(app) == (19, True)
    assert frozen(select(app, {"customdata": [11, "said"]})) == (11, False)
    assert "First 11 of 19 layers stay frozen" in texts(app)
    assert frozen(select(app, {"customdata": [7, "said"]})) == (7, False)
    assert frozen(select(app, {"customdata": [19, "said"]})) == (19, True)
    assert frozen(select(app, {"customdata": [0, "said"]})) == (0, False)
    assert "All layers train" in texts(app)


def test_a_click_that_was_taken_up_does_not_come_again(app):
    chart = app.get("plotly_chart")[0].proto.id
    select(app, {"customdata": [11, "said"]})
    choose(app, "number_input", "Frozen", 5)
    assert frozen(app) == (5, False)
    assert frozen(select(app, {"customdata": [11, "said"]}, chart=chart)) == (5, False)
    next(each for each in app.button if each.label == "Undo changes").click().run()
    assert frozen(app) == (154, True)
    assert frozen(select(app, {"customdata": [11, "said"]})) == (11, False)


@pytest.mark.parametrize("data", [None, [], "11", ["11"], [True], [-1], [11.5], {"k": 11}])
def test_what_no_map_sends_sets_nothing(app, data):
    assert frozen(select(app, {"customdata": data})) == (19, True)
    assert frozen(select(app)) == (19, True)


def test_a_click_changes_the_shown_phase_and_keeps_what_the_boxes_of_all_say(app):
    next(each for each in app.button if each.label == "Add a phase").click().run()
    choose(app, "number_input", "Epochs", 7)
    before = [box.key for box in app.number_input if box.label == "Epochs"]
    next(each for each in app.get("button_group") if each.key.startswith("train_map_phase")).set_value(1).run()
    select(app, {"customdata": [15, "said"]})
    assert (frozen(app), frozen(app, 1)) == ((19, True), (15, False))
    epochs = [box for box in app.number_input if box.label == "Epochs"]
    assert [box.value for box in epochs] == [7, 25]
    assert epochs[0].key == before[0]  # a phase that was not clicked keeps its very boxes
    assert epochs[1].key != before[1]


def test_every_choice_has_a_mark_and_without_weights_nothing_is_kept(app):
    marks = {trace["name"]: trace["x"] for trace in figure(app)["data"] if trace["type"] == "scatter"}
    assert marks == {MARKS: [2, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17], "other cut": [0], "chosen cut": [19]}
    choose(app, "selectbox", "Weights", "")
    marks = {trace["name"]: trace["x"] for trace in figure(app)["data"] if trace["type"] == "scatter"}
    assert MARKS not in marks
    assert marks["chosen cut"] == [19]


def test_where_nothing_was_measured_the_page_offers_it_and_says_no_time(settings, app, monkeypatch):
    asked = []
    monkeypatch.setattr(speed, "start", lambda *what: asked.append((what[1].name, what[2])))
    assert "an epoch here" not in texts(app)
    next(each for each in app.button if each.label == "How long is an epoch here?").click().run()
    assert asked == [("vgg16", 96)]
    measured(settings)
    app.run()
    assert "How long is an epoch here?" not in [each.label for each in app.button]


def test_what_an_epoch_takes_is_told_for_the_plan_and_for_each_mark(settings, split, app):
    measured(settings, each=1.0)
    photos, checked = split.counts["train"], split.counts["validation"]
    select(app, {"customdata": [11, "said"]})
    seconds = round(photos * (6 + 0.002) + checked * (2 + 0.001))
    minutes = f"{seconds // 60}:{seconds % 60:02d}"
    assert f"About {minutes} an epoch here (kept)." in texts(app)
    saved = 3 * (photos + checked) * 24
    assert f"11 of 19 layers run once instead of 25 times, about {saved // 60}:{saved % 60:02d} saved" in texts(app)
    said = dict(
        point
        for trace in figure(app)["data"]
        if trace.get("mode") == "markers"
        for point in trace.get("customdata", [])
    )
    assert f"about {minutes} an epoch, kept" in said[11]
    assert "kept" not in said[0]
    choose(app, "selectbox", "Augmentation", labelled(app, "selectbox", "Augmentation").options[1])
    seconds = round(photos * (3 + 6 + 0.002) + checked * (5 + 0.001))
    assert f"About {seconds // 60}:{seconds % 60:02d} an epoch here." in texts(app)


def test_outputs_that_are_too_large_to_keep_are_said_to_be(app):
    select(app, {"customdata": [2, "said"]})
    assert "2 of 19 layers run once instead of" in texts(app)
    choose(app, "number_input", "Photo size", 1024)
    assert "their output would take about 6.0 GB, too much to keep" in texts(app)  # 24 photos of 1024 x 1024 x 64
    assert "run once instead of" not in texts(app)
    marks = {trace["name"]: trace["x"] for trace in figure(app)["data"] if trace["type"] == "scatter"}
    assert 2 not in marks[MARKS]
    assert 7 in marks[MARKS]
