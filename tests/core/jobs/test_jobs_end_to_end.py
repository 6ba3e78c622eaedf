import threading

from core.jobs import queue
from core.jobs.local import LocalExecutor
from core.jobs.supervisor import Supervisor
from core.records import Head, Part, Phase, RunSpec, Status


def test_a_small_network_is_really_trained(settings, store, split, wait_for):
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
