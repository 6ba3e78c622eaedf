"""Beside the confusion matrices: the photos of the chosen cell, and the pairs of classes that are confused most."""

import pandas as pd
import streamlit as st

from core.charts.confusion_matrix import NUMBERED
from core.charts.layout import labels
from core.evaluation import Comparison
from core.evaluation.pairs import most_confused
from core.records import Run
from pages.parts import compare_cells, compare_matrices
from pages.parts.compare_cells import Cell, Source

PAIRS = 20  # most confused
ANY = "any"  # key of the source that is all runs together


def panel(found: Comparison, runs: list[Run], sources: list[Source]) -> None:
    """The chosen cell's photos, by one of the matrices' `sources` or by any run; below them the pairs."""
    if len(sources) > 1:
        sources = [*sources, Source(ANY, "any run", tuple(found.letters[run.id] for run in runs))]
    cell = compare_cells.boxes(found.classes, sources)
    if cell is not None:
        photos = compare_cells.of_runs(found, runs)
        source = next(one for one in sources if one.key == cell.by)
        compare_cells.photos(photos, cell, source, found.classes)
    _pairs(found)
    if len(found.classes) > NUMBERED:
        _cells_table(found, sources, cell)


def _pairs(found: Comparison) -> None:
    """Which class is taken for which most often; a click shows the photos."""
    pairs = most_confused(compare_matrices.mean(found), found.classes, PAIRS)
    pairs["share"] *= 100
    names = labels(found.classes, 16)  # of long names both ends
    shown = pairs.assign(**{side: [names[label] for label in pairs[f"{side}_index"]] for side in ("true", "said")})
    st.markdown("**Most confused pairs**", help="Mean over the runs. A click on a row shows the photos of any run.")
    if pairs.empty:
        st.caption("No photo was taken for another class.")
        return
    key = "compare_pairs"
    st.dataframe(
        shown[["true", "said", "photos", "share"]],
        hide_index=True,
        height=38 + 35 * min(len(pairs), 8),
        key=key,
        on_select=lambda: _pair_clicked(key, pairs),
        selection_mode="single-row",
        column_config={
            "true": st.column_config.TextColumn("True", width=115),
            "said": st.column_config.TextColumn("Said", width=115),
            "photos": st.column_config.NumberColumn(
                "Photos", width=65, format="%.0f" if len(found.figures) == 1 else "%.1f", help="Mean over the runs."
            ),
            "share": st.column_config.NumberColumn("Share", width=65, format="%.0f %%", help="Of the true class."),
        },
        alt="Most confused pairs of classes",
    )


def _pair_clicked(key: str, pairs: pd.DataFrame) -> None:
    rows = [row for row in st.session_state[key].selection.rows if row < len(pairs)]
    if rows:
        pair = pairs.iloc[rows[0]]
        compare_cells.choose(int(pair["true_index"]), int(pair["said_index"]), ANY)


def _cells_table(found: Comparison, sources: list[Source], cell: Cell | None) -> None:
    """For so many classes that cells are too small to be hit: the matrix as a table whose cells can be clicked."""
    with st.expander("Cells as a table", icon=":material/grid_on:"):
        source = next((one for one in sources if cell and one.key == cell.by), sources[0])
        confusion = compare_matrices.confusion_of(found, source)
        table = pd.DataFrame(confusion, index=list(found.classes), columns=list(found.classes)).astype(float)
        key = f"compare_cells_{source.key}_{found.part}"
        st.dataframe(
            table.mask(table == 0),
            height=420,
            key=key,
            on_select=lambda: _table_clicked(key, found.classes, source.key),
            selection_mode="single-cell",
            alt=f"Confusion matrix of {source.said} as a table",
        )


def _table_clicked(key: str, classes: tuple[str, ...], by: str) -> None:
    cells = st.session_state[key].selection.cells
    if cells and cells[0][0] < len(classes) and cells[0][1] in classes:
        compare_cells.choose(cells[0][0], classes.index(cells[0][1]), by)
