"""Confusion matrices of several runs in a grid on one scale; a click on a cell shows exactly its photos."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import confusion_difference, confusion_matrix
from core.charts.layout import labels
from core.evaluation import Comparison
from core.evaluation.figures import accuracy_of
from core.evaluation.pairs import merged, most_confused
from core.evaluation.pairs import order as look_alikes
from core.records import Run
from pages.parts import compare_cells, results, selection, words
from pages.parts.compare_cells import Source

EACH, DIFFERENCE, REPEATS = "Each run", "Difference of two", "Mean of repeats"
GRID = 12  # matrices at once, and fewer of many classes:
CELLS = 1_600  # with numbers; a browser takes half a second to draw so many anew
HEIGHT = 440  # px of one of them, up to ten classes; more classes need more
SORTED_FROM = 10  # classes: beyond, look-alikes can be put side by side
PAIRS = 20  # most confused
ANY = "any"  # key of the source that is all runs together
_MORE = "compare_confusions_more"
_STYLE = """
<style>
.st-key-compare_confusions [data-testid="stHorizontalBlock"]:has(.st-key-compare_cell_panel) { flex-wrap: wrap; }
.st-key-compare_confusions [data-testid="stColumn"]:has(.st-key-compare_matrices) { min-width: min(100%, 560px); }
.st-key-compare_confusions [data-testid="stColumn"]:has(.st-key-compare_cell_panel) { min-width: min(100%, 400px); }
@media (min-width: 1100px) {
  .st-key-compare_cell_panel { position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto; }
}
</style>
"""


def show(found: Comparison, runs: list[Run]) -> None:
    """The whole view; a click in it draws nothing but the view anew."""
    st.fragment(_view, key="compare_confusions_view")(found, runs)


def _view(found: Comparison, runs: list[Run]) -> None:
    st.html(_STYLE)
    repeats = repeated(found, runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        numbers = results.numbers_switch("compare")
        what = _what_switch(bool(repeats))
        first, second = _two(found, runs) if what == DIFFERENCE else (None, None)
        order = _order(found)
    singles = [_single(found, run) for run in runs]
    if what == DIFFERENCE:
        sources = [Source(f"{first}+{second}", f"{first} or {second}", (first, second))]
    else:
        sources = repeats if what == REPEATS else singles
    together = Source(ANY, "any run", tuple(found.letters[run.id] for run in runs))
    with st.container(key="compare_confusions"):
        left, right = st.columns([2, 1], gap="medium")
        with right, st.container(key="compare_cell_panel"):
            _panel(found, runs, [*sources, together] if len(sources) > 1 else sources)
        with left, st.container(key="compare_matrices"):
            if what == DIFFERENCE:
                _difference(found, first, second, numbers, order, sources[0])
            else:
                _grid(found, {found.letters[run.id]: run.name for run in runs}, sources, numbers, order)


def _what_switch(repeats: bool) -> str:
    """Each run, the difference of two, or the mean over repeats where there are some."""
    return st.segmented_control(
        "Matrices",
        [EACH, DIFFERENCE, *([REPEATS] if repeats else [])],
        default=EACH,
        required=True,
        key=f"compare_matrices_{'repeats' if repeats else 'runs'}",
        help="The difference shows where one run puts more photos than the other. Repeats are runs of the same plan "
        "with other seeds; their mean leaves the luck of one training out.",
    )


def _two(found: Comparison, runs: list[Run]) -> tuple[str, str]:
    """Letters of the two runs whose difference is drawn; the same twice is not offered."""
    letters = {found.letters[run.id]: f"{found.letters[run.id]} {run.name}" for run in runs}
    if len(letters) == 2:
        first, second = letters
        return first, second
    options = list(letters)
    first = st.selectbox("From", options, format_func=letters.get, key="compare_difference_from", width=180)
    rest = [one for one in options if one != first]
    second = st.selectbox("To", rest, format_func=letters.get, key="compare_difference_to", width=180)
    return first, second


def _order(found: Comparison) -> tuple[int, ...] | None:
    """Order of the classes in every matrix; None as in the dataset."""
    if len(found.classes) <= SORTED_FROM:
        return None
    chosen = st.segmented_control(
        "Order",
        ["As in the dataset", "Look-alikes together"],
        default="As in the dataset" if len(found.classes) <= confusion_matrix.CLICKABLE else "Look-alikes together",
        required=True,
        key="compare_confusion_order",
        help="Look-alikes are classes that are taken for each other: side by side they make blocks on the diagonal.",
    )
    return tuple(look_alikes(_mean(found)).tolist()) if chosen == "Look-alikes together" else None


def _mean(found: Comparison) -> np.ndarray:
    return merged(list(found.confusions.values()))


def _single(found: Comparison, run: Run) -> Source:
    letter = found.letters[run.id]
    return Source(letter, letter, (letter,))


def repeated(found: Comparison, runs: Sequence[Run]) -> list[Source]:
    """One source a plan, its runs of other seeds together; empty where no plan was run twice."""
    families: dict[str, list[str]] = {}
    for run in runs:
        families.setdefault(run.family or run.id, []).append(found.letters[run.id])
    if len(families) == len(runs):
        return []
    return [Source("+".join(letters), " or ".join(letters), tuple(letters)) for letters in families.values()]


def confusion_of(found: Comparison, source: Source) -> np.ndarray:
    """The matrix of a source: of one run its counts, of several their mean."""
    by_letter = {letter: found.figures[run].confusion for run, letter in found.letters.items()}
    return merged([by_letter[letter] for letter in source.letters])


def _grid(found: Comparison, names: dict[str, str], sources: list[Source], numbers: str, order) -> None:
    """All matrices on one scale, two in a row, as many as a browser draws quickly and more by a button."""
    step = at_once(len(found.classes))
    shown = min(st.session_state.get(_MORE, step), len(sources))
    many = len(found.classes) > confusion_matrix.CLICKABLE
    st.caption(
        "Colour: share of the "
        + ("column, all photos taken for a class," if numbers == "columns" else "row, all photos of a class,")
        + " from 0 to 100 % in every matrix."
    )
    with st.grid(1 if many else 2, min_column_width=380, gap="small", key="compare_matrices_grid"):
        for source in sources[:shown]:
            with st.container(gap="xsmall"):
                _one(found, names[source.letters[0]], source, numbers, order)
    if shown < len(sources):
        st.button(
            f"Show more of {len(sources)} matrices",
            key="compare_matrices_more",
            on_click=lambda: st.session_state.update({_MORE: shown + step}),
        )


def at_once(n_classes: int) -> int:
    """How many matrices are drawn before somebody asks for more; beyond twenty classes their cells hold no numbers."""
    return GRID if n_classes > confusion_matrix.CLICKABLE else max(2, min(GRID, CELLS // n_classes**2))


def _one(found: Comparison, name: str, source: Source, numbers: str, order) -> None:
    confusion, c = confusion_of(found, source), len(found.classes)
    right = accuracy_of(confusion)
    more = f" and {len(source.letters) - 1} more, their mean" if len(source.letters) > 1 else ""
    of = words.percent(right, round(confusion.sum()))
    st.markdown(f"**{', '.join(source.letters)}** {words.plain(name)}{more}: {of}")
    key = f"compare_matrix_{source.key}_{found.part}"
    results.draw(
        confusion,
        found.classes,
        numbers,
        key,
        f"Confusion matrix of {name}{more}: {of} photos on the diagonal.",
        height=min(confusion_matrix.default_height(c), HEIGHT) if c <= 10 else None,
        scale=False,
        order=order,
        cell=compare_cells.chosen(),
        clicked=compare_cells.click(key, source.key),
    )


def _difference(found: Comparison, first: str, second: str, numbers: str, order, source: Source) -> None:
    """One matrix, symmetric about 0: where the second run puts more photos than the first."""
    by_letter = {letter: found.figures[run].confusion for run, letter in found.letters.items()}
    by = {"counts": "counts", "shares": "row", "columns": "column"}[numbers]
    info = confusion_difference.difference(by_letter[first], by_letter[second], found.classes, by, order)
    st.markdown(
        f"**From {first} to {second}**: teal and + where {second} puts more photos, brown and "
        f"{confusion_difference.MINUS} where it puts fewer. Better is more on the diagonal and fewer beside it."
    )
    key = f"compare_difference_{source.key}_{found.part}"
    figure = confusion_difference.plot(info, selection.dark(), names=(first, second))
    results.chart(
        confusion_matrix.outlined(figure, info.index, compare_cells.chosen(), selection.dark()),
        len(found.classes),
        key,
        f"Difference of the confusion matrices of {first} and {second}, from -{info.limit:.0f} to {info.limit:.0f} "
        f"{info.unit}",
        compare_cells.click(key, source.key),
    )


def _panel(found: Comparison, runs: list[Run], sources: list[Source]) -> None:
    """The chosen cell's photos, and the pairs that are confused most."""
    cell = compare_cells.boxes(found.classes, sources)
    if cell is not None:
        photos = compare_cells.of_runs(found, runs)
        source = next(one for one in sources if one.key == cell.by)
        compare_cells.photos(photos, cell, source, found.classes)
    _pairs(found)
    if len(found.classes) > confusion_matrix.CLICKABLE:
        _cells_table(found, sources, cell)


def _pairs(found: Comparison) -> None:
    """Which class is taken for which most often; a click shows the photos."""
    pairs = most_confused(_mean(found), found.classes, PAIRS)
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
            "true": st.column_config.TextColumn("True", width="small"),
            "said": st.column_config.TextColumn("Said", width="small"),
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


def _cells_table(found: Comparison, sources: list[Source], cell) -> None:
    """For so many classes that cells are too small to be hit: the matrix as a table whose cells can be clicked."""
    with st.expander("Cells as a table", icon=":material/grid_on:"):
        source = next((one for one in sources if cell and one.key == cell.by), sources[0])
        confusion = confusion_of(found, source)
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
