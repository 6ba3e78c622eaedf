"""Records: identities hold what matters and nothing else."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.records import (
    Head,
    Part,
    PartPredictions,
    Phase,
    Progress,
    Recipe,
    RunSpec,
    Step,
    content_hash,
    dataset_id,
    evaluation_id,
    split_id,
)

SPEC = RunSpec(dataset="d", split="s", backbone="vanilla", phases=(Phase(),))


def test_equal_specs_have_equal_ids_whatever_is_written_out():
    spelled_out = RunSpec.model_validate(SPEC.model_dump(mode="json"))
    assert spelled_out.id == SPEC.id


def test_the_family_leaves_the_seed_out_and_the_id_does_not():
    other = SPEC.model_copy(update={"seed": 7})
    assert other.id != SPEC.id
    assert other.family == SPEC.family


def test_a_sweep_leaves_out_the_seed_and_what_one_phase_freezes():
    def spec(*frozen, seed=0, epochs=5):
        phases = tuple(Phase(frozen=k, epochs=epochs) for k in frozen)
        return RunSpec(dataset="d", split="s", backbone="vgg16", phases=phases, seed=seed)

    assert spec("all", 8).sweep(1) == spec("all", 12, seed=3).sweep(1) == spec("all", 0).sweep(1)
    others = [spec(4, 8).sweep(1), spec("all", 8).sweep(0), spec("all", 8, epochs=6).sweep(1)]
    assert len({spec("all", 8).sweep(1), *others}) == 4


def test_weights_enter_by_their_content_and_not_by_their_name():
    named = SPEC.model_copy(update={"weights": "imagenet", "weights_hash": "a" * 64})
    renamed = named.model_copy(update={"weights": "mine.weights.h5"})
    other = named.model_copy(update={"weights_hash": "b" * 64})
    assert named.id == renamed.id != other.id


def test_a_recipes_name_changes_neither_its_id_nor_the_specs():
    steps = (Step(operation="grayscale", probability=0.5),)
    plain, named = (SPEC.model_copy(update={"phases": (Phase(recipe=Recipe(name=n, steps=steps)),)}) for n in ("", "x"))
    assert plain.id == named.id
    assert Recipe(name="x", steps=steps).id == Recipe(steps=steps).id


@given(change=st.sampled_from([{"input_size": 48}, {"head": Head(dense=())}, {"phases": (Phase(epochs=6),)}]))
def test_any_change_that_trains_something_else_changes_the_id(change):
    assert SPEC.model_copy(update=change).id != SPEC.id


def test_an_old_spec_keeps_its_id():
    assert SPEC.id == "ca1bee29570e191c36b1"  # a change here means that every stored spec would be trained again


@given(ids=st.lists(st.text("abc", min_size=1, max_size=4), unique=True, min_size=3), seed=st.randoms())
def test_identities_do_not_depend_on_order(ids, seed):
    shuffled = ids[:]
    seed.shuffle(shuffled)
    assert split_id({Part.TRAIN: ids}) == split_id({Part.TRAIN: shuffled})
    rows, mixed = [(i, "x") for i in ids], [(i, "x") for i in shuffled]
    assert dataset_id(("x",), rows) == dataset_id(("x",), mixed)
    assert evaluation_id(("x",), {Part.VALIDATION: rows, Part.TEST: []}) == evaluation_id(
        ("x",), {Part.VALIDATION: mixed, Part.TEST: []}
    )


def test_validation_and_test_cannot_be_swapped_under_one_evaluation_id():
    one, two = [("a", "x")], [("b", "x")]
    assert evaluation_id(("x",), {Part.VALIDATION: one, Part.TEST: two}) != evaluation_id(
        ("x",), {Part.VALIDATION: two, Part.TEST: one}
    )


def test_a_step_that_is_switched_off_changes_no_id_and_is_kept():
    flip, off = Step(operation="horizontal_flip"), Step(operation="mixup", on=False)
    only_off = Step(operation="one_of", steps=(off,))
    recipe = Recipe(steps=(flip, off, only_off, Step(operation="one_of", steps=(off, flip))))
    active = Recipe(steps=(flip, Step(operation="one_of", steps=(flip,))))
    assert recipe.active == active
    assert recipe.id == active.id
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"learning_rate": 10}, {"batch_size": 0}, {"frozen": -1}, {"unknown": 1}]
)
def test_a_phase_refuses_what_cannot_be_trained(wrong):
    with pytest.raises(ValidationError):
        Phase(**wrong)


def test_progress_stored_before_it_told_rate_and_memory_still_loads():
    old = '{"phase":1,"epoch":3,"epochs":12,"batch":2,"batches":9,"eta_seconds":71.5,"note":"epoch 4 of 12"}'
    progress = Progress.model_validate_json(old)
    assert (progress.photos_per_second, progress.memory_mb, progress.learning_rate) == (None, None, None)
    assert Progress.model_validate_json(progress.model_dump_json(exclude_defaults=True)) == progress


def test_predictions_need_one_row_a_photo():
    with pytest.raises(ValidationError, match="one row a photo"):
        PartPredictions(ids=("a", "b"), true=[0], probabilities=np.zeros((2, 2)))


def test_content_hash_refuses_what_json_cannot_hold():
    with pytest.raises(ValueError, match="Out of range"):
        content_hash(float("nan"))


def test_importing_a_room_loads_neither_tensorflow_nor_mlflow():
    code = """
import importlib, sys
for room in ("records", "datasets", "augment", "models", "runs", "evaluation", "charts", "training", "ensembles",
             "jobs.queue", "__main__"):
    importlib.import_module("core." + room)
    slow = [module for module in ("tensorflow", "keras", "mlflow") if module in sys.modules]
    assert not slow, (room, slow)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
