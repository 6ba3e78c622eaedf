"""core.augment.recipe_text: a recipe as JSON, and whatever a visitor brings as one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.augment import BUILT_IN, read_recipe, recipe_json
from core.errors import BadParameter, BadRecipe, ThawError, UnknownOperation
from core.records import Recipe, Step


@pytest.mark.parametrize("recipe", BUILT_IN, ids=[recipe.name for recipe in BUILT_IN])
def test_every_preset_is_read_back_as_it_was_written(recipe):
    assert read_recipe(recipe_json(recipe)) == recipe


def test_the_text_is_short_and_says_its_format():
    group = Step(operation="one_of", steps=(Step(operation="hue", probability=0.5), Step(operation="blur", on=False)))
    recipe = Recipe(name="Blätter", steps=(group,), oversample="largest")
    blur = {"operation": "blur", "on": False}
    assert json.loads(recipe_json(recipe)) == {
        "version": 2,
        "name": "Blätter",
        "steps": [{"operation": "one_of", "steps": [{"operation": "hue", "probability": 0.5}, blur]}],
        "oversample": "largest",
    }
    assert "Blätter" in recipe_json(recipe)
    assert read_recipe(recipe_json(recipe)) == recipe


def test_a_name_may_be_missing_and_a_byte_order_mark_may_stand_before_it():
    assert read_recipe('\ufeff{"version": 1, "steps": [{"operation": "hue"}]}') == Recipe(
        steps=(Step(operation="hue"),)
    )


def step(**fields):
    return json.dumps({"version": 2, "steps": [fields]})


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("", BadRecipe, "you brought can't be used: it is no JSON"),
        ("{'version': 2}", BadRecipe, "it is no JSON"),
        ("[]", BadRecipe, "a recipe is an object with steps, this is a list"),
        ("12", BadRecipe, "this is a int"),
        ("{}", BadRecipe, "doesn't say its format"),
        ('{"version": "2"}', BadRecipe, "doesn't say its format"),
        ('{"version": true}', BadRecipe, "doesn't say its format"),
        ('{"version": 3, "steps": []}', BadRecipe, "was made by a newer Thaw; this one reads up to 2"),
        ('{"version": 2, "steps": 3}', BadRecipe, 'its "steps" are no list'),
        ('{"version": 2, "steps": [3]}', BadRecipe, "steps 1: Input should be a valid dictionary or instance of Step"),
        ('{"version": 2, "step": []}', BadRecipe, "step: Extra inputs are not permitted"),
        ('{"version": 2, "name": 5}', BadRecipe, "name: Input should be a valid string"),
        (json.dumps({"version": 2, "name": "x" * 500}), BadRecipe, "its name has 500 letters, at most 60"),
        (json.dumps({"version": 2, "oversample": "all"}), BadRecipe, "oversample"),
        (step(probability=0.5), BadRecipe, "steps 1 operation: Field required"),
        (
            step(operation="hue", probability=7),
            BadRecipe,
            "steps 1 probability: Input should be less than or equal to 1",
        ),
        (step(operation="hue", parameters={"amount": [1]}), BadRecipe, "parameters amount: should be a number"),
        (
            step(operation="hue", parameters={"amount": None}),
            BadRecipe,
            "parameters amount: should be a number",
        ),
        (step(operation="hue", parameters={"amount": 5}), BadParameter, "must be a number from 0 to 1. Received: 5."),
        (
            step(operation="hue", parameters={"amount": 10**400}),
            BadParameter,
            "a number of more than 40 digits.",
        ),
        (step(operation="hue", parameters={"amount": float("nan")}), BadParameter, "Received: nan."),
        (step(operation="hue", parameters={"x" * 5000: 1}), BadParameter, f"{'x' * 59}… of Hue must be one of"),
        (step(operation="hue", parameters={"amount": "x" * 5000}), BadParameter, f"Received: {'x' * 59}…."),
        (step(operation="warp"), UnknownOperation, "There is no augmentation warp."),
        (step(operation="x" * 5000), UnknownOperation, f"There is no augmentation {'x' * 59}…."),
        (
            step(operation="one_of", steps=[{"operation": "one_of"}]),
            BadParameter,
            "steps that aren't groups themselves",
        ),
        (json.dumps({"version": 2, "steps": [{"operation": "hue"}] * 51}), BadRecipe, "it has more than 50 steps"),
        (step(operation="one_of", steps=[{"operation": "hue"}] * 50), BadRecipe, "it has more than 50 steps"),
        (" " * 100_001, BadRecipe, "it has 100,001 letters, at most 100,000 are read"),
        ("[" * 50_000, BadRecipe, "its brackets are nested too deeply"),
    ],
)
def test_what_cant_be_read_is_refused_in_a_short_sentence(text, error, sentence):
    with pytest.raises(error) as refused:
        read_recipe(text)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 700


@pytest.mark.parametrize("depth", [3, 100, 400, 2_500])
def test_groups_in_groups_in_groups_are_a_sentence_however_deep(depth):
    text = '{"version": 2, "steps": [' + '{"operation": "one_of", "steps": [' * depth + "]}" * depth + "]}"
    with pytest.raises((BadRecipe, BadParameter)):
        read_recipe(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["one_of", "hue", "cutmix"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text() | st.sampled_from(["steps", "operation", "parameters", "probability", "on", "amount"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["name", "steps", "oversample"]), anything, max_size=3))
def test_whatever_json_is_brought_is_a_recipe_or_a_sentence(content):
    try:
        recipe = read_recipe(json.dumps({"version": 2, **content}))
    except ThawError:
        return
    assert read_recipe(recipe_json(recipe)) == recipe


@given(st.text())
def test_whatever_text_is_brought_is_a_sentence(text):
    with pytest.raises(ThawError):
        read_recipe(text)
