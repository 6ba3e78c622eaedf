import threading

from core.jobs import queue, views
from core.jobs.local import LocalExecutor
from core.jobs.supervisor import Supervisor
from core.records import Head, Part, Phase, RunKind, RunSpec, Status
from core.runs.files import VIEWS
from core.training.views import read_curve


def test_a_small_network_is_really_trained_and_answers_views_of_its_photos(settings, store, split, wait_for):
    spec = RunSpec(
        dataset=split.dataset,
        split=split.id,
        backbone="vanilla",
        input_size=16,
        head=Head(pooling="flatten", dense=(4,)),
        phases=(Phase(epochs=2, batch_size=4),),
    )
    run, _ = queue.submit(settings, spec)
    stop = threading.Event()
    thread = threading.Thread(target=Supervisor(settings, LocalExecutor(settings)).run, args=(stop,), daemon=True)
    thread.start()
    try:
        wait_for(lambda: store.get(run.id).status.over, seconds=280)
        seen, _ = views.submit(settings, views.plan(settings, run.id, 2))
        wait_for(lambda: store.get(seen.id).status.over, seconds=280)
    finally:
        stop.set()
        thread.join(60)
    done = store.get(run.id)
    assert done.status == Status.FINISHED, done.error
    assert done.progress.epoch == done.progress.epochs == 2
    assert store.history(run.id)["epoch"].tolist() == [1, 2]
    predictions = store.predictions(run.id)
    assert predictions.evaluation_id == split.evaluation_id
    assert predictions.parts[Part.VALIDATION].probabilities.shape == (2, 2)
    assert store.file(run.id, "trained.weights.h5").stat().st_size > 0
    assert {"test_accuracy", "validation_f1_macro", "seconds"} <= done.metrics.keys()

    seen = store.get(seen.id)
    assert (seen.status, seen.kind, seen.error) == (Status.FINISHED, RunKind.VIEWS, None)
    assert seen.name == f"{run.name}, 2 views"
    assert seen.progress.epoch == seen.progress.epochs == 3
    together = store.predictions(seen.id)
    assert together.evaluation_id == split.evaluation_id
    curve = read_curve(store.file(seen.id, VIEWS))
    for part, answers in predictions.parts.items():
        assert together.parts[part].ids == answers.ids
        assert curve.accuracies[part][0] == (answers.predicted == answers.true).mean()
    assert seen.metrics["validation_accuracy"] == curve.accuracies[Part.VALIDATION][-1]
    assert seen.metrics["views"] == 2
