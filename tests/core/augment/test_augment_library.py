"""core.augment.library: recipes by name."""

import json
import shutil
from pathlib import Path

import pytest

from core.augment import (
    BUILT_IN,
    delete_recipe,
    duplicate,
    find_recipe,
    list_recipes,
    recipe_json,
    save_recipe,
    validate,
)
from core.errors import BadName, BadParameter, BadRecipe, BuiltInRecipe, UnknownRecipe
from core.records import Recipe, Step
from core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


def turned(name, degrees=90.0):
    return Recipe(name=name, steps=(Step(operation="rotation", parameters={"degrees": degrees}),))


def own(settings):
    """Names of the saved recipes."""
    return [recipe.name for recipe in list_recipes(settings)[len(BUILT_IN) :]]


def test_the_presets_are_built_in_and_each_is_in_its_normal_form(settings):
    names = ["none", "light", "medium", "strong", "CutMix or MixUp (challenge winner)"]
    assert [recipe.name for recipe in list_recipes(settings)] == [*names, "geometric (report)", "advanced (report)"]
    assert [validate(recipe) for recipe in BUILT_IN] == list(BUILT_IN)
    assert len({recipe.id for recipe in BUILT_IN}) == len(BUILT_IN)


def test_what_the_reports_recipes_are_never_changes():
    """Runs are found again by the hash of what they did."""
    ids = {recipe.name: recipe.id for recipe in BUILT_IN}
    assert ids["none"] == Recipe().id
    assert ids["geometric (report)"] == "3c355f58899c1db97a6f"
    assert ids["advanced (report)"] == "27d39874b324e4c6bf0d"


def test_the_winner_had_cutmix_or_mixup_for_each_photo(settings):
    step = find_recipe(settings, "CutMix or MixUp (challenge winner)").steps[-1]
    assert step == Step(operation="one_of", steps=(Step(operation="cutmix"), Step(operation="mixup")))


def test_the_reports_recipes_are_built_in(settings):
    geometric, advanced = find_recipe(settings, "geometric (report)"), find_recipe(settings, "Advanced (report)")
    assert advanced.steps[: len(geometric.steps)] == geometric.steps
    assert {"grayscale", "gridmask", "mixup", "cutmix"} <= {step.operation for step in advanced.steps}
    assert find_recipe(settings, "none").steps == ()


def test_a_saved_recipe_is_found_again_whatever_the_case(settings):
    kept = save_recipe(settings, turned("  Blätter von oben "))
    assert kept.name == "Blätter von oben"
    assert find_recipe(settings, "BLÄTTER VON OBEN") == kept
    assert list_recipes(settings) == [*BUILT_IN, kept]


def test_saving_again_replaces(settings):
    save_recipe(settings, turned("mine", 10.0))
    save_recipe(settings, turned("Mine", 20.0))
    assert own(settings) == ["Mine"]
    assert find_recipe(settings, "mine").steps[0].parameters == {"degrees": 20.0}


def test_names_with_the_same_slug_are_kept_apart(settings):
    save_recipe(settings, turned("a+b", 10.0))
    save_recipe(settings, turned("a-b", 20.0))
    assert find_recipe(settings, "a+b") != find_recipe(settings, "a-b")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "tab\tinside", "None", "Light", "geometric (REPORT)"])
def test_a_name_that_cant_be_used_is_refused(settings, name):
    with pytest.raises(BadName):
        save_recipe(settings, turned(name))
    assert list_recipes(settings) == list(BUILT_IN)


def test_a_recipe_that_cant_be_drawn_is_not_saved(settings):
    with pytest.raises(BadParameter):
        save_recipe(settings, turned("mine", 999.0))
    assert list_recipes(settings) == list(BUILT_IN)


def test_a_name_can_not_leave_the_folder(settings, tmp_path):
    save_recipe(settings, turned("../../etc/passwd"))
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "recipes"]


def test_an_unknown_recipe_is_named_with_the_known_ones(settings):
    with pytest.raises(UnknownRecipe, match=r"no recipe nothing\. Saved recipes are: none, light, "):
        find_recipe(settings, "nothing")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        json.dumps({"version": 99, "name": "mine", "steps": []}),
        json.dumps({"version": 1, "name": "mine", "steps": [{"operation": "rotation", "probability": 7}]}),
        json.dumps({"version": 1, "name": "mine", "steps": 3}),
    ],
)
def test_a_damaged_or_newer_file_is_one_sentence_and_hides_no_other_recipe(settings, content):
    save_recipe(settings, turned("mine"))
    save_recipe(settings, turned("other"))
    path = next((settings.home / "recipes").glob("mine-*.json"))
    path.write_text(content)
    with pytest.raises(BadRecipe):
        find_recipe(settings, "mine")
    assert own(settings) == ["other"]


OLD = Path(__file__).parents[2] / "fixtures" / "recipes" / "bl-tter-von-oben-8e3dc068.json"


def test_a_recipe_saved_in_the_first_format_is_still_found_and_does_the_same(settings):
    (settings.home / "recipes").mkdir(parents=True)
    shutil.copy(OLD, settings.home / "recipes")
    old = find_recipe(settings, "Blätter von oben")
    assert old.id == "ee469d8ea396dec3d1a4"  # as the Thaw that saved it said
    assert [step.operation for step in old.steps] == ["horizontal_flip", "rotation", "cutout", "cutmix"]
    assert save_recipe(settings, old) == old
    assert own(settings) == ["Blätter von oben"]


def test_a_recipe_that_had_the_name_of_a_later_preset_is_not_lost(settings):
    kept = save_recipe(settings, turned("lighter"))
    path = next((settings.home / "recipes").glob("*.json"))
    path.unlink()
    save_recipe(settings, turned("light (saved)"))  # lies where "light" lay
    path = next((settings.home / "recipes").glob("*.json"))
    path.write_text(recipe_json(kept.model_copy(update={"name": "Light"})))
    assert own(settings) == ["Light (saved)"]
    assert find_recipe(settings, "light (saved)").steps == kept.steps
    assert find_recipe(settings, "light") == BUILT_IN[1]
    delete_recipe(settings, "Light (saved)")
    assert own(settings) == []


def test_switched_off_steps_and_groups_are_kept(settings):
    group = Step(operation="one_of", probability=0.5, steps=(Step(operation="hue"), Step(operation="blur", on=False)))
    recipe = Recipe(name="mine", steps=(Step(operation="rotation", on=False), group), oversample=500)
    assert save_recipe(settings, recipe) == recipe
    assert find_recipe(settings, "mine") == recipe


def test_a_duplicate_does_the_same_under_a_name_of_its_own(settings):
    names = [duplicate(settings, name).name for name in ("light", "light", "light, copy", "LIGHT, COPY 2")]
    assert names == ["light, copy", "light, copy 2", "light, copy 3", "light, copy 4"]
    assert {find_recipe(settings, name).id for name in names} == {BUILT_IN[1].id}
    save_recipe(settings, turned("x" * 60))
    assert duplicate(settings, "x" * 60).name == "x" * 54 + ", copy"
    with pytest.raises(UnknownRecipe):
        duplicate(settings, "nothing")


def test_a_saved_recipe_can_be_deleted_and_a_built_in_one_can_not(settings):
    save_recipe(settings, turned("mine"))
    delete_recipe(settings, "MINE")
    assert own(settings) == []
    with pytest.raises(UnknownRecipe):
        delete_recipe(settings, "mine")
    with pytest.raises(BuiltInRecipe, match="light is built in and stays"):
        delete_recipe(settings, "light")
    assert list_recipes(settings) == list(BUILT_IN)
