"""Home-made networks on the Train screen: blocks are added, changed, moved and lost by nobody but the visitor."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.models import DESIGNS
from core.records import HOME_MADE, ConvBlock

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
pytestmark = pytest.mark.usefixtures("split")


def page() -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page("train.py").run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def texts(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.caption, app.info, app.error, app.markdown) for element in kind)


def labelled(app: AppTest, kind: str, label: str):
    return next(element for element in app.get(kind) if element.label.startswith(label))


def choose(app: AppTest, kind: str, label: str, value) -> AppTest:
    labelled(app, kind, label).set_value(value).run()
    assert not app.exception
    return app


def home_made(design: str | None = None) -> AppTest:
    app = choose(page(), "selectbox", "Network", HOME_MADE)
    return choose(app, "selectbox", "Blocks from", design) if design else app


def boxes(app: AppTest, label: str) -> list:
    """A control of every block, in their order."""
    kinds = (*app.number_input, *app.selectbox)
    return [box for box in kinds if box.label == label and (box.key or "").startswith("train_block_")]


def more(app: AppTest, position: int) -> AppTest:
    """Open what is under a block's More."""
    key = boxes(app, "Filters")[position].key.replace("_filters", "_more")
    app.session_state[key] = True
    return app.run()


def dot(app: AppTest) -> str:
    return app.get("graphviz_chart")[0].proto.spec


def queued(app: AppTest, store):
    choose(app, "number_input", "Batch", 8)
    button(app, "Start").click().run()
    assert not app.exception
    (run,) = store.list()
    return run.spec


def test_a_home_made_network_starts_from_a_ready_design_which_brings_its_head(store):
    app = home_made()
    assert labelled(app, "selectbox", "Blocks from").value == "vanilla"
    assert [box.value for box in boxes(app, "Filters")] == [32, 64, 128]
    assert "Vanilla CNN: 10 layers" in texts(app)
    choose(app, "selectbox", "Blocks from", "skips")
    assert "Eight convolutions with skips: 37 layers, 1.2 M weights · photos from 16 px" in texts(app)
    spec = queued(app, store)
    assert (spec.backbone, spec.weights, spec.phases[0].frozen) == (HOME_MADE, None, 0)
    assert (spec.network, spec.head) == (DESIGNS["skips"].network, DESIGNS["skips"].head)


def test_what_the_blocks_say_is_what_is_queued(store):
    app = home_made()
    choose(app, "number_input", "How many", 3)
    boxes(app, "Of what")[1].set_value("inception").run()
    boxes(app, "Kernel")[2].set_value(7).run()
    boxes(app, "Pooling")[2].set_value("none").run()
    more(app, 0)
    choose(app, "toggle", "Skip connection", True)
    app.slider(key=boxes(app, "Filters")[0].key.replace("_filters", "_dropout")).set_value(0.25).run()
    next(each for each in app.get("button_group") if each.label == "Batch normalisation").set_value("before").run()
    choose(app, "text_input", "Name", "mine")
    spec = queued(app, store)
    assert spec.network.name == "mine"
    assert spec.network.blocks == (
        ConvBlock(filters=32, kernel=5, convolutions=3, skip=True, dropout=0.25, batch_normalization="before"),
        ConvBlock(filters=64, kind="inception"),
        ConvBlock(filters=128, kernel=7, pooling=None),
    )


def test_a_changed_design_is_no_longer_called_by_its_name_and_can_be_chosen_again(store):
    app = home_made()
    boxes(app, "Filters")[0].set_value(48).run()
    assert labelled(app, "text_input", "Name").value == "Vanilla CNN, changed"
    assert labelled(app, "selectbox", "Blocks from").value is None
    choose(app, "selectbox", "Blocks from", "vanilla")
    assert boxes(app, "Filters")[0].value == 32
    assert labelled(app, "text_input", "Name").value == "Vanilla CNN"
    boxes(app, "Filters")[0].set_value(48).run()
    boxes(app, "Filters")[0].set_value(32).run()
    assert labelled(app, "text_input", "Name").value == "Vanilla CNN"


def test_blocks_are_added_copied_moved_and_removed_with_what_they_are():
    app = home_made()
    button(app, "Add a block").click().run()
    assert [box.value for box in boxes(app, "Filters")] == [32, 64, 128, 128]
    boxes(app, "Filters")[3].set_value(256).run()
    more(app, 3)
    button(app, "Earlier").click().run()
    assert [box.value for box in boxes(app, "Filters")] == [32, 64, 256, 128]
    button(app, "Copy").click().run()
    assert [box.value for box in boxes(app, "Filters")] == [32, 64, 256, 256, 128]
    button(app, "Remove").click().run()
    assert [box.value for box in boxes(app, "Filters")] == [32, 64, 256, 128]
    assert not app.exception


def test_there_are_one_to_twenty_four_blocks():
    app = home_made()
    for _ in range(21):
        button(app, "Add a block").click().run()
    assert button(app, "Add a block").disabled
    assert len(boxes(app, "Filters")) == 24
    assert "would shrink photos of 96 px below one pixel" in texts(app)
    assert button(app, "Start").disabled
    more(app, 23)
    assert button(app, "Copy").disabled
    app = home_made("vanilla")
    for _ in range(2):
        more(app, 0)
        button(app, "Remove").click().run()
    more(app, 0)
    assert button(app, "Remove").disabled


def test_a_block_that_cannot_be_built_is_a_sentence_beside_it_and_nothing_is_lost_by_a_page_switch():
    app = home_made()
    boxes(app, "Filters")[1].set_value(40).run()
    boxes(app, "Of what")[1].set_value("inception").run()
    wrong = "Block 2: An inception module shares its filters out by sixteenths. Received: 40. Choose 32 or 48."
    assert [each.value for each in app.error] == [wrong]
    assert button(app, "Start").disabled
    assert "Drawn is the last network that could be built" in texts(app)
    app.switch_page("photos.py").run()
    app.switch_page("train.py").run()
    assert [each.value for each in app.error] == [wrong]
    assert [box.value for box in boxes(app, "Filters")] == [32, 40, 128]
    boxes(app, "Filters")[1].set_value(48).run()
    assert not app.error
    assert "side by side" in dot(app)


def test_too_many_convolutions_are_a_sentence():
    app = home_made("eight-convolutions")
    for box in range(4):
        boxes(app, "Pooling")[box].set_value("none").run()
        boxes(app, "How many")[box].set_value(8).run()
    for _ in range(9):
        button(app, "Add a block").click().run()
    (error,) = app.error
    assert "At most 96 convolutions or modules may stand in one network. Received: 104" in error.value
    assert button(app, "Start").disabled


def test_vanilla_can_be_opened_to_change_its_blocks(store):
    app = choose(page(), "selectbox", "Start from", "first")
    assert not boxes(app, "Filters")
    button(app, "Change its blocks").click().run()
    assert labelled(app, "selectbox", "Network").value == HOME_MADE
    boxes(app, "Filters")[2].set_value(96).run()
    spec = queued(app, store)
    assert [block.filters for block in spec.network.blocks] == [32, 64, 96]
    assert (spec.input_size, spec.head) == (48, DESIGNS["vanilla"].head)


def test_a_registered_network_has_no_blocks_and_another_choice_closes_them():
    app = home_made()
    assert app.get("graphviz_chart")
    choose(app, "selectbox", "Network", "vgg16")
    assert not boxes(app, "Filters")
    assert not app.get("graphviz_chart")
    assert "All 19 layers stay frozen" in texts(app)  # not the 0 that suits random weights
    assert "Change its blocks" not in [each.label for each in app.button]


def test_the_drawing_follows_photo_size_head_and_blocks():
    app = home_made()
    assert "96 × 96 × 32" in dot(app)
    choose(app, "number_input", "Photo size", 64)
    choose(app, "text_input", "Dense", "20")
    boxes(app, "Kernel")[0].set_value(3).run()
    assert "64 × 64 × 32" in dot(app)
    assert "<b>dense 20</b>" in dot(app)
    assert "conv 3×3 · 32" in dot(app)
    assert "<b>2 classes</b>" in dot(app)


def test_what_the_report_learnt_is_said_beside_the_blocks_and_of_a_registered_network_too():
    app = home_made("eight-convolutions")
    assert "8 convolutions of 32 filters in a row" in texts(app)
    choose(app, "selectbox", "Blocks from", "skips")
    assert "in a row" not in texts(app)
    choose(app, "selectbox", "Network", "vanilla")
    assert "of the weights are in the first dense layer behind flatten" in texts(app)
    assert "1/144" in texts(app)


def test_a_head_that_is_too_large_is_a_sentence_and_start_waits():
    app = home_made()
    choose(app, "number_input", "Photo size", 1024)
    choose(app, "text_input", "Dense", "8192")
    assert "Choose global average instead of flatten" in texts(app)
    assert button(app, "Start").disabled


def test_every_network_lists_its_layers_by_the_number_that_freezes_them():
    app = choose(page(), "selectbox", "Network", "vgg16")
    choose(app, "toggle", "All frozen", False)
    choose(app, "number_input", "Frozen", 8)
    assert not app.dataframe
    app.session_state["train_layers"] = True
    app.run()
    assert not app.exception
    found = app.dataframe[0].value
    assert len(found) == 19
    assert found.set_index("number")["state"].loc[[8, 9]].tolist() == ["frozen", "trains"]


def test_every_control_of_a_block_has_help():
    app = more(home_made(), 0)
    for kind in ("selectbox", "number_input", "toggle", "text_input", "slider"):
        for element in app.get(kind):
            if element.key and element.key.startswith("train_"):
                assert element.proto.help or element.proto.disabled, element.label
