"""The Augment screen: empty, without a split, and full, each of its tabs; it shows training photos only."""

import json
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
from core.records import Part, Phase, Recipe, Step
from core.runs import RunStore
from core.settings import Settings
from core.settings import settings as current_settings
from core.training import preset_spec
from core.training.first_batch import first_batch
from pages.parts import augment_grid, augment_photos, train_plan, warmup

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
    return next(e.proto.body for e in app.get("html") if 'class="thaw-draws' in e.proto.body)


def pictures(app: AppTest) -> list[str]:
    return [unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', html(app))]


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def view(app: AppTest, name: str) -> AppTest:
    app.session_state["augment_view"] = name
    app.run()
    assert not app.exception
    return app


def opened(app: AppTest, key: str) -> AppTest:
    """With a popover open whose content is drawn only then."""
    app.session_state[key] = True
    return app.run()


def more(app: AppTest, place: int) -> AppTest:
    """With "More" of one step open."""
    number = [element.key for element in app.toggle if re.fullmatch(r"augment_\d+_on", element.key or "")][place]
    return opened(app, number.removesuffix("on") + "more")


def add(app: AppTest, *titles: str) -> AppTest:
    opened(app, "augment_menu")
    for title in titles:
        button(app, title).click().run()
    return app


def keep(name: str, *steps: Step) -> Recipe:
    return save_recipe(current_settings(), Recipe(name=name, steps=steps))


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
    add(app, "Grayscale", "Rotate")
    switches = [element.label for element in app.toggle if element.label in ("Grayscale", "Rotate")]
    assert switches == ["Grayscale", "Rotate"]
    more(app, -1)
    button(app, "Earlier").click().run()
    switches = [element.label for element in app.toggle if element.label in ("Grayscale", "Rotate")]
    assert switches == ["Rotate", "Grayscale"]
    next(element for element in app.toggle if element.label == "Rotate").set_value(False).run()
    more(app, 1)
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
    app = more(choose(page(), "grid"), 0)
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
    add(app, "Hue")
    button(app, "Train with this recipe").click().run()
    assert not app.exception
    assert app.session_state["_train_plan"].phases[-1].recipe == Recipe(steps=(Step(operation="hue"),))
    assert button(app, "Start").proto.type == "primary"


@pytest.mark.usefixtures("full")
def test_steps_stand_below_each_other_and_a_run_of_geometric_ones_is_marked():
    keep("walk", Step(operation="horizontal_flip"), Step(operation="rotation"), Step(operation="mixup"))
    app = view(choose(page(), "walk"), "Steps")
    shown = html(app)
    titles = [unescape(title) for title in re.findall(r'<div class="step[^"]*"><p>([^<]*)</p>', shown)]
    assert titles == ["The training photo", "1 Flip left-right", "2 Rotate", "3 MixUp"]
    assert "These 2 steps are one resampling" in shown
    assert shown.count('class="step run') == 2
    assert "mixes photos of the batch" in shown
    assert re.search(r"turned \d+° (left|right)", shown)


@pytest.mark.usefixtures("full")
def test_the_last_of_the_steps_is_the_first_draw():
    keep("walk", Step(operation="rotation"), Step(operation="brightness"))
    app = choose(page(), "walk")
    first = re.findall(r'draw 1" src="([^"]*)"', html(app))
    last = re.findall(r'after Brightness" src="([^"]*)"', html(view(app, "Steps")))
    assert len(last) == 5
    assert last == first[:5]


@pytest.mark.usefixtures("full")
def test_without_a_step_the_tabs_say_so():
    app = view(choose(page(), "none"), "Steps")
    assert "There is no step that is switched on" in texts(app)
    assert len(pictures(app)) == 5
    assert "The recipe has no step yet" in texts(view(app, "Strength"))
    assert "This phase has no recipe: it sees the photos as they are" in texts(view(app, "First batch"))


@pytest.mark.usefixtures("full")
def test_one_step_is_shown_from_weak_to_strong():
    keep("turns", Step(operation="rotation"), Step(operation="one_of", steps=(Step(operation="cutout"),)))
    app = view(choose(page(), "turns"), "Strength")
    assert app.selectbox(key="augment_step").options == ["1 Rotate", "2 Cutout"]
    assert re.findall(r"<strong>([^<]*)</strong>", html(app)) == ["0°", "90°", "180°", "270°", "360°"]
    assert len(pictures(app)) == 4 * (1 + 5)
    assert "Turned by up to: 30° in the recipe" in texts(app).replace("\\", "")
    app.selectbox(key="augment_step").set_value("2 Cutout").run()
    assert "5 %" in re.findall(r"<strong>([^<]*)</strong>", html(app))


@pytest.mark.usefixtures("full")
def test_the_first_batch_is_the_trainers_own():
    app = view(choose(page(), "geometric (report)"), "First batch")
    plan = train_plan.with_recipe(*chosen())
    batch = first_batch(current_settings(), plan, datasets.split_rows(current_settings(), plan.split))
    expected = [augment_grid.source(pixels) for pixels in batch.images.round().astype(np.uint8)]
    assert re.findall(r'<img alt="[^"]*" src="([^"]*)"', html(app)) == expected
    assert len(expected) == 32
    said = texts(app).replace("\\", "")
    assert "32 photos of 96 px · seed 0 · 42 photos an epoch" in said
    assert {re.sub("<[^>]*>", "", name) for name in pictures(app)} <= {ODD.replace("<b>", ""), "beech", "cedar"}


def chosen():
    found = datasets.list_datasets(current_settings())[0]
    recipe = find_recipe(current_settings(), "geometric (report)")
    return preset_spec("mobilenetv2-frozen", found.id, datasets.list_splits(current_settings(), found.id)[0].id), recipe


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", ["Steps", "Strength", "First batch"])
def test_while_tensorflow_loads_every_tab_is_grey_in_its_own_shape(monkeypatch, name):
    state = warmup.Warmup(started=True)
    state.demo_over.set()
    monkeypatch.setattr(warmup, "state", state)
    app = view(page(), name)
    assert "TensorFlow is being loaded" in texts(app)
    assert html(app).count("<i></i>") == {"Steps": 30, "Strength": 20, "First batch": 32}[name]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", ["Draws", "Steps", "First batch"])
def test_what_cant_be_drawn_is_a_sentence_in_every_tab(name):
    keep("grid", Step(operation="gridmask", parameters={"period_low": 0.2, "period_high": 0.3}))
    app = more(choose(page(), "grid"), 0)
    next(slider for slider in app.slider if slider.label == "Longest period").set_value(0.1).run()
    assert "must be at least the shortest period" in texts(view(app, name)).replace("\\", "")
    assert any(element.label == "GridMask" for element in app.toggle)


@pytest.mark.usefixtures("full")
def test_a_recipe_that_darkens_everything_is_seen():
    keep("night", Step(operation="brightness", parameters={"darker": 0.5, "lighter": 0.0}))
    app = choose(page(), "night")
    line = next(e.proto.body for e in app.get("html") if "thaw-values" in e.proto.body)
    assert re.search(r"mean \d+ → \d+, spread \d+ → \d+: <strong>\d+ darker", line)


@pytest.mark.usefixtures("full")
def test_two_recipes_draw_the_same_photos_under_their_names():
    app = choose(page(), "geometric (report)")
    app.selectbox(key="augment_against").set_value("none").run()
    assert not app.exception
    assert len(pictures(app)) == 12 * (1 + 2 * 3)
    assert re.findall(r'<p class="name"[^>]*>([^<]*)<', html(app))[:2] == ["geometric (report)", "none"]
    app.selectbox(key="augment_against").set_value("geometric (report)").run()
    assert "Both recipes are the same" in texts(app)


@pytest.mark.usefixtures("full")
def test_mixed_photos_show_their_partner():
    keep("mixed", Step(operation="mixup", parameters={"alpha": 2.0}))
    app = choose(page(), "mixed")
    assert "Below a mixed photo: its label and its partner" in texts(app)
    assert [alt for alt in pictures(app) if re.match(r"MixUp: \d+ % of the photo, \d+ % of this one, ", alt)]


@pytest.mark.usefixtures("full")
def test_under_the_slider_stands_what_stood_side_by_side():
    app = page()
    beside = re.findall(r'draw 2" src="([^"]*)"', html(app))
    app.session_state["augment_layout"] = "Under a slider"
    app.run()
    assert not app.exception
    given = json.loads(app.get("bidi_component")[0].proto.json)
    assert len(given["photos"]) == 12
    assert {photo["name"] for photo in given["photos"]} == {ODD, "beech", "cedar"}
    assert [one["src"] for one in given["recipes"][0]["draws"][1]] == beside


@pytest.mark.usefixtures("full")
def test_a_phase_without_the_recipe_shows_photos_as_they_are_and_says_where_it_is_used():
    app = page()
    spec = preset_spec("mobilenetv2-frozen", "", "")
    phases = (spec.phases[0].model_copy(update={"frozen": "all", "batch_size": 42}), Phase(frozen=0, batch_size=8))
    app.session_state["_train_plan"] = spec.model_copy(update={"phases": phases})
    app.session_state["_train_ids"] = [1, 2, 3]
    view(app, "First batch")
    said = texts(app).replace("\\", "")
    assert "This phase has no recipe: it sees the photos as they are. The recipe is used in phase 2." in said
    assert "42 photos of 96 px" in said
    app.session_state["augment_phase_2"] = 1
    app.run()
    assert not app.exception
    assert "This phase has no recipe" not in texts(app)
    assert len(pictures(app)) == 8
