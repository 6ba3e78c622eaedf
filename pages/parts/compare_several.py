"""Two or more runs of the same test side by side."""

import pandas as pd
import streamlit as st

from core.errors import ThawError
from core.evaluation import Comparison
from core.evaluation.photos import with_names
from core.records import Part, Run
from pages.parts import (
    compare_calibration,
    compare_cells,
    compare_classes,
    compare_confusions,
    compare_costs,
    compare_curves,
    compare_figures,
    compare_out,
    compare_photos,
    compare_report,
    compare_verdict,
    comparisons,
    results,
    selection,
    words,
)

VIEWS = ("Figures", "Classes", "Confusions", "Photos", "Curves", "Calibration", "Costs")


def show_runs(runs: list[Run]) -> None:
    """The verdict, then one view at a time: only the open one computes."""
    runs, missing = comparisons.readable(runs)
    for sentence in missing.values():
        st.warning(words.plain(sentence), icon=":material/block:")
    if not runs:
        return
    verdict = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view = st.segmented_control(
            "View",
            VIEWS,
            default=VIEWS[0],
            required=True,
            key="compare_view",
            bind="query-params",
            label_visibility="collapsed",
        )
        part = results.part_switch("compare")
        letters = comparisons.letters(runs)
        baseline = compare_verdict.baseline_chooser(runs, letters)
        out = st.container(width="content")
    if part == Part.TEST:
        for run in runs:
            selection.show_test(looking_at=run.id)
    try:
        found = comparisons.comparison(tuple(run.id for run in runs), part, baseline)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    runs = [run for run in runs if run.id in found.figures]
    with verdict:
        compare_verdict.show(found)
    basket = compare_out.Basket()
    if view == "Classes":
        compare_classes.show(found, runs, basket)
    elif view == "Confusions":
        compare_confusions.show(found, runs)
        for run in runs:
            basket.table(f"confusions {found.letters[run.id]}", matrix_table(found, run))
    elif view == "Photos":
        compare_photos.show(found, runs)
        basket.table("photos", lambda: with_names(compare_cells.of_runs(found, runs), found.classes))
    elif view == "Curves":
        compare_curves.show(found, runs, basket)
    elif view == "Calibration":
        compare_calibration.show(found, runs, basket)
    elif view == "Costs":
        compare_costs.show(found, runs, basket)
    else:
        compare_figures.show(found, runs, basket)
    with out:
        compare_out.offer(basket, str(part), lambda: whole(found, runs))


def whole(found: Comparison, runs: list[Run]) -> str:
    """The comparison as one file, with its intervals; made when it is asked for."""
    full = comparisons.comparison(tuple(found.letters), found.part, found.baseline, intervals=True)
    return compare_report.report(full, runs)


def matrix_table(found: Comparison, run: Run) -> pd.DataFrame:
    """A run's confusion matrix, a row a true class."""
    table = pd.DataFrame(found.figures[run.id].confusion, columns=list(found.classes))
    table.insert(0, "true class", list(found.classes), allow_duplicates=True)
    return table
