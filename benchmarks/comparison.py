"""20 runs, 20,000 photos, 20 classes: how long until the intervals, the comparison and the first view are there?

The bootstrap is compared with a loop over the photos drawn through scikit-learn's metric functions, which is run for a
few draws and extrapolated. The first view is a run of the Compare page's script by Streamlit's own test runtime on a
store with these runs: what the server computes, without the browser, with nothing kept from before.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

RUNS, PHOTOS, CLASSES, DRAWS = 20, 20_000, 20, 2_000
LOOP_DRAWS = 4  # of the loop that is extrapolated
SIZE = f"{RUNS} runs, {PHOTOS:,} photos, {CLASSES} classes"


def made():
    """Predictions by run, 78 to 88 % right, each run with its own mistakes on photos that are hard for all."""
    from core.records import Part, PartPredictions, Predictions, evaluation_id

    random = np.random.default_rng(0)
    names = tuple(f"class {label:02d}" for label in range(CLASSES))
    ids = {part: tuple(f"{part}{number:059d}" for number in range(PHOTOS)) for part in (Part.VALIDATION, Part.TEST)}
    true = {part: random.integers(0, CLASSES, PHOTOS) for part in ids}
    ease = {part: random.beta(4, 1, PHOTOS) for part in ids}
    labelled = {part: [(one, names[at]) for one, at in zip(ids[part], true[part], strict=True)] for part in ids}
    same_test = evaluation_id(names, labelled)
    found = {}
    for number in range(RUNS):
        parts = {}
        for part in ids:
            noise = random.dirichlet(np.full(CLASSES, 0.3), PHOTOS)
            weight = (ease[part] * (0.45 + 0.01 * number))[:, None]
            shares = weight * np.eye(CLASSES)[true[part]] + (1 - weight) * noise
            parts[part] = PartPredictions(ids=ids[part], true=true[part], probabilities=shares)
        found[f"run {number}"] = Predictions(evaluation_id=same_test, classes=names, parts=parts)
    return found


def loop_over_scikit_learn(parts, draws: int) -> None:
    """The same figures (but the calibration error, which scikit-learn lacks) by one call after the other."""
    from sklearn import metrics

    random, labels = np.random.default_rng(0), range(CLASSES)
    for part in parts:
        for _ in range(draws):
            rows = random.integers(0, PHOTOS, PHOTOS)
            true, probabilities = part.true[rows], part.probabilities[rows]
            predicted = probabilities.argmax(axis=1)
            metrics.accuracy_score(true, predicted)
            metrics.balanced_accuracy_score(true, predicted)
            for average in ("macro", "weighted"):
                metrics.precision_recall_fscore_support(
                    true, predicted, labels=labels, average=average, zero_division=0
                )
            metrics.log_loss(true, probabilities, labels=labels)
            metrics.top_k_accuracy_score(true, probabilities, k=2, labels=labels)


def seconds(work, repeats: int = 3) -> float:
    """The median of some runs, the first not counted."""
    taken = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken[1:]))


def arithmetic(predictions) -> None:
    from core.evaluation import compare
    from core.evaluation.intervals import intervals_of
    from core.evaluation.photos import filtered, photo_table
    from core.records import Part

    parts = {run: of.parts[Part.TEST] for run, of in predictions.items()}
    ours = seconds(lambda: intervals_of(parts, CLASSES, draws=DRAWS))
    print(f"bootstrap of {DRAWS:,} draws, every figure, {SIZE}: {ours:.2f} s (target 4 s)")
    two = list(parts.values())[:2]
    loop = seconds(lambda: loop_over_scikit_learn(two, LOOP_DRAWS), 1) / (len(two) * LOOP_DRAWS) * RUNS * DRAWS
    print(
        f"bootstrap, {SIZE}: {loop / ours:.0f} times faster than a loop over scikit-learn (target 50; the loop takes "
        f"{loop:,.0f} s, extrapolated from {len(two) * LOOP_DRAWS} draws)"
    )
    whole = seconds(lambda: compare(predictions, Part.TEST))
    print(f"comparison with figures, intervals, paired tests and leaders, {SIZE}: {whole:.2f} s")
    rows = seconds(lambda: photo_table(predictions, Part.TEST))
    table = photo_table(predictions, Part.TEST)
    of_cell = seconds(lambda: filtered(table, "cell", true=3, said=7, run="A"))
    wrong = seconds(lambda: filtered(table, "all_wrong"))
    print(
        f"table of photos, {SIZE}: {1_000 * rows:.0f} ms; a cell's photos {1_000 * of_cell:.0f} ms, "
        f"those that all get wrong {1_000 * wrong:.0f} ms"
    )


def first_view(predictions) -> None:
    """The page's script with all runs ticked: cold, then one change of the numbers in the cells."""
    import streamlit as st
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from streamlit.testing.v1 import AppTest

    from core.evaluation import final_figures
    from core.records import RunKind
    from core.runs import RunStore
    from core.settings import settings
    from pages.parts import warmup

    store = RunStore(settings())
    ids = [
        store.create(RunKind.BROUGHT, name, predictions=found, metrics=final_figures(found)).id
        for name, found in predictions.items()
    ]
    taken, run_script = [], ScriptRunner._run_script

    def timed(*arguments):
        start = time.perf_counter()
        run_script(*arguments)
        taken.append(time.perf_counter() - start)

    ScriptRunner._run_script = timed
    app = AppTest.from_file(str(Path(__file__).parents[1] / "pages" / "frame.py"), default_timeout=120)
    app.switch_page("ensemble.py").run()  # the frame and its imports, but nothing that Compare reads
    warmup.keep_for_good()  # as the server does
    st.cache_resource.clear()  # Ensemble reads the predictions of what it offers
    st.cache_data.clear()

    def script(action) -> float:
        taken.clear()
        action()
        if app.exception:
            raise RuntimeError(app.exception[0].value)
        return sum(taken)

    app.session_state["runs"] = ids
    cold = script(lambda: app.switch_page("compare.py").run())
    again = script(app.run)
    print(
        f"first view of Compare, {SIZE}: {cold:.2f} s, predictions read from disk (target 1.5 s); again {again:.2f} s"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["THAW_HOME"] = home
        predictions = made()
        arithmetic(predictions)
        first_view(predictions)


if __name__ == "__main__":
    main()
