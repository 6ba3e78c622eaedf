"""Confusion matrices as tables side by side, whose cells can be clicked or walked with the arrow keys.

One component of ours and no Plotly points over a heatmap: Streamlit draws a changed figure from nothing, which took
three quarters of a second for four matrices of twenty classes; here a change of the numbers changes the numbers.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.charts import matrix_cells
from core.charts.confusion_difference import DifferenceInfo
from core.charts.confusion_matrix import ConfusionInfo
from core.charts.matrix_cells import Cells, Scale

MOST_CELL = 3.4  # rem: wider cells would only part the numbers
FEW = 10  # classes: up to here cells are tall and their numbers large
GAP = 0.08  # rem between two cells
CORNER = 5.0  # rem that its words need
_GRID = st.components.v2.component(
    "thaw_matrix_grid",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    isolate_styles=False,
)


class Matrix(NamedTuple):
    """One of the tables."""

    key: str  # of the source whose photos a click on it shows
    letter: str  # before its name; where empty the caption is for those only who can't see the table
    name: str
    told: str  # after its name: "82.5 % of 225"
    cells: Cells


def show(
    matrices: Sequence[Matrix],
    info: ConfusionInfo | DifferenceInfo,
    scale: Scale,
    key: str,
    chosen: tuple[int, int] | None,
    clicked: Callable[[int, int, str], None],
) -> None:
    """Draw them.

    info : of any of them, for the classes and their order. chosen : cell to frame in all, as `compare_cells.chosen`.
    clicked : called with true class, predicted class and the matrix's key.
    """

    def told() -> None:
        cell = sent(st.session_state[key].get("cell"), info.index, [matrix.key for matrix in matrices])
        if cell is not None:
            clicked(*cell)

    _GRID(key=key, data=data(matrices, info, scale, chosen), on_cell_change=told)


def sent(value, index: Sequence[int], keys: Sequence[str]) -> tuple[int, int, str] | None:
    """(true, predicted, key) of a clicked cell; None where the browser sends something else."""
    if not isinstance(value, dict):
        return None
    true, said, by = (value.get(name) for name in ("true", "said", "by"))
    if by not in keys or any(isinstance(one, bool) or not isinstance(one, int) for one in (true, said)):
        return None
    return (true, said, by) if true in index and said in index else None


def data(
    matrices: Sequence[Matrix], info: ConfusionInfo | DifferenceInfo, scale: Scale, chosen: tuple[int, int] | None
) -> dict:
    """What the component is given; it adds nothing to it."""
    return {
        "classes": info.classes,
        "labels": info.labels,
        "index": info.index,
        "chosen": chosen,
        "scale": scale._asdict(),
        "sizes": sizes(matrices, info.labels),
        "matrices": [
            {"key": one.key, "letter": one.letter, "name": one.name, "told": one.told, **one.cells._asdict()}
            for one in matrices
        ],
    }


def sizes(matrices: Sequence[Matrix], labels: Sequence[str]) -> dict[str, str]:
    """Lengths of the style sheet; in rem, since room mode enlarges all."""
    c = len(labels)
    few, size = c <= FEW, 1 if c <= FEW else 0.75
    # As wide as the longest count, whatever is shown: another kind of number must not move the cells.
    counts = {tip.split(" ")[0] for matrix in matrices for tip in matrix.cells.tips}
    label, cell = matrix_cells.label_width(labels), matrix_cells.number_width(counts, size)
    names = max(label, CORNER)
    if few:
        cell = max(cell, 2.2, 14 / c)
    flat = label <= cell
    return {
        "names": f"{names}rem",
        "heads": "2.75rem" if flat else f"{max(label, 2.75)}rem",
        "writing": "horizontal-tb" if flat else "vertical-rl",
        "turn": "none" if flat else "rotate(180deg)",
        "least": f"{names + c * (cell + GAP):.2f}rem",
        "most": f"{names + c * (max(cell, MOST_CELL) + GAP):.2f}rem",
        "high": f"{max(2.3, 13 / c) if few else 1.55:.2f}rem",
        "number": f"{size}rem",
    }
