"""core.augment.library: recipes by name."""

import json

import pytest

from core.augment import BUILT_IN, find_recipe, list_recipes, save_recipe
from core.errors import BadName, BadParameter, BadRecipe, UnknownRecipe
from core.records import Recipe, Step
from core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


def turned(name, degrees=90.0):
    return Recipe(name=name, steps=(Step(operation="rotation", parameters={"degrees": degrees}),))


def test_the_reports_recipes_are_built_in(settings):
    assert [recipe.name for recipe in list_recipes(settings)] == ["none", "geometric (report)", "advanced (report)"]
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
    assert [recipe.name for recipe in list_recipes(settings)][3:] == ["Mine"]
    assert find_recipe(settings, "mine").steps[0].parameters == {"degrees": 20.0}


def test_names_with_the_same_slug_are_kept_apart(settings):
    save_recipe(settings, turned("a+b", 10.0))
    save_recipe(settings, turned("a-b", 20.0))
    assert find_recipe(settings, "a+b") != find_recipe(settings, "a-b")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "tab\tinside", "None", "geometric (REPORT)"])
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
    with pytest.raises(UnknownRecipe, match=r"no recipe nothing\. Saved recipes are: none, geometric \(report\)"):
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
    assert [recipe.name for recipe in list_recipes(settings)][3:] == ["other"]
