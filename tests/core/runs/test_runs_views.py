import pytest

from core.records import Progress, Recipe, RunKind, Status, Step, ViewsSpec
from core.runs import RunStore

FLIP = Recipe(name="flips", steps=(Step(operation="horizontal_flip"),))


def views_of(run="a" * 32, **fields):
    return ViewsSpec(**{"run": run, "views": 8, "recipe": FLIP} | fields)


def submit(store, views=None):
    return store.submit_views(views or views_of(), "Xception, 8 views", evaluation_id="f" * 20)


def test_views_are_queued_with_all_that_their_job_needs(settings, store):
    run, joined = submit(store)
    assert not joined
    read = RunStore(settings).get(run.id)
    assert (read.kind, read.status, read.views) == (RunKind.VIEWS, Status.QUEUED, views_of())
    assert (read.spec, read.evaluation_id, read.progress.epochs) == (None, "f" * 20, 9)


def test_equal_views_join_the_run_that_has_them_whatever_the_recipe_is_called(store):
    run, _ = submit(store)
    other = views_of(recipe=FLIP.model_copy(update={"name": "mirrors"}))
    assert submit(store, other) == (run, True)
    assert submit(store, views_of(seed=1))[0].id != run.id
    assert submit(store, views_of(views=4))[0].id != run.id


def test_cancelled_views_are_queued_anew(store):
    run, _ = submit(store)
    store.cancel(run.id)
    again, joined = submit(store)
    assert not joined
    assert again.id != run.id
    assert store.requeue(run.id).status == Status.QUEUED


def test_a_long_recipe_of_views_is_kept_whole(settings, store):
    long = views_of(recipe=Recipe(steps=(Step(operation="shift", parameters={"share": 0.2}),) * 200))
    run, _ = submit(store, long)
    assert RunStore(settings).get(run.id).views == long


def test_only_the_current_attempt_publishes_views(store, predictions):
    run, _ = submit(store)
    first, second = store.claim(run.id), store.claim(run.id)
    assert not store.write_progress(run.id, first, Progress(epoch=1, epochs=9))
    assert not store.finish(run.id, 0, predictions, {})
    assert not store.finish(run.id, first, predictions, {})
    assert store.finish(run.id, second, predictions, {"seconds": 2.0})
    assert store.get(run.id).status == Status.FINISHED
    assert store.predictions(run.id).evaluation_id == predictions.evaluation_id


@pytest.mark.parametrize("kind", list(RunKind))
def test_a_kind_is_made_by_a_job_or_finished_at_once(store, kind, predictions):
    run = store.create(kind, "One", predictions=None if kind.made_by_job else predictions)
    assert run.status == (Status.QUEUED if kind.made_by_job else Status.FINISHED)
