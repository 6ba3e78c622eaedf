"""The Augment screen: empty, without a split, and full; it shows training photos only."""

import re
import shutil
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import datasets
from core.augment import find_recipe, save_recipe
from core.records import Part, Recipe, Step
from core.runs import RunStore
from core.settings import Settings
from core.settings import settings as current_settings
from pages.parts import augment_photos, warmup

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
ODD = "a very odd oak of *forty* letters & <b>no markup"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with 60 photos in three classes, split; made once."""
    folder = tmp_path_factory.mktemp("augment")
    generator = np.random.default_rng(0)
    for number_of_class, name in enumerate((ODD, "beech", "cedar")):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(20):
            noise = generator.integers(0, 200, (24, 24, 3), dtype=np.uint8) + np.uint8(20 * number_of_class)
            Image.fromarray(noise).save(folder / "photos" / name / f"{number}.png")
    home = Settings(folder / "home", None, f"sqlite:///{folder / 'home' / 'runs.db'}", None)
    dataset = datasets.import_folder(home, folder / "photos", "Trees")
    datasets.make_split(home, dataset)
    RunStore(home)  # a fresh store takes seconds
    return home.home


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("THAW_HOME", str(tmp_path / "home"))
    current_settings.cache_clear()
    yield tmp_path / "home"
    current_settings.cache_clear()


@pytest.fixture
def full(home, built):
    shutil.copytree(built, home)
    return home


def page() -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page("augment.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.caption, app.info, app.error, app.success) for element in kind)


def html(app: AppTest) -> str:
    return next(e.proto.body for e in app.get("html") if 'class="thaw-draws"' in e.proto.body)


def pictures(app: AppTest) -> list[str]:
    return [unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', html(app))]


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def choose(app: AppTest, recipe: str) -> AppTest:
    app.selectbox(key="augment_recipe").set_value(recipe).run()
    assert not app.exception
    return app


@pytest.mark.usefixtures("home")
def test_without_photos_the_page_says_what_will_be_here_and_offers_one_button():
    app = page()
    assert "There are no photos yet" in texts(app)
    assert button(app, "Add photos").proto.type == "primary"


@pytest.mark.usefixtures("home")
def test_while_the_demo_photos_are_drawn_the_page_says_so(monkeypatch):
    monkeypatch.setattr(warmup, "state", warmup.Warmup(started=True))
    app = page()
    assert "The demo photos are being drawn" in texts(app)
    assert html(app).count("<i></i>") == 24


@pytest.mark.usefixtures("full")
def test_originals_stand_beside_their_draws_with_the_reports_recipe_first():
    app = page()
    assert app.selectbox(key="augment_recipe").value == "geometric (report)"
    assert len(pictures(app)) == 12 * (1 + 3)
    assert "Outlined: the training photo" in texts(app)
    primary = [element.label for element in app.button if element.proto.type == "primary"]
    assert primary == ["Train with this recipe"]


@pytest.mark.usefixtures("full")
def test_draw_again_changes_the_draws_and_not_the_photos():
    app = page()
    before = html(app)
    button(app, "Draw again").click().run()
    assert app.number_input(key="augment_seed").value == 1
    originals = re.findall(r'class="original"><img alt="[^"]*" src="([^"]*)"', before)
    assert originals == re.findall(r'class="original"><img alt="[^"]*" src="([^"]*)"', html(app))
    assert before != html(app)


@pytest.mark.usefixtures("full")
def test_mixed_photos_say_their_label_in_words():
    recipe = Recipe(name="mixed", steps=(Step(operation="mixup", parameters={"alpha": 2.0}),))
    save_recipe(current_settings(), recipe)
    app = choose(page(), "mixed")
    mixed = [alt for alt in pictures(app) if re.search(r"draw \d: \d+.%.*, \d+.%", alt)]
    assert mixed
    assert "<b>no markup" not in html(app)


@pytest.mark.usefixtures("full")
def test_a_step_is_added_moved_switched_off_and_removed():
    app = choose(page(), "none")
    assert "No step yet" in texts(app)
    for title in ("Grayscale", "Rotate"):
        button(app, title).click().run()
    switches = [element.label for element in app.toggle if element.label in ("Grayscale", "Rotate")]
    assert switches == ["Grayscale", "Rotate"]
    [element for element in app.button if element.label == "Earlier"][-1].click().run()
    switches = [element.label for element in app.toggle if element.label in ("Grayscale", "Rotate")]
    assert switches == ["Rotate", "Grayscale"]
    next(element for element in app.toggle if element.label == "Rotate").set_value(False).run()
    [element for element in app.button if element.label == "Remove"][-1].click().run()
    assert "Without a step every epoch sees the photo as it is" in texts(app)


@pytest.mark.usefixtures("full")
def test_a_changed_recipe_is_saved_by_name_and_chosen():
    app = page()
    next(slider for slider in app.slider if slider.label == "Turned by up to").set_value(45.0).run()
    assert any(element.label == "Undo changes" for element in app.button)
    app.text_input(key="augment_name").set_value("mine").run()
    button(app, "Save recipe").click().run()
    assert app.selectbox(key="augment_recipe").value == "mine"
    assert find_recipe(current_settings(), "mine").steps[2].parameters == {"degrees": 45.0}
    app.text_input(key="augment_name").set_value("none").run()
    button(app, "Save recipe").click().run()
    assert "built\\-in" in texts(app)


@pytest.mark.usefixtures("full")
def test_a_page_switch_loses_no_change():
    app = page()
    next(slider for slider in app.slider if slider.label == "Turned by up to").set_value(45.0).run()
    app.switch_page("start.py").run()
    app.switch_page("augment.py").run()
    assert next(slider for slider in app.slider if slider.label == "Turned by up to").value == 45.0


@pytest.mark.usefixtures("full")
def test_a_parameter_that_cant_be_is_a_sentence_and_the_recipe_stays():
    save_recipe(current_settings(), Recipe(name="grid", steps=(Step(operation="gridmask"),)))
    app = choose(page(), "grid")
    next(slider for slider in app.slider if slider.label == "Longest period").set_value(0.1).run()
    assert not app.exception
    assert "must be at least the shortest period" in texts(app).replace("\\", "")
    assert any(element.label == "GridMask" for element in app.toggle)


@pytest.mark.usefixtures("full")
def test_while_tensorflow_loads_the_originals_stand_beside_grey(monkeypatch):
    state = warmup.Warmup(started=True)
    state.demo_over.set()
    monkeypatch.setattr(warmup, "state", state)
    app = page()
    assert "TensorFlow is being loaded" in texts(app)
    assert len(pictures(app)) == 12
    assert html(app).count("<i></i>") == 36


@pytest.mark.usefixtures("full")
def test_only_training_photos_are_ever_shown():
    found = datasets.list_datasets(current_settings())[0]
    split = datasets.list_splits(current_settings(), found.id)[0]
    rows = datasets.split_rows(current_settings(), split.id)
    train = set(rows.loc[rows["part"] == Part.TRAIN, "id"])
    for number in range(10):
        ids, labels = augment_photos.sample(split.id, split.dataset, None, 24, number)
        assert set(ids) <= train
        assert len(set(ids)) == 24
        assert set(labels[:3]) == {0, 1, 2}


@pytest.mark.usefixtures("full")
def test_the_primary_button_takes_the_recipe_along_to_the_train_page():
    app = choose(page(), "none")
    button(app, "Hue").click().run()
    button(app, "Train with this recipe").click().run()
    assert not app.exception
    assert app.session_state["_train_plan"].phases[-1].recipe == Recipe(steps=(Step(operation="hue"),))
    assert button(app, "Start").proto.type == "primary"
