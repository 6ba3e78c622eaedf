"""Page switches on a store with 200 runs: server time of the page's script, against the bound of 300 ms.

A run of the script by Streamlit's own test runtime: what the server computes for one page, without the browser. Timed
is the script alone, since the test runtime itself waits in steps of 100 ms and reads back all that was drawn.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

RUNS = 200
REPEATS = 8
BOUND_MS = 300
PAGES = ("start.py", "photos.py", "augment.py", "train.py", "compare.py", "ensemble.py")


def fill(settings) -> None:
    """Demo photos, and runs whose predictions are drawn at random with a different accuracy each."""
    from core import datasets
    from core.records import Part, PartPredictions, Predictions, RunKind
    from core.runs import RunStore

    leaves = datasets.ensure_demo(settings, exam=False)[0]
    split = datasets.list_splits(settings, leaves.id)[-1]
    rows = datasets.split_rows(settings, split.id)
    store, random = RunStore(settings), np.random.default_rng(0)
    for number in range(RUNS):
        parts = {}
        for part in (Part.VALIDATION, Part.TEST):
            of_part = rows[rows["part"] == part].sort_values("id")
            noise = random.dirichlet(np.ones(len(leaves.classes)), len(of_part))
            right = np.eye(len(leaves.classes))[of_part["label"]]
            weight = 0.3 + 0.5 * number / RUNS
            parts[part] = PartPredictions(
                ids=tuple(of_part["id"]), true=of_part["label"], probabilities=weight * right + (1 - weight) * noise
            )
        predictions = Predictions(evaluation_id=split.evaluation_id, classes=leaves.classes, parts=parts)
        accuracy = float((parts[Part.VALIDATION].predicted == parts[Part.VALIDATION].true).mean())
        store.create(
            RunKind.BROUGHT, f"Run {number}", predictions=predictions, metrics={"validation_accuracy": accuracy}
        )


def timed_scripts() -> list[float]:
    """Make Streamlit note the seconds that every run of the script takes."""
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    taken, run_script = [], ScriptRunner._run_script

    def timed(*arguments):
        start = time.perf_counter()
        run_script(*arguments)
        taken.append(time.perf_counter() - start)

    ScriptRunner._run_script = timed
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["THAW_HOME"] = home
        from streamlit.testing.v1 import AppTest

        from core.settings import settings
        from pages.parts import warmup

        fill(settings())
        frame = Path(__file__).parents[1] / "pages" / "frame.py"
        app = AppTest.from_file(str(frame), default_timeout=60).run()
        warmup.keep_for_good()  # as the server does
        scripts, times = timed_scripts(), {page: [] for page in PAGES}
        for repeat in range(REPEATS + 2):
            for page in PAGES:
                scripts.clear()
                app.switch_page(page).run()
                if app.exception:
                    raise RuntimeError(f"{page}: {app.exception[0].value}")
                if repeat >= 2:  # the first rounds fill the caches
                    times[page].append(1000 * sum(scripts))
        for page, taken in times.items():
            median, worst = statistics.median(taken), max(taken)
            print(
                f"page switch to {page} with {RUNS} runs: median {median:.0f} ms, max {worst:.0f} ms (bound {BOUND_MS})"
            )


if __name__ == "__main__":
    main()
