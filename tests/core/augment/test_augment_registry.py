"""core.augment.registry: what is registered is documented, and what can't be used is refused in one sentence."""

import subprocess
import sys

import pytest

from core.augment import OPERATIONS, check_batch, parameters, validate
from core.errors import BadParameter, BatchOfOne, UnknownOperation
from core.records import Recipe, Step


def recipe_of(operation, probability=1.0, **values):
    return Recipe(steps=(Step(operation=operation, parameters=values, probability=probability),))


def test_importing_the_room_loads_neither_keras_nor_tensorflow():
    code = "import sys, core.augment; print([m for m in ('keras', 'tensorflow', 'streamlit') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_operations_of_the_report_are_there():
    expected = {"horizontal_flip", "vertical_flip", "rotation", "shift", "zoom", "shear", "brightness", "contrast"}
    expected |= {"saturation", "hue", "grayscale", "cutout", "gridmask", "mixup", "cutmix"}
    assert expected <= set(OPERATIONS)


def test_the_operations_of_the_lab_are_there():
    expected = {"perspective", "elastic", "channel_shuffle", "invert", "posterise", "solarise", "equalise", "blur"}
    expected |= {"sharpen", "noise", "random_erasing", "randaugment", "one_of"}
    assert expected <= set(OPERATIONS)
    assert {operation.group for operation in OPERATIONS.values()} == {"geometry", "colour", "erase", "mix", "choice"}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_operation_is_documented_down_to_its_parameters(operation):
    assert OPERATIONS[operation.name] is operation
    assert operation.title
    assert operation.source
    assert "Helps" in operation.help
    assert "harms" in operation.help
    assert "\n" not in operation.help
    assert operation.parameters, "a screen shows the first parameter as the step's strength"
    for parameter in operation.parameters:
        assert parameter.title
        assert parameter.help, parameter.name
        if parameter.kind in ("float", "int"):
            assert parameter.low <= parameter.default <= parameter.high
            assert parameter.step > 0
        if parameter.kind == "choice":
            assert parameter.default in parameter.choices


@pytest.mark.parametrize("operation", OPERATIONS)
def test_defaults_are_filled_in_and_left_out_again(operation):
    values = parameters(Step(operation=operation))
    assert values == {p.name: p.default for p in OPERATIONS[operation].parameters}
    assert validate(recipe_of(operation, **values)) == recipe_of(operation)


def test_equal_recipes_have_equal_ids_however_they_are_written():
    assert validate(recipe_of("rotation", degrees=45)).id == validate(recipe_of("rotation", degrees=45.0)).id
    assert validate(recipe_of("rotation", degrees=30)).id == recipe_of("rotation").id


@pytest.mark.parametrize(
    ("operation", "values", "sentence"),
    [
        (
            "rotation",
            {"degrees": 400},
            'degrees ("Turned by up to") of Rotate must be a number from 0 to 360. Received: 400.',
        ),
        ("rotation", {"degrees": float("nan")}, "must be a number from 0 to 360. Received: nan."),
        ("rotation", {"degrees": "much"}, "Received: much."),
        ("rotation", {"degrees": True}, "Received: True."),
        ("rotation", {"angle": 3}, "must be one of its parameters (degrees, fill)"),
        ("rotation", {"fill": "mirror"}, "must be one of reflect, nearest, wrap, constant. Received: mirror."),
        ("cutout", {"holes": 1.5}, 'holes ("Holes") of Cutout must be a whole number from 1 to 8. Received: 1.5.'),
        ("zoom", {"keep_proportions": 1}, "must be true or false. Received: 1."),
        ("gridmask", {"period_high": 1.5}, "(of the photo's side: a longer period shows no grid). Received: 1.5."),
        ("random_erasing", {"area_low": 0.5}, "must be at least the smallest area (0.5). Received: 0.4."),
        ("gridmask", {"period_low": 0.8, "period_high": 0.5}, "must be at least the shortest period (0.8)"),
        ("cutmix", {"alpha": 0}, 'alpha ("Strength of the mix") of CutMix must be a number from 0.1 to 1.'),
    ],
)
def test_a_bad_parameter_is_refused_in_a_sentence(operation, values, sentence):
    with pytest.raises(BadParameter) as error:
        validate(recipe_of(operation, **values))
    assert sentence in str(error.value)


def test_an_unknown_operation_is_refused_with_the_known_ones():
    with pytest.raises(UnknownOperation, match=r"no augmentation flop\. Known are: horizontal_flip, "):
        validate(recipe_of("flop"))


def group(*members, **values):
    return Step(operation="one_of", parameters=values, steps=members)


def test_a_groups_members_and_switched_off_steps_are_brought_into_the_normal_form_too():
    written = Step(operation="rotation", parameters={"degrees": 30}, on=False)
    normal = Step(operation="rotation", on=False)
    assert validate(Recipe(steps=(written, group(written, per="photo")))).steps == (normal, group(normal))


def test_an_empty_group_is_allowed_and_is_no_part_of_the_identity():
    assert validate(Recipe(steps=(group(), group(Step(operation="cutmix", on=False))))).id == Recipe().id


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (group(group()), "steps of One of must be steps that aren't groups themselves. Received: One of."),
        (
            Step(operation="rotation", steps=(Step(operation="cutmix"),)),
            'steps of Rotate must be empty: only "one_of" has steps of its own. Received: cutmix.',
        ),
        (group(Step(operation="cutmix", parameters={"alpha": 0})), "of CutMix must be a number from 0.1 to 1."),
        (group(per="epoch"), "must be one of photo, batch. Received: epoch."),
        (
            Step(operation="hue").model_copy(update={"probability": 1.5}),
            "probability of Hue must be a number from 0 to 1. Received: 1.5.",
        ),
        (Step(operation="rotation", parameters={"degrees": 999}, on=False), "Received: 999."),
    ],
)
def test_a_step_that_cant_be_used_is_refused_in_a_sentence_wherever_it_stands(step, sentence):
    with pytest.raises(BadParameter) as error:
        validate(Recipe(steps=(step,)))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "steps",
    [
        (Step(operation="cutmix"),),
        (Step(operation="one_of", steps=(Step(operation="horizontal_flip"), Step(operation="mixup"))),),
    ],
)
def test_mixing_needs_two_photos_a_batch(steps):
    with pytest.raises(BatchOfOne, match="Received: a batch of 1"):
        check_batch(Recipe(steps=steps), 1)
    check_batch(Recipe(steps=steps), 2)
    check_batch(Recipe(steps=tuple(step.model_copy(update={"on": False}) for step in steps)), 1)
    check_batch(Recipe(steps=(Step(operation="horizontal_flip"),)), 1)
