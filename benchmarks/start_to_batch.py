"""From "Start" to the first trained batch with a warm supervisor, against bounds and `import tensorflow` in this run.

Photos and network are those of the demo; pre-trained weights come from THAW_WEIGHTS and are left out where missing.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 3
WARM_SECONDS = 40  # for the forkserver to load TensorFlow before the first job
CASES = (("first", 3), ("mobilenetv2-frozen", 6), ("xception-frozen", None), ("vgg16-k8", None))


def seconds_to_first_batch(settings, spec, name: str) -> float:
    """Seconds from the call that queues `spec` until its run reports a trained batch; the run is cancelled then."""
    from core.jobs import queue

    store, began = queue.open_store(settings), time.perf_counter()
    run, _ = queue.submit(settings, spec, name=name, again=True)
    while True:
        now = store.get(run.id)
        if now.progress.batch or now.progress.epoch:
            taken = time.perf_counter() - began
            break
        if now.status.over:
            raise RuntimeError(f"{name}: {now.error}")
        time.sleep(0.02)
    if not now.status.over:
        queue.cancel(settings, run.id)
    while not store.get(run.id).status.over:
        time.sleep(0.05)
    return taken


def main() -> None:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import tensorflow"], check=True, capture_output=True)
    print(f'python -c "import tensorflow": {time.perf_counter() - began:.1f} s')
    with tempfile.TemporaryDirectory() as home:
        os.environ["THAW_HOME"] = home
        from core import datasets
        from core.errors import ThawError
        from core.jobs.service import ensure_supervisor
        from core.settings import settings
        from core.training import preset_spec

        leaves = next(one for one in datasets.ensure_demo(settings(), exam=False) if one.name == datasets.LEAVES)
        split = datasets.list_splits(settings(), leaves.id)[-1]
        with ensure_supervisor(settings()):
            time.sleep(WARM_SECONDS)
            for preset, bound in CASES:
                spec = preset_spec(preset, leaves.id, split.id)
                try:
                    taken = [
                        seconds_to_first_batch(settings(), spec.model_copy(update={"seed": seed}), preset)
                        for seed in range(REPEATS)
                    ]
                except ThawError as error:
                    print(f"start to first batch, {preset}: left out ({error})")
                    continue
                limit = f"(bound {bound} s)" if bound else "(reported)"
                shown = f"first time {taken[0]:.1f} s, then {statistics.median(taken[1:]):.1f} s"
                print(f"start to first batch, {preset}: {shown} {limit}")


if __name__ == "__main__":
    main()
