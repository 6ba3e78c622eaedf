import pytest

from core.errors import BadSpec, BadSweep, TooManyFrozen
from core.jobs import queue, sweep
from core.records import ENDED_EARLY, Part, PartPredictions, Phase, Predictions, RunSpec


@pytest.fixture
def spec(split):
    phases = (Phase(frozen=0, epochs=1, batch_size=4), Phase(frozen=4, epochs=1, batch_size=4, learning_rate=1e-4))
    return RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", input_size=32, phases=phases)


def cut_at(spec, k):
    return spec.model_copy(update={"phases": (spec.phases[0], spec.phases[1].model_copy(update={"frozen": k}))})


def finish(store, run, accuracy, **more):
    attempt = store.claim(run.id)
    answers = PartPredictions(ids=("a",), true=[0], probabilities=[[1, 0]])
    found = Predictions(
        evaluation_id=run.evaluation_id, classes=("ash", "oak"), parts={Part.VALIDATION: answers, Part.TEST: answers}
    )
    metrics = {
        f"{part}_{name}": accuracy
        for part in ("validation", "test")
        for name in ("accuracy", "precision_macro", "recall_macro", "f1_macro")
    }
    store.finish(run.id, attempt, found, metrics | {"trainable_parameters": 1000.0 - run.spec.phases[-1].frozen} | more)


def test_twins_are_planned_once_and_said(spec):
    planned = sweep.plan(spec, [7, 5, 2, 3, 10], [0, 1])
    assert planned.cuts == (2, 5, 10)
    assert planned.left_out == ((3, 2), (7, 5))
    assert [(one.phases[1].frozen, one.seed) for one in planned.specs] == [
        (2, 0), (5, 0), (10, 0), (2, 1), (5, 1), (10, 1),
    ]  # fmt: skip
    assert {one.phases[0] for one in planned.specs} == {spec.phases[0]}


@pytest.mark.parametrize(
    ("cuts", "seeds", "said"),
    [
        ([5], [0], "two cuts"),
        ([5, 6, 7], [0], "5, 6, 7 train the same weights"),
        ([2, 5], [], "a seed"),
        ([2, 5], list(range(51)), "102 trainings; 100 may be"),
    ],
)
def test_a_sweep_that_would_show_nothing_is_refused_with_the_reason(spec, cuts, seeds, said):
    with pytest.raises(BadSweep, match=said):
        sweep.plan(spec, cuts, seeds)


def test_a_cut_beyond_the_last_layer_is_refused(spec):
    with pytest.raises(TooManyFrozen, match="11"):
        sweep.plan(spec, [2, 11], [0])


def test_the_runs_of_a_sweep_find_each_other_and_joined_ones_are_not_trained_twice(settings, spec):
    store = queue.open_store(settings)
    alone, _ = queue.submit(settings, cut_at(spec, 5))
    other, _ = queue.submit(settings, spec.model_copy(update={"input_size": 48}))
    runs, _ = sweep.submit(settings, spec, [2, 5], [0, 1])
    assert alone.id in {run.id for run in runs}
    assert len({run.id for run in runs}) == 4
    found = sweep.members(store.list(), runs[0].spec)
    assert {run.id for run in found} == {run.id for run in runs}
    assert other.id not in {run.id for run in found}


def test_nothing_is_queued_where_one_of_the_plans_is_wrong(settings, spec):
    with pytest.raises(BadSpec):
        sweep.submit(settings, spec.model_copy(update={"weights": "imagenet"}), [2, 5], [0])
    assert queue.open_store(settings).list() == []


def test_finished_runs_are_gathered_by_their_cut_twins_together(settings, spec):
    store = queue.open_store(settings)
    runs, _ = sweep.submit(settings, spec, [2, 5, 9], [0, 1])
    assert sweep.gathered(store.list(), spec, 20) is None
    for run in runs[:4]:  # seed 0 whole, of seed 1 the first cut
        finish(store, run, 0.5 + run.spec.phases[-1].frozen / 100)
    finish(store, queue.submit(settings, cut_at(spec, 6).model_copy(update={"seed": 7}))[0], 0.60)
    found = sweep.gathered(store.list(), runs[0].spec, 20)
    assert [(cut.k, cut.seeds) for cut in found.cuts] == [(2, (0, 1)), (5, (0, 7)), (9, (0,))]
    assert [cut.mean for cut in found.cuts] == pytest.approx([0.52, 0.575, 0.59])
    assert found.chosen.k == 9
    assert found.cuts[1].parameters == 995.0


def test_a_run_that_ended_early_says_nothing_of_its_cut(settings, spec):
    store = queue.open_store(settings)
    runs, _ = sweep.submit(settings, spec, [2, 5], [0])
    finish(store, runs[0], 0.5)
    finish(store, runs[1], 0.9, **{ENDED_EARLY: 1.0})
    found = sweep.gathered(store.list(), runs[0].spec, 20)
    assert [cut.k for cut in found.cuts] == [2]
