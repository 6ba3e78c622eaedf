"""The figures of one run: the big accuracy, its confusion matrix left, its per-class table right."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.charts import confusion_matrix, matrix_cells
from core.evaluation import Figures
from core.records import Part, Run
from pages.parts import compare_cells, loaders, matrix_grid, selection, style, words

COMPACT_HEIGHT = 520  # px of matrix and table: with the big figure they fit above 900 px on the Start page
_PAIR = """
<style>
[class*="st-key-pair_"] [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
[class*="st-key-pair_"] [data-testid="stColumn"] { min-width: min(100%, 440px); }
[class*="st-key-pair_wide"] [data-testid="stColumn"]:first-of-type { min-width: min(100%, 45rem); }
</style>
"""
WIDE = "wide"  # key of a pair whose left column has a matrix of up to twenty classes
SHOW = {"counts": "Photos", "shares": "% of the row", "columns": "% of the column"}


def show_result(run_id: str, compact: bool = False) -> None:
    """Draw a finished run on validation; on test as well where the selection bar's switch is on.

    `compact` leaves out the switches, so that everything is seen at 1440 x 900 without scrolling.
    Raises RunNotFinished, UnknownRun.
    """
    run = loaders.run(run_id)
    headline(run)
    if compact:
        matrix_and_classes(run, Part.VALIDATION, "counts", COMPACT_HEIGHT)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part, show = part_switch("result"), numbers_switch("result")
    matrix_and_classes(run, part, show)


def matrix_and_photos(run: Run, part: Part, show: str) -> None:
    """As `matrix_and_classes`, and a click on a cell puts its photos in the place of the table."""
    st.fragment(_matrix_and_photos, key="compare_single_cells")(run, part, show)


def _matrix_and_photos(run: Run, part: Part, show: str) -> None:
    figures, key = loaders.figures(run.id, part), f"result_matrix_{run.id}_{part}"
    classes, source = tuple(figures.per_class["class"]), compare_cells.Source("A", "", ("A",))
    left, right = pair(WIDE if matrix_grid.FEW < len(classes) <= confusion_matrix.NUMBERED else "result")
    with right:
        cell = compare_cells.boxes(classes, [source])
        if cell is None:
            class_table(figures)
        else:
            photos = compare_cells.table((run.id,), ("A",), part)
            compare_cells.photos(photos, cell, source, classes)
    with left:
        if len(classes) > confusion_matrix.NUMBERED:
            matrix(figures, show, None, key, run.name)
        else:
            _table(figures, classes, show, run.name)


def _table(figures: Figures, classes: tuple[str, ...], show: str, name: str) -> None:
    """The matrix of one run as a table whose cells can be clicked."""
    by = "column" if show == "columns" else "row"
    info = confusion_matrix.info(figures.confusion, classes, by)
    cells = matrix_cells.of_shares(info, "counts" if show == "counts" else "shares")
    drawn = matrix_grid.Matrix("A", "", matrix_alt(figures, name), "", cells)
    scale = matrix_cells.shares_scale(by, selection.dark())
    matrix_grid.show([drawn], info, scale, "result_matrix_table", compare_cells.chosen(), compare_cells.toggle)


def matrix_and_classes(run: Run, part: Part, show: str, height: int | None = None) -> None:
    """Confusion matrix left, per-class table right; `height` px holds for matrices small enough to be legible so."""
    figures = loaders.figures(run.id, part)
    if len(figures.per_class) > confusion_matrix.NUMBERED:
        height = None
    left, right = pair("result")
    with left:
        matrix(figures, show, height, key=f"result_matrix_{part}", name=run.name)
    with right:
        class_table(figures, height)


def pair(key: str):
    """Two columns side by side, one under the other where a matrix would get too narrow to be read."""
    st.html(_PAIR)
    with st.container(key=f"pair_{key}"):
        return st.columns([3, 2] if key == WIDE else 2, gap="medium")


def headline(run: Run) -> None:
    """The one big figure of the screen: validation accuracy; the test figure small beside it where it may be seen."""
    validation = loaders.figures(run.id, Part.VALIDATION)
    text = f"of {validation.photos:,} validation photos are right"
    if selection.show_test(looking_at=run.id):
        test = loaders.figures(run.id, Part.TEST)
        text += f" · test: {words.percent(test.accuracy, test.photos)}"
    style.figure(words.percent(validation.accuracy), text)


def part_switch(key: str) -> Part:
    """Validation, or test where the selection bar's switch is on."""
    if not selection.show_test():
        return Part.VALIDATION
    return st.segmented_control(
        "Part",
        [Part.VALIDATION, Part.TEST],
        format_func=lambda part: part.capitalize(),
        default=Part.VALIDATION,
        required=True,
        key=f"{key}_part",
        help="Choose on validation photos; test photos only say how good the choice was.",
    )


def numbers_switch(key: str) -> str:
    """What the numbers in all matrices below are: photo "counts" or row "shares"."""
    return st.segmented_control(
        "Numbers in the cells",
        list(SHOW),
        format_func=SHOW.get,
        default="counts",
        required=True,
        key=f"{key}_numbers",
        help="Photos counts them. % of the row is the share of the true class, % of the column the share of all that "
        "were taken for a class. The colour is the share of the row, and with the last one that of the column.",
    )


def matrix(figures: Figures, show: str, height: int | None, key: str, name: str, scale: bool = True) -> None:
    """A picture of a confusion matrix with a sentence for those who can't see it."""
    classes, alt = tuple(figures.per_class["class"]), matrix_alt(figures, name)
    draw(figures.confusion, classes, show, key, alt, height=height, scale=scale)


def matrix_alt(figures: Figures, name: str) -> str:
    """What is to be seen in a matrix, in a sentence."""
    return f"Confusion matrix of {name}: {figures.photos} photos, {words.percent(figures.accuracy)} on the diagonal."


def draw(
    confusion: np.ndarray,
    classes: tuple[str, ...],
    show: str,
    key: str,
    alt: str,
    *,
    height: int | None = None,
    scale: bool = True,
    order: Sequence[int] | None = None,
    config: dict | None = None,
) -> None:
    """A picture of any confusion matrix, whole or a mean; `config` replaces Plotly's usual settings."""
    counts, order = tuple(map(tuple, confusion.tolist())), None if order is None else tuple(order)
    chart(_picture(counts, classes, selection.dark(), show, height, scale, order), len(classes), key, alt, config)


def chart(figure, n_classes: int, key: str, alt: str, config: dict | None = None) -> None:
    """A square picture of classes; more than 20 of them can be zoomed into."""
    many = n_classes > confusion_matrix.NUMBERED
    usual = {"displaylogo": False, "displayModeBar": "hover" if many else False}
    st.plotly_chart(figure, key=key, config=config or usual, alt=alt)


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(counts: tuple, classes: tuple[str, ...], dark: bool, show: str, height: int | None, scale: bool, order):
    """The drawn matrix; drawing takes longer than all else on the page."""
    info = confusion_matrix.info(counts, classes, "column" if show == "columns" else "row", order)
    numbers = "shares" if show == "columns" else show
    return confusion_matrix.plot(info, dark, numbers, height, scale)


def class_table(figures: Figures, height: int | None = None) -> None:
    """Precision, recall and F1 of every class as bars on one scale."""
    st.dataframe(
        figures.per_class.assign(**{name: 100 * figures.per_class[name] for name in ("precision", "recall", "f1")}),
        hide_index=True,
        height=height if height and len(figures.per_class) * 35 > height else "auto",
        column_config={
            "class": st.column_config.TextColumn("Class", width=170, pinned=True),
            "precision": rate_column("Precision", "Of the photos the model took for this class, how many are of it."),
            "recall": rate_column("Recall", "Of the photos of this class, how many the model found."),
            "f1": rate_column("F1", "The harmonic mean of precision and recall: low when either is."),
            "support": st.column_config.NumberColumn("Photos", width="small", help="Photos of this class in the part."),
        },
        alt="Precision, recall and F1 a class",
    )
    for note in figures.notes:
        st.caption(words.plain(note))


def rate_column(title: str, help: str, decimals: int = 0, width: str | int = "small"):
    """A table column of percentages as bars from 0 to 100 %; the values are 0 to 100."""
    return st.column_config.ProgressColumn(
        title, help=help, min_value=0, max_value=100, format=f"%.{decimals}f %%", width=width, color="gray"
    )
