import signal

import pytest

from core.augment import find_recipe
from core.errors import BadViews, NoTrainedWeights, NoViews, RunFileMissing, UnknownRun
from core.jobs import places, queue, views, worker
from core.jobs.endings import how
from core.models import find_backbone, speed
from core.records import Phase, Predictions, Recipe, RunKind, RunSpec, Status, Step
from core.runs import WEIGHTS
from core.runs.files import read_json
from core.training.views import default_recipe


@pytest.fixture
def trained(store, queue_run, tmp_path):
    """A finished run of the vanilla network, whose weights nobody reads; called "Small"."""
    run = queue_run("vanilla")
    store.rename(run.id, "Small")
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    predictions = Predictions(evaluation_id=run.evaluation_id, classes=("ash", "oak"), parts={})
    store.finish(run.id, store.claim(run.id), predictions, {}, {WEIGHTS: tmp_path / WEIGHTS})
    return store.get(run.id)


def queued(settings, run, number=8, **fields):
    return views.submit(settings, views.plan(settings, run.id, number, **fields))


def test_views_wait_in_the_queue_under_the_name_of_their_run(settings, store, trained):
    run, joined = queued(settings, trained)
    assert not joined
    assert (run.kind, run.status, run.name) == (RunKind.VIEWS, Status.QUEUED, "Small, 8 views")
    assert run.views.recipe == default_recipe()
    assert run.evaluation_id == trained.evaluation_id
    assert [each.id for each in queue.waiting(settings)] == [run.id]
    assert views.of(store.list(), trained.id) == [run]
    assert queued(settings, trained) == (run, True)


def test_the_name_tells_what_differs_from_the_usual_and_stays_short_enough(settings, store, trained):
    assert queued(settings, trained, 1, seed=3)[0].name == "Small, 1 view, seed 3"
    assert queued(settings, trained, recipe=find_recipe(settings, "light"))[0].name == "Small, 8 views (light)"
    store.rename(trained.id, "S" * 200)
    long = queued(settings, trained, 4)[0].name
    assert len(long) == 200
    assert long.endswith("S, 4 views")


def test_only_finished_trained_runs_with_their_weights_have_views(settings, store, trained, queue_run):
    waiting = queue_run("vanilla", seed=1)
    with pytest.raises(NoTrainedWeights, match="it is queued"):
        views.plan(settings, waiting.id, 8)
    with pytest.raises(NoTrainedWeights, match="not trained"):
        views.plan(settings, queued(settings, trained)[0].id, 8)
    with pytest.raises(UnknownRun):
        views.plan(settings, "nobody", 8)
    store.file(trained.id, WEIGHTS).unlink()
    with pytest.raises(RunFileMissing):
        views.plan(settings, trained.id, 8)


@pytest.mark.parametrize(("number", "seed"), [(0, 0), (65, 0), (-1, 0), (8, -1), (8, 2**31)])
def test_a_number_outside_the_bounds_is_refused_with_what_was_received(settings, trained, number, seed):
    with pytest.raises(BadViews, match=f"Received: {seed if seed else number}"):
        views.plan(settings, trained.id, number, seed=seed)


def test_a_recipe_that_mixes_is_refused_before_anything_is_queued(settings, store, trained):
    with pytest.raises(NoViews, match="CutMix mixes"):
        views.plan(settings, trained.id, 8, Recipe(steps=(Step(operation="cutmix"),)))
    assert views.of(store.list(), trained.id) == []


def test_views_are_cancelled_and_tried_again_and_to_finish_them_now_is_to_cancel_them(settings, store, trained):
    run, _ = queued(settings, trained)
    assert queue.cancel(settings, run.id).status == Status.CANCELLED
    assert queue.retry(settings, run.id).status == Status.QUEUED
    store.claim(run.id)
    assert queue.finish(settings, run.id).status == Status.CANCELLED
    assert not store.get(run.id).finish_requested


def test_views_of_a_run_that_was_deleted_meanwhile_fail_with_a_sentence(settings, store, trained):
    run, _ = queued(settings, trained)
    store.delete(trained.id)
    before = signal.getsignal(signal.SIGTERM)
    try:
        code = worker.run(settings, run.id, store.claim(run.id), "nobody:trains")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert code == worker.FAILED
    said = read_json(places.attempt(settings, run.id, 1) / places.ERROR)["sentence"]
    assert "was deleted" in said


def test_an_unexpected_end_of_views_speaks_of_views(settings, store, trained, monkeypatch):
    def breaks(*_):
        raise ValueError("shapes differ\nand more")

    monkeypatch.setattr(worker, "_named", lambda _: breaks)
    run, _ = queued(settings, trained)
    before = signal.getsignal(signal.SIGTERM)
    try:
        worker.run(settings, run.id, store.claim(run.id), "nobody:trains")
    finally:
        signal.signal(signal.SIGTERM, before)
    said = read_json(places.attempt(settings, run.id, 1) / places.ERROR)["sentence"]
    assert said == "The views were not answered: an unexpected ValueError: shapes differ"


def test_views_whose_memory_was_taken_away_say_what_to_do(settings, trained):
    run, _ = queued(settings, trained)
    assert "memory is too small; close other programs" in how(-signal.SIGKILL, run)


def test_the_time_is_told_from_like_views_and_else_from_the_measured_speed(settings, store, trained, monkeypatch):
    def guess(photos=10, number=4):
        return views.guess_seconds(settings, store.list(), trained.spec, photos, number)

    assert guess() is None
    measured = speed.Speed(size=24, infer=50.0, train=10.0, batch=8)
    monkeypatch.setattr(views.speed, "known", lambda *_: measured)
    assert guess() == pytest.approx(10 * 5 / 50 / 4)  # photos half as wide have a quarter of the pixels
    run, _ = queued(settings, trained)
    predictions = store.predictions(trained.id)
    store.finish(run.id, store.claim(run.id), predictions, {"photos_per_second": 25.0})
    assert guess() == 10 * 5 / 25
    other = trained.spec.model_copy(update={"input_size": 48})
    assert views.guess_seconds(settings, store.list(), other, 10, 4) == pytest.approx(10 * 5 / 50 * 4)


def test_a_plan_of_a_phase_is_no_part_of_how_alike_networks_are(trained):
    other = RunSpec(dataset="d", split="s", backbone="vanilla", input_size=12, phases=(Phase(frozen=2, epochs=9),))
    assert find_backbone("vanilla").key == "vanilla"
    assert views._alike(trained.spec, other)
