"""The matrices of the Confusions view: one a run, the mean of repeats, or the difference of two, all on one scale."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.charts import confusion_difference, confusion_matrix, matrix_cells
from core.evaluation import Comparison
from core.evaluation.figures import accuracy_of
from core.evaluation.pairs import merged
from core.records import Run
from pages.parts import compare_cells, compare_out, matrix_grid, results, selection, words
from pages.parts.compare_cells import Source
from pages.parts.matrix_grid import Matrix

AT_ONCE = 12  # pictures of more than twenty classes; more by a button. Tables are all there at once
MOST_CELLS = 20_000  # of tables at once: fifty runs of twenty classes
_MORE = "compare_confusions_more"


def singles(found: Comparison, runs: Sequence[Run]) -> list[Source]:
    """One source a run."""
    return [Source(letter, letter, (letter,)) for letter in (found.letters[run.id] for run in runs)]


def repeated(found: Comparison, runs: Sequence[Run]) -> list[Source]:
    """One source a plan, its runs of other seeds together; empty where no plan was run twice."""
    families: dict[str, list[str]] = {}
    for run in runs:
        families.setdefault(run.family or run.id, []).append(found.letters[run.id])
    if len(families) == len(runs):
        return []
    return [Source("+".join(letters), " or ".join(letters), tuple(letters)) for letters in families.values()]


def mean(found: Comparison) -> np.ndarray:
    """The mean matrix of all runs."""
    return merged(list(found.confusions.values()))


def confusion_of(found: Comparison, source: Source) -> np.ndarray:
    """The matrix of a source: of one run its counts, of several their mean."""
    by_letter = {letter: found.figures[run].confusion for run, letter in found.letters.items() if run in found.figures}
    return merged([by_letter[letter] for letter in source.letters])


def grid(
    found: Comparison, names: dict[str, str], sources: list[Source], numbers: str, order, pictures: bool = False
) -> None:
    """All matrices on one scale, so many at once as a browser draws quickly and more by a button.

    pictures: to be saved, not clicked; beyond twenty classes they are pictures in any case.
    """
    c = len(found.classes)
    tables = c <= confusion_matrix.NUMBERED and not pictures
    step = MOST_CELLS // c**2 if tables else AT_ONCE
    shown = min(st.session_state.get(_MORE, step), len(sources))
    if tables:
        _tables(found, names, sources[:shown], numbers, order)
    else:
        _pictures(found, names, sources[:shown], numbers, order)
    if shown < len(sources):
        st.button(
            f"Show more of {len(sources)} matrices",
            key="compare_matrices_more",
            on_click=lambda: st.session_state.update({_MORE: shown + step}),
        )


def _tables(found: Comparison, names: dict[str, str], sources: list[Source], numbers: str, order) -> None:
    by = "column" if numbers == "columns" else "row"
    matrices = []
    for source in sources:
        confusion = confusion_of(found, source)
        info = confusion_matrix.info(confusion, found.classes, by, order)
        cells = matrix_cells.of_shares(info, "counts" if numbers == "counts" else "shares")
        name = names[source.letters[0]] + _others(source)
        matrices.append(Matrix(source.key, ", ".join(source.letters), name, _right(confusion), cells))
    scale = matrix_cells.shares_scale(by, selection.dark())
    matrix_grid.show(matrices, info, scale, "compare_matrices_tables", compare_cells.chosen(), compare_cells.toggle)


def _pictures(found: Comparison, names: dict[str, str], sources: list[Source], numbers: str, order) -> None:
    st.caption(
        "Colour: share of the "
        + ("column, all photos taken for a class," if numbers == "columns" else "row, all photos of a class,")
        + " from 0 to 100 % in every matrix."
    )
    for source in sources:
        confusion, name = confusion_of(found, source), names[source.letters[0]]
        told = _right(confusion)
        with st.container(gap="xsmall"):
            st.markdown(f"**{', '.join(source.letters)}** {words.plain(name)}{_others(source)}: {told}")
            key = f"compare_matrix_{source.key}_{found.part}"
            alt = f"Confusion matrix of {name}{_others(source)}: {told} photos on the diagonal."
            config = compare_out.config(f"confusion matrix {', '.join(source.letters)}")
            results.draw(confusion, found.classes, numbers, key, alt, scale=False, order=order, config=config)


def _others(source: Source) -> str:
    return f" and {len(source.letters) - 1} more, their mean" if len(source.letters) > 1 else ""


def _right(confusion: np.ndarray) -> str:
    return words.percent(accuracy_of(confusion), round(confusion.sum()))


def difference(found: Comparison, source: Source, numbers: str, order, pictures: bool = False) -> None:
    """One matrix, symmetric about 0: where the second run of the source puts more photos than the first."""
    by_letter = {letter: found.figures[run].confusion for run, letter in found.letters.items() if run in found.figures}
    first, second = source.letters
    by = {"counts": "counts", "shares": "row", "columns": "column"}[numbers]
    info = confusion_difference.difference(by_letter[first], by_letter[second], found.classes, by, order)
    st.markdown(
        f"**From {first} to {second}**: teal and + where {second} puts more photos, brown and "
        f"{confusion_difference.MINUS} where it puts fewer. Better is more on the diagonal and fewer beside it."
    )
    alt = (
        f"Difference of the confusion matrices of {first} and {second}, from -{info.limit:.0f} to {info.limit:.0f} "
        f"{info.unit}"
    )
    if pictures or len(found.classes) > confusion_matrix.NUMBERED:
        figure = confusion_difference.plot(info, selection.dark(), names=(first, second))
        key, config = f"compare_difference_{source.key}_{found.part}", compare_out.config(f"from {first} to {second}")
        results.chart(figure, len(found.classes), key, alt, config)
        return
    matrix = Matrix(source.key, "", alt, "", matrix_cells.of_difference(info, (first, second)))
    scale = matrix_cells.difference_scale(info, selection.dark())
    matrix_grid.show([matrix], info, scale, "compare_difference", compare_cells.chosen(), compare_cells.toggle)
