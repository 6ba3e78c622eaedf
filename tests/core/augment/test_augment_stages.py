"""core.augment.stages: one-of groups, and the trace through all steps."""

import numpy as np
import pytest
import tensorflow as tf

from core.augment.pipeline import Augmenter
from core.records import Recipe, Step

SIZE, CLASSES, N = 16, 4, 300


def batch(n=N):
    rng = np.random.default_rng(n)
    images = rng.integers(0, 200, (n, SIZE, SIZE, 3)).astype(np.float32)
    return images, np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, n)]


def augmenter(*steps):
    return Augmenter(Recipe(steps=steps), 0, SIZE, SIZE, CLASSES)


def lighter(amount, probability=1.0, on=True):
    """All photos lighter by up to the amount: their draws can be read off."""
    values = {"darker": 0.0, "lighter": amount}
    return Step(operation="brightness", parameters=values, probability=probability, on=on)


def covered(probability=1.0, on=True):
    return Step(operation="cutout", parameters={"size": 0.9, "cover": "black"}, probability=probability, on=on)


def group(*members, per="photo", probability=1.0, on=True):
    return Step(operation="one_of", parameters={"per": per}, steps=members, probability=probability, on=on)


def who(step, batch_number=0, n=N):
    """Which photos were made lighter, and which were covered."""
    images, labels = batch(n)
    out = augmenter(step)(images, labels, 0, batch_number)[0].numpy()
    return (out > images).any(axis=(1, 2, 3)), (out < images).any(axis=(1, 2, 3))


def test_one_member_is_used_for_each_photo_in_proportion_to_their_probabilities():
    light, dark = who(group(lighter(0.2, probability=0.9), covered(probability=0.3)), n=2000)
    assert (light ^ dark).all()
    assert 0.72 < light.mean() < 0.78


def test_the_groups_probability_says_whether_it_is_used_at_all():
    light, dark = who(group(lighter(0.2), covered(), probability=0.4), n=2000)
    assert not (light & dark).any()
    assert 0.37 < (light | dark).mean() < 0.43
    assert 0.45 < light.sum() / (light | dark).sum() < 0.55


def test_for_a_batch_all_photos_get_the_same_member_or_none():
    seen = [who(group(lighter(0.2), covered(), per="batch", probability=0.7), number, n=5) for number in range(60)]
    assert all(light.all() or dark.all() or not (light | dark).any() for light, dark in seen)
    shares = [np.mean([light.all() for light, _ in seen]), np.mean([dark.all() for _, dark in seen])]
    assert all(0.15 < share < 0.6 for share in shares)
    assert sum(shares) < 0.95


@pytest.mark.parametrize("per", ["photo", "batch"])
def test_a_member_that_is_switched_off_or_has_no_probability_is_never_chosen(per):
    for never in (covered(on=False), covered(probability=0.0)):
        light, dark = who(group(never, lighter(0.2), per=per))
        assert light.all()
        assert not dark.any()


@pytest.mark.parametrize(
    "nothing", [group(), group(covered(on=False)), group(covered(probability=0.0)), covered(on=False)]
)
def test_a_group_without_a_member_that_can_be_chosen_does_nothing(nothing):
    light, dark = who(nothing)
    assert not (light | dark).any()


def test_moving_or_switching_off_a_member_leaves_the_draws_and_the_choices_of_the_others():
    turned = Step(operation="hue", parameters={"amount": 1.0})
    images, labels = batch()

    def out(*members):
        return augmenter(group(*members))(images, labels, 0, 0)[0].numpy()

    np.testing.assert_array_equal(out(lighter(0.2), covered(), turned), out(turned, lighter(0.2), covered()))
    all_three, two = out(lighter(0.2), covered(), turned), out(lighter(0.2), covered(on=False), turned)
    same = (all_three == two).all(axis=(1, 2, 3))
    assert 0.6 < same.mean() < 0.73  # all but those that were covered


def test_a_group_leaves_the_draws_of_the_steps_outside_it_and_of_other_groups():
    images, labels = batch(20)
    turn = Step(operation="rotation")
    colour = group(lighter(0.2), Step(operation="hue"), probability=0.5)
    after = augmenter(group(turn, covered(), on=False), turn, colour)(images, labels, 0, 0)[0]
    np.testing.assert_array_equal(after, augmenter(turn, colour)(images, labels, 0, 0)[0])
    inner = group(turn, Step(operation="shift"), probability=0.0)
    np.testing.assert_array_equal(after, augmenter(inner, turn, colour)(images, labels, 0, 0)[0])


def test_photos_of_a_mixing_group_have_the_label_of_the_member_they_got():
    """The challenge winner's CutMix or MixUp for each photo."""
    n = 64
    images = np.broadcast_to(np.arange(n, dtype=np.float32)[:, None, None, None], (n, SIZE, SIZE, 3)).copy()
    ours = Augmenter(
        Recipe(steps=(group(Step(operation="cutmix"), Step(operation="mixup", parameters={"alpha": 1.0})),)),
        0,
        SIZE,
        SIZE,
        n,
    )
    out, labels = (part.numpy() for part in ours(images, np.eye(n, dtype=np.float32), 0, 0))
    # The labels weigh each photo as the pixels do: the mean pixel is the mean of the numbers by their shares.
    np.testing.assert_allclose(out.mean(axis=(1, 2, 3)), labels @ np.arange(n), rtol=1e-4)
    pasted = np.array([len(np.unique(photo)) == 2 for photo in out])
    blended = np.array([(photo == photo[0, 0, 0]).all() and photo[0, 0, 0] != i for i, photo in enumerate(out)])
    assert 0.25 < pasted.mean() < 0.75
    assert 0.25 < blended.mean() < 0.75


@pytest.mark.parametrize("per", ["photo", "batch"])
def test_a_group_is_the_same_in_a_parallel_map_and_eagerly(per):
    images, labels = batch(30)
    ours = augmenter(
        group(Step(operation="cutmix"), Step(operation="mixup"), lighter(0.3), per=per, probability=0.8),
        group(Step(operation="rotation"), Step(operation="vertical_flip"), per=per),
    )
    photos = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8).enumerate()
    mapped = photos.map(lambda i, pair: ours(*pair, tf.constant(1), i), num_parallel_calls=4)
    for i, (got, got_labels) in enumerate(mapped):
        expected, expected_labels = ours(images[8 * i : 8 * i + 8], labels[8 * i : 8 * i + 8], 1, i)
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(got_labels, expected_labels)


def test_a_group_of_geometry_joins_the_run_it_stands_in():
    turn, move = Step(operation="rotation"), Step(operation="shift")
    flips = group(Step(operation="horizontal_flip"), Step(operation="vertical_flip"))
    black = Step(operation="zoom", parameters={"fill": "constant"})
    assert len(augmenter(turn, flips, group(move, turn), move)._stages) == 1
    assert len(augmenter(turn, group(move, black), move)._stages) == 3
    assert len(augmenter(turn, group(move, lighter(0.1)), move)._stages) == 3


TRACED = (
    Step(operation="rotation", probability=0.9),
    lighter(0.1, probability=0.0),
    Step(operation="shift"),
    covered(on=False),
    lighter(0.9),
    group(Step(operation="mixup"), Step(operation="cutmix")),
    Step(operation="cutmix", probability=0.5),
    Step(operation="zoom"),
)


def test_the_trace_has_an_entry_for_each_step_that_is_on_and_ends_with_what_training_gets():
    images, labels = batch(12)
    ours = augmenter(*TRACED)
    for number in range(6):
        traced = ours.trace(images, labels, 2, number)
        titles = ["Rotate", "Brightness", "Shift", "Brightness", "MixUp or CutMix", "CutMix", "Zoom"]
        assert [entry.title for entry in traced] == titles
        out, out_labels = ours(images, labels, 2, number)
        np.testing.assert_array_equal(traced[-1].images, out)
        np.testing.assert_array_equal(traced[-1].labels, out_labels)
        np.testing.assert_array_equal(traced[0].images, traced[1].images)  # probability 0
        assert all(entry.images.min() >= 0 and entry.images.max() <= 255 for entry in traced)


def test_each_entry_of_the_trace_is_what_the_recipe_up_to_there_makes():
    images, labels = batch(6)
    traced = augmenter(*TRACED).trace(images, labels, 0, 0)
    active = [step for step in TRACED if step.on]
    for number, entry in enumerate(traced):
        out, out_labels = augmenter(*active[: number + 1])(images, labels, 0, 0)
        np.testing.assert_array_equal(entry.images, out)
        np.testing.assert_array_equal(entry.labels, out_labels)


def test_the_trace_says_who_was_mixed_with_whom_and_how_much():
    n = 20
    images = np.broadcast_to(np.arange(n, dtype=np.float32)[:, None, None, None], (n, SIZE, SIZE, 3)).copy()
    one_hot = np.eye(n, dtype=np.float32)
    mixed_batches = 0
    mixups = Step(operation="mixup", parameters={"alpha": 1.0})
    for step in (Step(operation="cutmix", probability=0.5), group(mixups, lighter(0.1)), group(mixups, per="batch")):
        ours = Augmenter(Recipe(steps=(lighter(0.0), step)), 0, SIZE, SIZE, n)
        for number in range(10, 18):
            before, entry = ours.trace(images, one_hot, 0, number)
            assert before.partner is None
            assert before.weight is None
            own = np.arange(n)
            expected = entry.weight[:, None] * one_hot + (1 - entry.weight)[:, None] * one_hot[entry.partner]
            np.testing.assert_allclose(entry.labels, expected, atol=1e-6)
            unmixed = entry.labels[own, own] > 1 - 1e-6
            assert ((entry.partner == own) | (entry.weight > 1 - 1e-6) | ~unmixed).all()
            mixed_batches += not unmixed.all()
    assert 8 < mixed_batches < 24


def test_the_trace_of_no_step_is_empty():
    assert augmenter(covered(on=False)).trace(*batch(2), 0, 0) == []
