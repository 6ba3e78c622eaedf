import shutil
import subprocess
import sys

import pytest

from core import augment, datasets
from core.errors import (
    BadSpec,
    BatchOfOne,
    BatchTooLarge,
    NoSplit,
    NoTrainedWeights,
    OtherSplit,
    RunDeleted,
    RunNotActive,
    TooManyCopies,
    TooManyFrozen,
    UnknownDataset,
    UnknownOperation,
    UnknownRecipe,
    UnknownRun,
    UnknownSplit,
    WeightsMismatch,
)
from core.jobs import queue
from core.records import Part, PartPredictions, Phase, Predictions, Recipe, RunKind, RunSpec, Status, Step, Visitor
from core.runs import WEIGHTS


@pytest.fixture
def raw(split):
    return {
        "dataset": "Trees",
        "split": split.id[:8],
        "backbone": "Vanilla",
        "input_size": 32,
        "phases": [{"frozen": 0, "epochs": 1, "batch_size": 4}],
    }


def test_names_in_a_plan_become_ids_and_recipes(settings, split, raw):
    recipe = augment.list_recipes(settings)[0]
    raw["phases"] = [{"frozen": "all", "recipe": recipe.name}, {"recipe": None}]
    spec = queue.resolve_spec(settings, raw)
    assert (spec.dataset, spec.split) == (split.dataset, split.id)
    assert spec.phases[0].recipe == recipe
    assert spec.phases[1].recipe is None


def test_a_plan_without_split_gets_the_newest(settings, split, raw):
    del raw["split"]
    newest = datasets.make_split(settings, datasets.find_dataset(settings, "Trees"), seed=1)
    assert newest.id != split.id
    assert queue.resolve_spec(settings, raw).split == newest.id


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"dataset": "Flowers"}, UnknownDataset, "Flowers"),
        ({"dataset": 7}, BadSpec, "dataset"),
        ({"split": "123456"}, UnknownSplit, "123456"),
        ({"phases": []}, BadSpec, "phases"),
        ({"phases": [{"epochs": 0}]}, BadSpec, "phases.0.epochs"),
        ({"phases": [{"recipe": "no such"}]}, UnknownRecipe, "no such"),
        ({"phases": 3}, BadSpec, "phases"),
        ({"colour": "blue"}, BadSpec, "colour"),
        ({"version": 9}, BadSpec, "version"),
    ],
)
def test_what_is_wrong_with_a_plan_is_one_sentence(settings, raw, change, error, said):
    with pytest.raises(error) as refused:
        queue.resolve_spec(settings, raw | change)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_plan_that_is_no_object_is_refused(settings):
    with pytest.raises(BadSpec, match="list"):
        queue.resolve_spec(settings, [1])


def test_submitting_twice_is_one_run_and_again_is_another(settings, raw):
    spec = queue.resolve_spec(settings, raw)
    run, joined = queue.submit(settings, spec, visitor=Visitor(id="ana"))
    assert (run.status, run.owner, joined) == (Status.QUEUED, "ana", False)
    assert queue.submit(settings, spec) == (run, True)
    assert queue.submit(settings, spec, again=True)[1] is False
    assert len(queue.waiting(settings)) == 2
    assert queue.waiting(settings)[0] == run


def test_what_the_network_can_not_do_is_refused_before_it_is_queued(settings, split):
    def plan(**phase):
        return RunSpec(
            dataset=split.dataset,
            split=split.id,
            backbone="vanilla",
            input_size=32,
            phases=(Phase(**{"batch_size": 4} | phase),),
        )

    with pytest.raises(TooManyFrozen):
        queue.submit(settings, plan(frozen=9999))
    with pytest.raises(UnknownOperation):
        queue.submit(settings, plan(recipe=Recipe(steps=(Step(operation="sparkle"),))))
    assert queue.waiting(settings) == []


def test_a_run_nobody_named_is_called_what_it_does(split):
    phases = (Phase(frozen="all"), Phase(frozen=100), Phase())
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="xception", phases=phases, seed=3)
    name = "Xception, all frozen, then first 100 frozen, then all layers train, 96 px, seed 3"
    assert queue.default_name(spec) == name


def test_queueing_needs_no_keras():
    code = "import sys, core.jobs.queue, core.jobs.service; sys.exit('keras' in sys.modules or 'mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_finishing_asks_a_running_run_to_keep_its_best_and_cancels_a_queued_one(settings, raw):
    spec = queue.resolve_spec(settings, raw)
    store = queue.open_store(settings)
    running, _ = queue.submit(settings, spec)
    store.claim(running.id)
    assert queue.finish(settings, running.id).finish_requested
    waiting, _ = queue.submit(settings, spec.model_copy(update={"seed": 8}))
    assert queue.finish(settings, waiting.id).status == Status.CANCELLED
    with pytest.raises(RunNotActive):
        queue.finish(settings, waiting.id)


def test_a_plan_for_photos_without_a_split_says_how_to_make_one(settings, split, raw):
    shutil.rmtree(settings.home / "splits")
    del raw["split"]
    with pytest.raises(NoSplit, match="Trees has no split yet"):
        queue.resolve_spec(settings, raw)


def test_copies_that_cannot_be_kept_are_refused_before_they_are_queued(settings, split):
    phase = Phase(batch_size=4, recipe=augment.find_recipe(settings, "geometric (report)"), fixed_copies=100)
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=1024, phases=(phase,))
    few = spec.model_copy(update={"phases": (phase.model_copy(update={"fixed_copies": 1}),)})
    assert queue.check(settings, few)[0].phases[0].fixed_copies == 1
    many = Recipe(steps=phase.recipe.steps, oversample=1000)
    with pytest.raises(TooManyCopies, match="200,000 fixed copies"):
        queue.submit(settings, spec.model_copy(update={"phases": (phase.model_copy(update={"recipe": many}),)}))


def test_steps_that_are_switched_off_are_not_part_of_a_plan(settings, split):
    flip, off = Step(operation="horizontal_flip"), Step(operation="mixup", on=False)
    phases = (Phase(batch_size=4, recipe=Recipe(steps=(flip, off))),)
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=32, phases=phases)
    stored, _ = queue.check(settings, spec)
    assert stored.phases[0].recipe.steps == (flip,)
    assert stored.id == spec.id


def finished_run(settings, spec, tmp_path):
    """A finished run of `spec` whose trained weights are real."""
    from core.models.network import build

    store = queue.open_store(settings)
    run, _ = queue.submit(settings, spec)
    saved = build(settings, run.spec, 2).save_trained(tmp_path / f"{run.id}.weights.h5")
    answers = PartPredictions(ids=("a",), true=[0], probabilities=[[1, 0]])
    found = Predictions(evaluation_id=run.evaluation_id, classes=("ash", "oak"), parts={Part.VALIDATION: answers})
    store.finish(run.id, store.claim(run.id), found, {"validation_accuracy": 0.5}, {WEIGHTS: saved})
    return run


def test_a_plan_that_starts_from_a_run_keeps_its_photos_and_split(settings, raw, tmp_path):
    spec = queue.resolve_spec(settings, raw)
    run = finished_run(settings, spec, tmp_path)
    second = queue.resolve_spec(settings, raw | {"weights": run.id[:8], "seed": 3})
    assert second.weights == run.id
    queued, joined = queue.submit(settings, second)
    assert not joined
    assert len(queued.spec.weights_hash) == 64
    assert queue.submit(settings, second)[1]
    dataset = datasets.find_dataset(settings, "Trees")
    other = datasets.make_split(settings, dataset, seed=5)
    with pytest.raises(OtherSplit, match=f"trained on split {run.spec.split[:8]}"):
        queue.submit(settings, second.model_copy(update={"split": other.id}))
    with pytest.raises(WeightsMismatch, match="a run of Vanilla"):
        queue.submit(settings, second.model_copy(update={"backbone": "vgg16"}))


def test_a_run_without_weights_of_its_own_can_lend_none(settings, raw, tmp_path):
    spec = queue.resolve_spec(settings, raw)
    waiting, _ = queue.submit(settings, spec)
    with pytest.raises(NoTrainedWeights, match="it is queued"):
        queue.submit(settings, spec.model_copy(update={"weights": waiting.id}))
    store = queue.open_store(settings)
    answers = PartPredictions(ids=("a",), true=[0], probabilities=[[1, 0]])
    found = Predictions(evaluation_id="e", classes=("ash", "oak"), parts={Part.VALIDATION: answers})
    brought = store.create(RunKind.BROUGHT, "theirs", predictions=found)
    with pytest.raises(NoTrainedWeights, match="it was brought in"):
        queue.submit(settings, spec.model_copy(update={"weights": brought.id}))
    with pytest.raises(UnknownRun):
        queue.resolve_spec(settings, raw | {"weights": "abcdef12"})


def test_a_deleted_run_lends_no_more_but_what_it_lent_is_kept(settings, raw, tmp_path):
    from core.models import earlier

    lender = finished_run(settings, queue.resolve_spec(settings, raw), tmp_path)
    second, _ = queue.submit(settings, queue.resolve_spec(settings, raw | {"weights": lender.id[:8], "seed": 3}))
    store = queue.open_store(settings)
    store.delete(lender.id)
    assert queue.lenders(settings, second.spec) == []
    with pytest.raises(RunDeleted, match=f"restore {lender.id[:8]}"):
        queue.submit(settings, second.spec.model_copy(update={"seed": 4}))
    spec, weights = earlier.kept_run(settings, second.spec.weights_hash)
    assert (spec.id, weights.is_file()) == (lender.spec_id, True)
    store.cancel(second.id)
    assert queue.retry(settings, second.id).status == Status.QUEUED
    store.restore(lender.id)
    assert [run.id for run in queue.lenders(settings, second.spec)] == [lender.id]


def test_a_batch_that_no_epoch_can_fill_is_refused(settings, split):
    phases = (Phase(batch_size=4), Phase(batch_size=4096))
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=32, phases=phases)
    with pytest.raises(BatchTooLarge, match=r"Phase 2 trains in batches of 4,096 photos, but its epoch shows \d+\."):
        queue.submit(settings, spec)
    copies = Recipe(steps=(Step(operation="horizontal_flip"),), oversample=3000)
    more = phases[1].model_copy(update={"recipe": copies})
    queue.check(settings, spec.model_copy(update={"phases": (phases[0], more)}))


def test_mixing_in_batches_of_one_is_refused(settings, split):
    phase = Phase(batch_size=1, recipe=Recipe(steps=(Step(operation="cutmix"),)))
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=32, phases=(phase,))
    with pytest.raises(BatchOfOne, match="CutMix"):
        queue.submit(settings, spec)
