"""core.augment.pipeline: equal bits for equal (seed, epoch, batch), whoever calls; independent draws otherwise."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.augment import OPERATIONS
from core.augment.pipeline import Augmenter
from core.augment.registry import parameters, validate
from core.augment.seeds import DRAWS, batch_seeds, step_code
from core.errors import WrongPhotos
from core.records import Recipe, Step

ALONE = [name for name in OPERATIONS if name != "one_of"]
EVERYTHING = Recipe(
    steps=(
        *(Step(operation=name, probability=0.8) for name in ALONE),
        *(
            Step(
                operation="one_of",
                probability=0.8,
                parameters={"per": per},
                steps=tuple(Step(operation=name, probability=0.5) for name in members),
            )
            for per in ("photo", "batch")
            for members in (("rotation", "vertical_flip"), ("cutmix", "mixup", "hue", "shear"))
        ),
    )
)
SIZE, CLASSES = 24, 4


def batch(n, size=SIZE):
    rng = np.random.default_rng(n)
    images = rng.integers(0, 256, (n, size, size, 3)).astype(np.float32)
    return images, np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, n)]


def augmenter(recipe, seed=0, size=SIZE):
    return Augmenter(recipe, seed, size, size, CLASSES)


def test_the_empty_recipe_changes_nothing():
    images, labels = batch(5)
    out, out_labels = augmenter(Recipe())(images, labels, 0, 0)
    np.testing.assert_array_equal(out, images)
    np.testing.assert_array_equal(out_labels, labels)


def test_probability_zero_changes_nothing():
    images, labels = batch(5)
    recipe = Recipe(steps=tuple(Step(operation=name, probability=0) for name in OPERATIONS))
    out, out_labels = augmenter(recipe)(images, labels, 0, 0)
    np.testing.assert_array_equal(out, images)
    np.testing.assert_array_equal(out_labels, labels)


def test_a_parallel_map_gives_the_bits_that_eager_code_gives_also_for_a_short_last_batch():
    images, labels = batch(21)
    ours = augmenter(EVERYTHING, seed=9)
    photos = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8).enumerate()
    epoch = tf.constant(3)
    sizes = []
    for i, (got, got_labels) in enumerate(photos.map(lambda i, pair: ours(*pair, epoch, i), num_parallel_calls=4)):
        expected, expected_labels = ours(images[8 * i : 8 * i + 8], labels[8 * i : 8 * i + 8], 3, i)
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(got_labels, expected_labels)
        sizes.append(len(got))
    assert sizes == [8, 8, 5]


@pytest.mark.parametrize("name", ALONE)
def test_each_operation_alone_gives_the_same_bits_in_a_map_and_eagerly(name):
    """In the chain of all a difference in the last bit may be covered up by a later step."""
    images, labels = batch(14, 40)
    ours = augmenter(Recipe(steps=(Step(operation=name),)), seed=1, size=40)
    photos = tf.data.Dataset.from_tensor_slices((images, labels)).batch(6).enumerate()
    epoch = tf.constant(2)
    for i, (got, got_labels) in enumerate(photos.map(lambda i, pair: ours(*pair, epoch, i), num_parallel_calls=4)):
        expected, expected_labels = ours(images[6 * i : 6 * i + 6], labels[6 * i : 6 * i + 6], 2, i)
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(got_labels, expected_labels)


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("size", [8, 224])
def test_each_operation_takes_the_smallest_and_a_large_photo_and_a_grey_one(name, size):
    grey = np.linspace(0, 255, size * size, dtype=np.float32).reshape(1, size, size, 1).repeat(3, axis=3)
    flat = np.full_like(grey, 77.0)
    labels = np.eye(CLASSES, dtype=np.float32)[[0, 1]]
    numbers = [parameter for parameter in OPERATIONS[name].parameters if parameter.low is not None]
    for values in ({p.name: p.low for p in numbers}, {}, {p.name: p.high for p in numbers}):
        recipe = Recipe(steps=(Step(operation=name, parameters=values),))
        out, _ = augmenter(recipe, size=size)(np.concatenate([grey, flat]), labels, 0, 0)
        assert np.isfinite(out).all()
        assert out.numpy().min() >= 0
        assert out.numpy().max() <= 255


@pytest.mark.parametrize("shape", [(2, 24, 24, 1), (2, 24, 24, 4), (2, 25, 24, 3), (24, 24, 3)])
def test_photos_of_another_shape_are_refused_in_a_sentence(shape):
    with pytest.raises(WrongPhotos, match=r"24 x 24 px with 3 channels.*Received: .*24"):
        augmenter(EVERYTHING)(np.zeros(shape), np.eye(2, CLASSES), 0, 0)


@pytest.mark.parametrize("first", ["rotation", "hue"])
def test_photos_as_bytes_give_the_bits_of_photos_as_floats(first):
    images, labels = batch(9)
    ours = augmenter(Recipe(steps=(Step(operation=first), *EVERYTHING.steps)))
    np.testing.assert_array_equal(
        ours(images.astype(np.uint8), labels, 1, 2)[0], ours(images.astype(np.float32), labels, 1, 2)[0]
    )
    never = augmenter(Recipe(steps=(Step(operation="cutout", probability=0.0), Step(operation=first))))
    traced = never.trace(images.astype(np.uint8), labels, 0, 0)
    np.testing.assert_array_equal(traced[0].images, images)
    assert traced[0].images.dtype == np.float32


def test_another_augmenter_gives_the_same_bits_whatever_ran_before():
    images, labels = batch(6)
    first = augmenter(EVERYTHING, seed=2)
    for epoch in range(3):
        first(images, labels, epoch, 0)
    np.testing.assert_array_equal(
        first(images, labels, 7, 5)[0], augmenter(EVERYTHING, seed=2)(images, labels, 7, 5)[0]
    )


@pytest.mark.parametrize("other", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_seed_epoch_and_batch_each_change_the_draws(other):
    images, labels = batch(6)
    seed, epoch, number = other
    same = augmenter(EVERYTHING, 0)(images, labels, 0, 0)[0].numpy()
    assert (augmenter(EVERYTHING, seed)(images, labels, epoch, number)[0].numpy() != same).any()


def test_no_two_steps_and_no_two_draws_are_correlated():
    """Every float that any operation draws, and each step's probability, against every other."""
    n, columns = 3000, {}
    images = tf.zeros((n, 8, 8, 3))
    names = ALONE
    seeds = batch_seeds(5, 2, 1, [step_code(name, 0) for name in names])
    for name, step_seeds in zip(names, seeds, strict=True):
        step = OPERATIONS[name].implementation(parameters(Step(operation=name)), 8, 8)
        draws = step.draw(step_seeds, n if hasattr(step, "matrix") else images)
        draws = draws if isinstance(draws, dict) else dict(enumerate(draws if isinstance(draws, tuple) else [draws]))
        for key, value in draws.items():
            if key != "batch_masks":
                for number, column in enumerate(np.reshape(value, (n, -1)).astype(float).T[:3]):
                    columns[name, key, number] = column
        columns[name, "chance"] = step_seeds.chance(n).numpy()
    columns.pop(("zoom", 1, 0))  # with proportions kept it is the other one
    keys, table = list(columns), np.corrcoef(list(columns.values()))
    worst = max(itertools.combinations(range(len(keys)), 2), key=lambda pair: abs(table[pair]))
    assert len(keys) > 60
    assert abs(table[worst]) < 0.1, [keys[i] for i in worst]


def test_seeds_of_neighbouring_batches_epochs_and_steps_never_meet():
    seen = []
    for seed, epoch, number in itertools.product((0, 1), range(3), range(3)):
        for step in batch_seeds(seed, epoch, number, [step_code(name, 0) for name in OPERATIONS]):
            seen += map(tuple, np.stack(step._seeds).tolist())
    assert len(seen) == 18 * len(OPERATIONS) * DRAWS == len(set(seen))


def test_switching_a_step_off_leaves_the_draws_of_the_others():
    images, labels = batch(8)
    turn, flip = Step(operation="rotation"), Step(operation="horizontal_flip")
    alone = augmenter(Recipe(steps=(turn,)))(images, labels, 0, 0)[0]
    after = augmenter(Recipe(steps=(flip.model_copy(update={"probability": 0.0}), turn)))(images, labels, 0, 0)[0]
    np.testing.assert_array_equal(alone, after)


def test_the_same_operation_twice_draws_twice():
    images, labels = batch(40)
    once = Recipe(steps=(Step(operation="horizontal_flip"),))
    twice = Recipe(steps=once.steps * 2)
    out = augmenter(twice)(images, labels, 0, 0)[0].numpy()
    assert (out != images).any()  # equal draws would flip everything back


def test_photos_are_chosen_one_by_one_and_batches_as_a_whole():
    images, labels = batch(400)
    cut = Recipe(steps=(Step(operation="cutout", probability=0.3),))
    touched = (augmenter(cut)(images, labels, 0, 0)[0].numpy() != images).any(axis=(1, 2, 3))
    assert 0.2 < touched.mean() < 0.4
    mixed = augmenter(Recipe(steps=(Step(operation="mixup", probability=0.3, parameters={"alpha": 1.0}),)))
    changed = [(mixed(images[:9], labels[:9], 0, i)[0].numpy() != images[:9]).any(axis=(1, 2, 3)) for i in range(60)]
    assert 0.1 < np.mean([batch.any() for batch in changed]) < 0.5
    assert np.mean([batch.mean() for batch in changed if batch.any()]) > 0.5  # all but those that met themselves


def test_changing_a_strength_scales_the_same_draw():
    images, labels = batch(6)

    def delta(amount):
        recipe = Recipe(steps=(Step(operation="brightness", parameters={"darker": 0.0, "lighter": amount}),))
        return augmenter(recipe)(images * 0 + 10, labels, 0, 0)[0].numpy()[:, 0, 0, 0] - 10

    np.testing.assert_allclose(delta(0.4), 2 * delta(0.2), rtol=1e-4)


def values_of(parameter):
    if parameter.kind == "bool":
        return st.booleans()
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    if parameter.kind == "int":
        return st.integers(parameter.low, parameter.high)
    return st.floats(parameter.low, parameter.high)


@st.composite
def steps(draw, names=tuple(OPERATIONS)):
    operation = OPERATIONS[draw(st.sampled_from(names))]
    members = draw(st.lists(steps(names=tuple(ALONE)), max_size=3)) if operation.name == "one_of" else ()
    known = [p.name for p in operation.parameters]
    values = {p.name: draw(values_of(p)) for p in operation.parameters if draw(st.booleans())}
    values |= {
        name: OPERATIONS[operation.name].parameters[i].high for i, name in enumerate(known) if name.endswith("_high")
    }
    return Step(
        operation=operation.name,
        parameters=values,
        probability=draw(st.sampled_from([0.0, 0.5, 1.0])),
        steps=tuple(members),
        on=draw(st.booleans()),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps(), max_size=4), st.integers(0, 2**31 - 1), st.integers(1, 5), st.integers(0, 999))
def test_any_recipe_keeps_shapes_and_ranges_and_repeats_itself(chosen, seed, n, epoch):
    images, labels = batch(n, 16)
    recipe = Recipe(steps=tuple(chosen))
    out, out_labels = augmenter(recipe, seed, 16)(images, labels, epoch, 3)
    assert out.shape == images.shape
    assert out.dtype == tf.float32
    assert out_labels.dtype == tf.float32
    assert out_labels.shape == labels.shape
    assert np.isfinite(out).all()
    assert out.numpy().min() >= 0
    assert out.numpy().max() <= 255
    np.testing.assert_allclose(out_labels.numpy().sum(axis=1), 1, atol=1e-5)
    again, again_labels = augmenter(recipe, seed, 16)(images, labels, epoch, 3)
    np.testing.assert_array_equal(out, again)
    np.testing.assert_array_equal(out_labels, again_labels)
    traced = augmenter(recipe, seed, 16).trace(images, labels, epoch, 3)
    assert [entry.step for entry in traced] == list(validate(recipe).active.steps)
    if traced:
        np.testing.assert_array_equal(traced[-1].images, out)
        np.testing.assert_array_equal(traced[-1].labels, out_labels)
