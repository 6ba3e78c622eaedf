"""core.augment.preview: what the preview shows is what training does."""

import numpy as np
import pytest
import tensorflow as tf

from core.augment import BUILT_IN, OPERATIONS
from core.augment.operation import Parameter
from core.augment.pipeline import Augmenter
from core.augment.preview import draws, levels, stages, statistics, strengths
from core.records import Recipe, Step

ADVANCED = next(recipe for recipe in BUILT_IN if recipe.name == "advanced (report)")
EITHER = Step(operation="one_of", steps=(Step(operation="cutmix"), Step(operation="mixup", parameters={"alpha": 1.0})))


def photos(n=12, size=32):
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8), rng.integers(0, 8, n)


def test_each_draw_is_the_first_batch_of_an_epoch_bit_for_bit():
    images, labels = photos()
    shown = draws(ADVANCED, images, labels, classes=8, seed=4, draws=3)
    assert shown.pixels.shape == (3, 12, 32, 32, 3)
    assert shown.pixels.dtype == np.uint8
    assert shown.labels.shape == (3, 12, 8)
    assert shown.labels.dtype == np.float32
    augmenter = Augmenter(ADVANCED, 4, 32, 32, 8)
    batches = tf.data.Dataset.from_tensor_slices((images, tf.one_hot(labels, 8))).batch(12).enumerate()
    for epoch in range(3):
        mapped = batches.map(
            lambda i, pair, epoch=tf.constant(epoch): augmenter(tf.cast(pair[0], tf.float32), pair[1], epoch, i),
            num_parallel_calls=2,
        )
        trained, trained_labels = next(iter(mapped))
        np.testing.assert_array_equal(shown.pixels[epoch], np.rint(trained).astype(np.uint8))
        np.testing.assert_array_equal(shown.labels[epoch], trained_labels)


def test_more_draws_leave_the_first_ones_as_they_are():
    images, labels = photos(3)
    few, many = draws(ADVANCED, images, labels, 8, 0, draws=2), draws(ADVANCED, images, labels, 8, 0, draws=4)
    np.testing.assert_array_equal(few.pixels, many.pixels[:2])


def test_without_steps_the_originals_are_shown():
    images, labels = photos(3)
    shown = draws(Recipe(), images, labels, 8, 0, draws=2)
    np.testing.assert_array_equal(shown.pixels, np.stack([images, images]))
    np.testing.assert_array_equal(shown.labels[0], np.eye(8)[labels])
    assert shown.mixings == ((), ())


BLURRED = Step(operation="one_of", steps=(Step(operation="blur"), Step(operation="noise")))
SOME = Step(operation="one_of", steps=(Step(operation="blur"), Step(operation="cutmix")))


@pytest.mark.parametrize(
    "steps",
    [
        (Step(operation="mixup", parameters={"alpha": 1.0}),),
        (Step(operation="cutmix"),),
        (EITHER,),
        (BLURRED, SOME),  # the second blur's number counts
    ],
)
def test_partner_and_share_explain_the_label(steps):
    images, labels = photos()
    recipe = Recipe(steps=(Step(operation="rotation"), Step(operation="grayscale"), *steps))
    shown, one_hot = draws(recipe, images, labels, 8, 3, draws=2), np.eye(8)[labels]
    for draw in range(2):
        (mixing,) = shown.mixings[draw]
        for photo in range(12):
            partner, own = mixing.of(photo) or (photo, 1.0)
            expected = own * one_hot[photo] + (1 - own) * one_hot[partner]
            np.testing.assert_allclose(shown.labels[draw, photo], expected, atol=1e-6)
    assert any(mixing.of(photo) for mixings in shown.mixings for mixing in mixings for photo in range(12))


@pytest.mark.parametrize("recipe", [ADVANCED, Recipe(steps=(*ADVANCED.steps[:4], EITHER, Step(operation="hue")))])
def test_the_last_stage_is_the_first_draw_bit_for_bit(recipe):
    images, labels = photos()
    shown, found = draws(recipe, images, labels, 8, 4, draws=2), stages(recipe, images, labels, 8, 4)
    assert len(found) == len(recipe.steps)
    np.testing.assert_array_equal(found[-1].pixels, shown.pixels[0])
    np.testing.assert_array_equal(found[-1].labels, shown.labels[0])
    np.testing.assert_array_equal(stages(recipe, images, labels, 8, 4, epoch=1)[-1].pixels, shown.pixels[1])


def test_stages_that_share_a_resampling_say_so():
    names = ("horizontal_flip", "rotation", "brightness", "zoom", "shift")
    steps = [Step(operation=name) for name in names]
    steps.append(Step(operation="shear", parameters={"fill": "constant"}))  # other gaps, so a resampling of its own
    found = stages(Recipe(steps=tuple(steps)), *photos(4), classes=8, seed=0)
    assert [stage.fused for stage in found] == [False, True, False, False, True, False]


def test_a_step_that_does_nothing_or_is_switched_off_breaks_no_count():
    never, off = Step(operation="zoom", probability=0.0), Step(operation="shear", on=False)
    recipe = Recipe(steps=(never, Step(operation="rotation"), off, Step(operation="zoom"), never))
    found = stages(recipe, *photos(4), classes=8, seed=0)
    assert [stage.title for stage in found] == ["Zoom", "Rotate", "Zoom", "Zoom"]
    assert [stage.fused for stage in found] == [False, False, True, False]
    assert set(found[0].words) == {"as it was"}


def test_stages_say_in_words_what_was_drawn():
    images, labels = photos(8)
    recipe = Recipe(
        steps=(
            Step(operation="horizontal_flip"),
            Step(operation="rotation", parameters={"degrees": 360.0}),
            Step(operation="brightness", probability=0.5),
            Step(operation="cutout"),
        )
    )
    flip, turn, light, hole = stages(recipe, images, labels, 8, 0)
    assert set(flip.words) == {"mirrored", "as it was"}
    for photo in range(8):
        mirrored = images[photo, :, ::-1] if flip.words[photo] == "mirrored" else images[photo]
        np.testing.assert_array_equal(flip.pixels[photo], mirrored)
    degrees = [int(words.split()[1][:-1]) for words in turn.words]
    assert all(0 < angle <= 180 for angle in degrees)
    assert {words.split()[2] for words in turn.words} == {"left", "right"}
    assert [words == "as it was" for words in light.words] == (~light.changed).tolist()
    assert all(words.endswith(("darker", "lighter", "as it was")) for words in light.words)
    assert all(words.endswith("% covered") for words in hole.words)


def test_a_quarter_turn_to_the_left_is_called_one():
    images = np.zeros((1, 33, 33, 3), np.uint8)
    images[0, 16, 30] = 255  # at the right edge; turned left it goes up
    recipe = Recipe(steps=(Step(operation="rotation", parameters={"degrees": 180.0}),))
    for seed in range(20):
        (stage,) = stages(recipe, images, np.array([0]), 1, seed)
        y, x = np.unravel_index(stage.pixels[0, ..., 0].argmax(), (33, 33))
        if abs(x - 16) < 10 and abs(y - 16) > 8:
            assert ("left" in stage.words[0]) == (y < 16)
            return
    pytest.fail("no draw near a quarter turn")


def test_strengths_go_from_low_to_high_with_the_same_draws():
    images, labels = photos(4)
    values, pixels, shown = strengths(Step(operation="brightness", probability=0.1), images, labels, 8, seed=2)
    assert values == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert pixels.shape == (5, 4, 32, 32, 3)
    assert shown.shape == (5, 4, 8)
    means = pixels.mean(axis=(2, 3, 4))  # (values, photos)
    darker = means[-1] < means[0]
    assert darker.any()
    assert (np.diff(means[:, darker], axis=0) <= 0).all()
    alone = Recipe(steps=(Step(operation="brightness", parameters={"darker": 0.75}),))
    np.testing.assert_array_equal(pixels[3], draws(alone, images, labels, 8, 2, draws=1).pixels[0])


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.name != "one_of"], ids=lambda o: o.name
)
def test_every_operation_has_levels_from_its_lowest_to_its_highest_value(operation):
    parameter = operation.parameters[0]
    values = levels(parameter)
    assert len(values) == len(set(values)) >= 2
    if parameter.kind in ("float", "int"):
        assert (values[0], values[-1]) == (parameter.low, parameter.high)
        assert values == sorted(values)


def test_levels_of_few_whole_numbers_repeat_none():
    few = Parameter(name="n", title="N", kind="int", default=1, low=1, high=3, step=1)
    assert levels(few) == [1, 2, 3]
    assert levels(Parameter(name="b", title="B", kind="bool", default=True)) == [False, True]
    assert levels(Parameter(name="c", title="C", kind="choice", default="x", choices=("x", "y"))) == ["x", "y"]


def test_statistics_are_mean_and_standard_deviation_of_all_values():
    images, _ = photos(3)
    found = statistics(images)
    assert found.mean == pytest.approx(images.mean())
    assert found.spread == pytest.approx(images.std())
    np.testing.assert_allclose(found.shares, np.histogram(images, bins=32, range=(0, 256))[0] / images.size)
    black = statistics(np.zeros((2, 4, 4, 3), np.uint8))
    assert (black.mean, black.spread, black.shares[0]) == (0.0, 0.0, 1.0)
