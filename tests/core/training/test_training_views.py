import numpy as np
import pytest
from small_runs import CLASSES, SIZE, Follower, run, spec_of

from core.augment import BUILT_IN, OPERATIONS
from core.augment.pipeline import Augmenter
from core.errors import NoViews, ViewsFailed
from core.models.predict import load, predict
from core.records import Head, Part, Phase, Recipe, Step, ViewsSpec
from core.training import Stopped, view_answers
from core.training.pixels import decoded
from core.training.views import ViewsCurve, check_recipe, default_recipe, read_curve, reason_against

SPEC = spec_of(Phase(epochs=4, batch_size=8, learning_rate=3e-3), head=Head(dense=(16,), dropout=0))
PARTS = (Part.VALIDATION, Part.TEST)


@pytest.fixture(scope="module")
def trained(drawn, tmp_path_factory):
    return run(drawn, SPEC, tmp_path_factory.mktemp("job") / "attempt-1")[0]


@pytest.fixture
def answered(drawn, trained):
    """answered(views=2) answers that many views; returns the result and what it told on the way."""
    settings, rows = drawn

    def answer(follower=None, **fields):
        views = ViewsSpec(**{"run": "r", "views": 2, "recipe": default_recipe()} | fields)
        follower = follower or Follower()
        told = (follower.report, follower.stop)
        result = view_answers.answer(settings, views, SPEC, CLASSES, rows, trained.weights, *told, "evaluation")
        return result, follower

    return answer


def probabilities(result):
    return np.concatenate([result.predictions.parts[part].probabilities for part in PARTS])


def test_the_photo_as_it_is_gets_the_answer_that_training_kept(answered, trained):
    # A recipe whose draws never change a photo: every view is then the photo as it is.
    still = Recipe(steps=(Step(operation="horizontal_flip", parameters={"chance": 0.0}),))
    result, _ = answered(recipe=still, views=1)
    for part in PARTS:
        mine, theirs = result.predictions.parts[part], trained.predictions.parts[part]
        assert mine.ids == theirs.ids
        assert mine.true.tolist() == theirs.true.tolist()
        np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-5)


def test_the_mean_is_over_the_photo_as_it_is_and_the_views_that_the_augmentation_draws(drawn, answered, trained):
    settings, rows = drawn
    used = rows[rows["part"] != "exam"].sort_values("id")
    pixels = decoded(settings, used["id"].tolist(), SIZE)
    order = np.concatenate([np.flatnonzero(used["part"] == str(part)) for part in PARTS])
    photos, labels = pixels[order], np.zeros((len(order), len(CLASSES)), np.float32)
    network = load(settings, SPEC, len(CLASSES), trained.weights)
    draw = Augmenter(default_recipe(), 7, SIZE, SIZE, len(CLASSES))  # all 24 photos are one batch
    seen = [photos, *(draw(photos, labels, view, 0)[0].numpy() for view in (1, 2, 3))]
    expected = np.mean([predict(network, each) for each in seen], axis=0)
    result, _ = answered(views=3, seed=7)
    np.testing.assert_allclose(probabilities(result), expected, atol=1e-5)


def test_equal_views_answer_with_equal_bits_and_another_seed_with_others(answered):
    first, again, other = (probabilities(answered(seed=seed)[0]) for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert np.abs(first - other).max() > 1e-4


def test_fewer_views_are_the_beginning_of_more(answered):
    few, many = answered(views=2)[0].curve, answered(views=5)[0].curve
    assert many.views == 5
    for part in PARTS:
        assert few.accuracies[part] == many.accuracies[part][:3]


def test_the_curve_ends_with_what_is_kept_and_begins_with_the_plain_accuracy(answered, trained):
    result, _ = answered(views=3)
    curve = result.curve
    for part in PARTS:
        kept, plain = result.predictions.parts[part], trained.predictions.parts[part]
        assert curve.accuracies[part][-1] == (kept.predicted == kept.true).mean()
        assert curve.accuracies[part][0] == (plain.predicted == plain.true).mean()
        assert len(curve.accuracies[part]) == 4
    assert list(curve.seconds) == sorted(curve.seconds)
    assert {"seconds", "peak_memory_mb", "photos_per_second", "views"} <= result.metrics.keys()


def test_batches_are_as_if_the_photos_came_in_one(answered, monkeypatch):
    monkeypatch.setattr(view_answers, "BATCH", 7)  # 24 photos: three full batches and one of three, parts inside one
    plain = Recipe(steps=(Step(operation="horizontal_flip", parameters={"chance": 1.0}),))
    small, follower = answered(recipe=plain)
    monkeypatch.undo()
    np.testing.assert_allclose(probabilities(small), probabilities(answered(recipe=plain)[0]), atol=1e-5)
    assert follower.progress[-1].batches in (0, 4)


def test_it_tells_which_view_it_is_at_and_stops_when_asked(answered):
    _, follower = answered()
    assert follower.progress[0].epochs == 3
    notes = [progress.note for progress in follower.progress]
    assert "reading photos" in notes
    assert follower.progress[-1].epoch == 3
    asked = Follower(stop_after=0)
    with pytest.raises(Stopped):
        answered(asked)


def test_memory_that_is_too_small_is_a_sentence(answered, monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(view_answers, "outputs", full)
    with pytest.raises(ViewsFailed, match="memory is too small"):
        answered()


def test_an_error_that_nobody_foresaw_stays_itself(answered, monkeypatch):
    def broken(*_):
        raise KeyError("nobody knows")

    monkeypatch.setattr(view_answers, "outputs", broken)
    with pytest.raises(KeyError):
        answered()


REFUSED = {
    "CutMix": (Recipe(steps=(Step(operation="horizontal_flip"), Step(operation="cutmix"))), "mixes a photo"),
    "in a group": (
        Recipe(steps=(Step(operation="one_of", steps=(Step(operation="blur"), Step(operation="mixup"))),)),
        "mixes a photo",
    ),
    "oversampling": (Recipe(steps=(Step(operation="shift"),), oversample="largest"), "repeats photos"),
    "a batch's draw": (
        Recipe(steps=(Step(operation="one_of", parameters={"per": "batch"}, steps=(Step(operation="blur"),)),)),
        "whole batch",
    ),
    "nothing": (Recipe(), "changes nothing"),
    "switched off": (Recipe(steps=(Step(operation="shift", on=False),)), "changes nothing"),
    "never": (Recipe(steps=(Step(operation="shift", probability=0),)), "changes nothing"),
    "a group of nobody": (
        Recipe(steps=(Step(operation="one_of", steps=(Step(operation="blur", probability=0),)),)),
        "changes nothing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_recipe_that_is_not_of_single_photos_is_refused_with_its_reason(name):
    recipe, why = REFUSED[name]
    assert why in reason_against(recipe)
    with pytest.raises(NoViews, match=why):
        check_recipe(recipe)


def test_mixing_that_is_switched_off_or_never_drawn_harms_nothing():
    off = Step(operation="cutmix", on=False)
    never = Step(operation="mixup", probability=0)
    assert reason_against(Recipe(steps=(Step(operation="shift"), off, never))) is None
    assert check_recipe(Recipe(steps=(Step(operation="shift"), off))).steps == (Step(operation="shift"),)


def test_every_operation_of_a_single_photo_can_make_views():
    alone = [name for name, operation in OPERATIONS.items() if operation.group not in ("mix", "choice")]
    assert all(reason_against(Recipe(steps=(Step(operation=name),))) is None for name in alone)


def test_of_the_built_in_recipes_those_without_mixing_make_views():
    usable = {recipe.name for recipe in BUILT_IN if reason_against(recipe) is None}
    assert usable == {"light", "medium", "geometric (report)"}


def test_the_default_recipe_mirrors_half_and_shifts_by_a_tenth_and_reflects():
    from core.augment import parameters

    flip, shift = default_recipe().steps
    assert (flip.operation, parameters(flip)) == ("horizontal_flip", {"chance": 0.5})
    assert (shift.operation, parameters(shift)) == ("shift", {"share": 0.1, "fill": "reflect"})
    assert reason_against(default_recipe()) is None


def test_a_curve_is_read_as_it_was_written_and_a_damaged_one_is_none(tmp_path):
    from core.runs.files import write_json

    curve = ViewsCurve((1.0, 2.5, 4.5), {Part.VALIDATION: (0.5, 0.6, 0.7), Part.TEST: (0.4, 0.5, 0.4)})
    write_json(tmp_path / "views.json", curve.as_json())
    assert read_curve(tmp_path / "views.json") == curve
    assert (curve.views, curve.times_as_long) == (2, 4.5)
    for damaged in ({}, [], {"seconds": []}, curve.as_json() | {"test": [0.1]}, {"seconds": 3}):
        write_json(tmp_path / "damaged.json", damaged)
        assert read_curve(tmp_path / "damaged.json") is None
    assert read_curve(tmp_path / "missing.json") is None
