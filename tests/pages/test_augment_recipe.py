"""The recipe on the Augment screen: groups, switched-off steps, balance, and what is done with a whole recipe."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.augment import OPERATIONS, find_recipe, list_recipes, recipe_json, save_recipe
from core.records import Recipe, Step

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
ALL = [operation.name for operation in OPERATIONS.values()]
NESTED = '{"version": 2, "steps": [{"operation": "one_of", "steps": [{"operation": "one_of"}]}]}'

pytestmark = pytest.mark.usefixtures("split")


def page(recipe: str = "none") -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page("augment.py").run()
    app.selectbox(key="augment_recipe").set_value(recipe).run()
    assert not app.exception
    return app


def opened(app: AppTest, key: str) -> AppTest:
    """With a popover open whose content is drawn only then."""
    app.session_state[key] = True
    return app.run()


def add(app: AppTest, *titles: str) -> AppTest:
    opened(app, "augment_menu")
    for title in titles:
        press(app, title)
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(element for element in app.button if element.label == label).click().run()
    assert not app.exception
    return app


def numbers(app: AppTest, title: str) -> list[str]:
    """Ids of the steps of that title."""
    return [re.fullmatch(r"augment_(\d+)_on", element.key)[1] for element in app.toggle if element.label == title]


def more(app: AppTest, title: str) -> AppTest:
    return opened(app, f"augment_{numbers(app, title)[-1]}_more")


def said(app: AppTest) -> str:
    kinds = (app.error, app.caption, app.markdown, app.toast)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def expander(app: AppTest) -> str:
    return next(one.label for one in app.expander if one.label.startswith("Rare classes"))


def bring_in(app: AppTest, text: str) -> AppTest:
    """Paste and use; the test runtime runs the whole page and not the dialog alone, so its button is pressed again."""
    press(app, "Bring in …")
    app.text_area(key="augment_pasted").set_value(text)
    app.button(key="augment_use").click()
    return press(app, "Bring in …")


def save(app: AppTest, name: str) -> AppTest:
    app.text_input(key="augment_name").set_value(name).run()
    return press(app, "Save recipe")


def test_the_menu_offers_every_operation_in_its_group_once():
    app = opened(page(), "augment_menu")
    offered = [element.key.removeprefix("augment_add_") for element in app.button if "augment_add_" in str(element.key)]
    assert sorted(offered) == sorted(ALL)
    assert {"Move", "Colour", "Cover", "Mix photos", "By chance"} <= {element.value for element in app.caption}


def test_a_step_that_is_switched_off_is_saved_and_trains_nothing(settings):
    app = add(page(), "Rotate", "Hue")
    next(element for element in app.toggle if element.label == "Hue").set_value(False).run()
    save(app, "half")
    kept = find_recipe(settings, "half")
    assert [(step.operation, step.on) for step in kept.steps] == [("rotation", True), ("hue", False)]
    assert kept.id == Recipe(steps=(Step(operation="rotation"),)).id
    assert not any(element.label == "Undo changes" for element in app.button)
    next(element for element in app.toggle if element.label == "Hue").set_value(True).run()
    assert any(element.label == "Undo changes" for element in app.button)


def test_switching_off_what_was_off_is_undone_too(settings):
    save_recipe(settings, Recipe(name="off", steps=(Step(operation="hue", on=False),)))
    app = more(page("off"), "Hue")
    press(app, "Remove")
    assert not numbers(app, "Hue")
    press(app, "Undo changes")
    assert not next(element for element in app.toggle if element.label == "Hue").value


def test_a_group_gets_members_with_their_share_and_loses_them_again(settings):
    app = add(page(), "One of …")
    assert "An empty group does nothing" in said(app)
    for name in ("mixup", "cutmix"):
        box = next(element for element in app.selectbox if element.label == "Add to the group")
        box.set_value(name).run()
        assert not app.exception
    assert said(app).count("mixes photos of the batch") == 2
    assert "An empty group" not in said(app)
    more(app, "CutMix")
    next(element for element in app.slider if element.label == "Share").set_value(0.5).run()
    group = numbers(app, "One of")[0]
    app.session_state[f"augment_{group}_per"] = "batch"
    app.run()
    assert "for each batch" in said(app)
    save(app, "either")
    members = (Step(operation="mixup"), Step(operation="cutmix", probability=0.5))
    assert find_recipe(settings, "either").steps == (
        Step(operation="one_of", parameters={"per": "batch"}, steps=members),
    )
    press(more(app, "CutMix"), "Remove")
    save(app, "either")
    assert find_recipe(settings, "either").steps[0].steps == members[:1]


def test_a_group_offers_no_group():
    app = add(page(), "One of …")
    box = next(element for element in app.selectbox if element.label == "Add to the group")
    assert len(box.options) == len(ALL) - 1
    assert not any(option.startswith("One of") for option in box.options)


def test_members_move_within_their_group(settings):
    members = (Step(operation="blur"), Step(operation="noise"))
    save_recipe(settings, Recipe(name="group", steps=(Step(operation="one_of", steps=members),)))
    app = press(more(page("group"), "Noise"), "Earlier")
    save(app, "group")
    assert [step.operation for step in find_recipe(settings, "group").steps[0].steps] == ["noise", "blur"]


def test_oversampling_shows_the_photos_an_epoch_and_is_saved(settings, split):
    train = split.counts["train"]
    app = page()
    assert expander(app) == f"Rare classes: {train} photos an epoch"
    way = next(one for one in app.get("button_group") if re.fullmatch(r"augment_balance_\d+_way", one.key))
    way.set_value("number").run()
    app.number_input(key=way.key.replace("way", "number")).set_value(40).run()
    assert not app.exception
    assert expander(app) == "Rare classes: 80 photos an epoch"
    table = next(element.proto.body for element in app.get("html") if "thaw-balance" in element.proto.body)
    assert table.count(f"<td>{train // 2} → 40</td>") == 2
    save(app, "many")
    assert find_recipe(settings, "many").oversample == 40
    app.selectbox(key="augment_recipe").set_value("none").run()
    assert expander(app) == f"Rare classes: {train} photos an epoch"
    app.selectbox(key="augment_recipe").set_value("many").run()
    assert expander(app) == "Rare classes: 80 photos an epoch"


def test_a_recipe_is_duplicated_and_deleted_after_a_question(settings):
    save_recipe(settings, Recipe(name="mine", steps=(Step(operation="hue"),)))
    app = press(page("mine"), "Duplicate")
    copy = app.selectbox(key="augment_recipe").value
    assert copy != "mine"
    assert find_recipe(settings, copy).steps == (Step(operation="hue"),)
    press(app, "Delete …")
    assert copy in said(app)
    assert copy in [recipe.name for recipe in list_recipes(settings)]
    app.button(key="augment_delete").click().run()
    assert not app.exception
    assert copy not in [recipe.name for recipe in list_recipes(settings)]
    assert app.selectbox(key="augment_recipe").value == "geometric (report)"
    assert find_recipe(settings, "mine")


def test_a_built_in_recipe_is_duplicated_but_not_deleted(settings):
    app = page("geometric (report)")
    assert next(element for element in app.button if element.label == "Delete …").disabled
    press(app, "Duplicate")
    copy = find_recipe(settings, app.selectbox(key="augment_recipe").value)
    assert copy.steps == find_recipe(settings, "geometric (report)").steps
    assert not next(element for element in app.button if element.label == "Delete …").disabled


def test_a_recipe_is_shown_as_json_and_comes_back(settings):
    recipe = Recipe(steps=(Step(operation="rotation", parameters={"degrees": 45.0}), Step(operation="hue", on=False)))
    save_recipe(settings, recipe.model_copy(update={"name": "mine"}))
    app = press(page("mine"), "JSON …")
    text = app.code[0].value
    assert text == recipe_json(find_recipe(settings, "mine"))
    app = bring_in(page(), text)
    assert not app.text_area
    assert [element.value for element in app.toggle if element.label in ("Rotate", "Hue")] == [True, False]
    assert next(element for element in app.slider if element.label == "Turned by up to").value == 45.0
    assert any(element.label == "Undo changes" for element in app.button)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no JSON", "it is no JSON"),
        ('{"version": 99, "steps": []}', "newer Thaw"),
        ('{"version": 1, "steps": [{"operation": "melt"}]}', "There is no augmentation melt"),
        ('{"version": 1, "steps": [{"operation": "zoom", "parameters": {"amount": 7}}]}', "must be a number from"),
        ('{"version": 1, "steps": [{"operation": "zoom", "probability": 2}]}', "probability"),
        (NESTED, "aren't groups themselves"),
    ],
)
def test_json_that_is_no_recipe_is_a_sentence_and_changes_nothing(text, sentence):
    app = bring_in(page("geometric (report)"), text)
    assert sentence in said(app)
    assert app.text_area(key="augment_pasted").value == text
    assert numbers(app, "Rotate")


def test_the_recipe_leaves_as_keras_code(settings):
    app = press(page("geometric (report)"), "Keras code …")
    code = app.code[0].value
    compile(code, "recipe.py", "exec")
    assert "keras" in code
    assert "Equivalent, not identical" in said(app)


def test_a_recipe_that_cant_be_used_is_a_sentence_instead_of_json(settings):
    save_recipe(settings, Recipe(name="grid", steps=(Step(operation="gridmask"),)))
    app = more(page("grid"), "GridMask")
    next(element for element in app.slider if element.label == "Longest period").set_value(0.1).run()
    press(app, "JSON …")
    assert "must be at least the shortest period" in said(app)
    assert not app.code
