"""Eight short trainings in the queue: from the end of one to the next one's process and to its first trained batch."""

import itertools
import os
import statistics
import tempfile
import time

JOBS = 8
WARM_SECONDS = 40  # for the forkserver to load TensorFlow before the first job
TO_PROCESS, TO_BATCH = 1.0, 3.0


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["THAW_HOME"] = home
        from core import datasets
        from core.jobs import places, queue
        from core.jobs.service import ensure_supervisor
        from core.settings import settings
        from core.training import preset_spec

        leaves = next(one for one in datasets.ensure_demo(settings(), exam=False) if one.name == datasets.LEAVES)
        split = datasets.list_splits(settings(), leaves.id)[-1]
        spec = preset_spec("first", leaves.id, split.id)
        spec = spec.model_copy(update={"phases": (spec.phases[0].model_copy(update={"epochs": 3}),)})
        with ensure_supervisor(settings()):
            time.sleep(WARM_SECONDS)
            store = queue.open_store(settings())
            runs = [queue.submit(settings(), spec.model_copy(update={"seed": n}))[0].id for n in range(JOBS)]
            process, batch, over = {}, {}, {}
            while len(over) < JOBS:
                now = time.perf_counter()
                for run_id in [one for one in runs if one not in over][:2]:
                    run = store.get(run_id)
                    if run.attempt and (places.attempt(settings(), run_id, run.attempt) / places.WORKER).exists():
                        process.setdefault(run_id, now)
                    if run.progress.batch or run.progress.epoch:
                        batch.setdefault(run_id, now)
                    if run.status.over:
                        over[run_id] = now
                time.sleep(0.01)
        pairs = list(itertools.pairwise(runs))
        for name, found, bound in (("process", process, TO_PROCESS), ("first trained batch", batch, TO_BATCH)):
            waits = [found[after] - over[before] for before, after in pairs]
            print(
                f"from the end of a job to the next one's {name}: median {statistics.median(waits):.2f} s, "
                f"most {max(waits):.2f} s (bound {bound:.0f} s)"
            )


if __name__ == "__main__":
    main()
