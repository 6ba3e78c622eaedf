"""1,000 runs: how long until the table on Compare is there, what a search takes, and what the curves take.

A run of the Compare page's script by Streamlit's own test runtime: what the server computes, without the browser. The
views below the table are left out. The runs are copies of one row of the store, since making each through MLflow would
take minutes; every fifth plan has five seeds.
"""

import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

RUNS, EPOCHS, SEEDS = 1_000, 20, 5
FRAME = Path(__file__).parents[1] / "pages" / "frame.py"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="thaw-table-") as home:
        os.environ |= {"THAW_HOME": home, "MLFLOW_DISABLE_TELEMETRY": "true"}
        fill(Path(home))
        measure()


def fill(home: Path) -> None:
    """A store with RUNS finished runs of EPOCHS epochs, in two tests of which the second has a tenth."""
    from core.records import Phase, RunSpec
    from core.runs import RunStore, record
    from core.settings import settings

    store = RunStore(settings())
    figures = {f"{part}_{name}": 0.8 for part in ("validation", "test") for name in ("accuracy", "f1_macro", "loss")}
    specs = []
    for number in range(RUNS):
        plan, seed = divmod(number, SEEDS) if number < RUNS // 5 else (number, 0)
        phases = (Phase(frozen="all", epochs=10), Phase(frozen=plan % 19, epochs=10, learning_rate=(plan + 1) / 1e6))
        specs.append(RunSpec(dataset="d" * 20, split="e" * 20, backbone="vgg16", phases=phases, seed=seed))
    run, _ = store.submit(specs[0], "run 0", evaluation_id="f" * 20)
    attempt = store.claim(run.id)
    for epoch in range(1, EPOCHS + 1):
        logged = dict.fromkeys(record.HISTORY, epoch / EPOCHS)
        store.log_epoch(run.id, attempt, epoch, logged | {f"validation_recall_{label}": 0.5 for label in range(8)})
    store.finish(run.id, attempt, None, figures | {"seconds": 60.0, "parameters": 1e7})
    with closing(sqlite3.connect(home / "runs.db")) as base, base:
        for number, spec in enumerate(specs[1:], start=1):
            copy(base, run.id, f"{number:032x}", number)
            tags, _ = record.spec_tags(spec)
            tags |= {"changed": str(number), "evaluation_id": ("e" if number % 10 == 0 else "f") * 20}
            tags |= {"tags": "lesson\nreport"} if number % 7 == 0 else {}
            for key, value in tags.items():
                base.execute(
                    "insert or replace into tags (key, value, run_uuid) values (?, ?, ?)",
                    (record.PREFIX + key, value, f"{number:032x}"),
                )


def copy(base: sqlite3.Connection, run_id: str, new: str, number: int) -> None:
    """A run with all that it logged, under another id and name."""
    for table in ("runs", "tags", "params", "metrics", "latest_metrics"):
        columns = [row[1] for row in base.execute(f"pragma table_info({table})")]
        values = ", ".join("?" if name == "run_uuid" else name for name in columns)
        base.execute(
            f"insert into {table} ({', '.join(columns)}) select {values} from {table} where run_uuid = ?", (new, run_id)
        )
    base.execute("update runs set name = ? where run_uuid = ?", (f"run {number}, VGG16", new))


def measure() -> None:
    """Say how long each step takes; nothing is kept from one to the next but what the server keeps."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    from core.jobs.queue import open_store
    from core.settings import settings
    from pages.parts import compare_several, compare_single

    compare_single.show_run = compare_several.show_runs = lambda *_: None  # only the table is measured
    store = open_store(settings())
    began = time.perf_counter()
    runs = store.list(limit=RUNS)
    print(f"{len(runs):,} runs read from the store for the first time: {time.perf_counter() - began:.2f} s")
    began = time.perf_counter()
    curves = store.curves(runs)
    print(f"{len(curves):,} curves, the first time: {time.perf_counter() - began:.2f} s")

    page = AppTest.from_file(FRAME, default_timeout=120).switch_page("compare.py")
    page.session_state["runs"] = []
    page.run()  # imports

    def timed(what: str) -> None:
        st.cache_resource.clear()
        st.cache_data.clear()
        began = time.perf_counter()
        page.run()
        took = time.perf_counter() - began
        assert not page.exception, page.exception
        print(f"{what}: {took:.2f} s, {len(page.dataframe[0].value):,} lines")

    timed("the table")
    page.toggle(key="compare_fold").set_value(False)
    timed("the table, unfolded")
    page.session_state["runs"] = [runs[0].id]
    timed("with one run ticked, the others greyed where they don't fit")
    page.text_input(key="compare_find").set_value("run 9 vgg16")
    timed("a search")


if __name__ == "__main__":
    main()
