"""The chosen cell of the confusion matrices, by click or by keyboard; it lives in the address. And its photos."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.evaluation import Comparison, letter
from core.evaluation.photos import OF_RUN, filtered, photo_table
from core.records import Part, Run
from pages.parts import compare_thumbnails, loaders, words

TRUE, SAID, BY = "compare_true", "compare_said", "compare_by"  # keys of the boxes, and names in the address
BOX, SMALL_BOX = 165, 110  # px
ANY = -1  # in a frame's place for the predicted class: the whole row


class Cell(NamedTuple):
    true: int  # number of the class in the dataset
    said: int | None  # None: any class
    by: str  # key of the source whose matrix was clicked


class Source(NamedTuple):
    """Whose answers a matrix shows: one run, or several whose mean or difference it is."""

    key: str  # of its chart
    said: str  # "A", "A or C", "any run": in the box and the address, whatever runs are called; empty for a single run
    letters: tuple[str, ...]


class Shown(NamedTuple):
    """What a view needs to know of the runs it shows; a Comparison says it of several."""

    part: Part
    classes: tuple[str, ...]
    letters: dict[str, str]  # by run id


def shown_of(run: Run, part: Part) -> Shown:
    """A single run, called A."""
    return Shown(part, loaders.predictions(run.id).classes, {run.id: "A"})


@st.cache_resource(max_entries=16, show_spinner=False)
def table(run_ids: tuple[str, ...], letters: tuple[str, ...], part: Part) -> pd.DataFrame:
    """One row a photo over all runs, as `core.evaluation.photos` has it, by the letters that the runs have on the page.

    Not to be changed in place.
    """
    found = photo_table({run_id: loaders.predictions(run_id) for run_id in run_ids}, part)
    called = {
        f"{field} {letter(position)}": f"{field} {own}" for position, own in enumerate(letters) for field in OF_RUN
    }
    return found.rename(columns=called)


def of_runs(found: Comparison | Shown, runs: Sequence[Run]) -> pd.DataFrame:
    """The table of the runs that are shown."""
    return table(tuple(run.id for run in runs), tuple(found.letters[run.id] for run in runs), found.part)


def boxes(classes: Sequence[str], sources: Sequence[Source]) -> Cell | None:
    """Three boxes that say which cell is chosen, and choose one without a mouse; None while none is."""
    titles = {source.key: source.said for source in sources}
    for key, valid in ((TRUE, range(len(classes))), (SAID, range(len(classes))), (BY, titles)):
        if st.session_state.get(key) not in (None, *valid):
            st.session_state[key] = None if key != BY else sources[0].key
    common = {"options": list(range(len(classes))), "format_func": lambda label: classes[label], "index": None}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        true = st.selectbox(
            "True class",
            **common,
            key=TRUE,
            bind="query-params",
            placeholder="click a cell",
            width=BOX,
            help="What the photos are. A click on a cell of a matrix fills these boxes; they are the keyboard's way.",
        )
        said = st.selectbox(
            "Said",
            **common,
            key=SAID,
            bind="query-params",
            placeholder="any class",
            width=BOX,
            help="What the run took them for. Without a choice all photos of the true class are shown.",
        )
        by = sources[0].key
        if len(sources) > 1:
            by = st.selectbox(
                "By",
                list(titles),
                format_func=lambda key: titles.get(key, ""),
                key=BY,
                bind="query-params",
                width=SMALL_BOX,
                help="Whose answers: each matrix has photos of its own in a cell.",
            )
        if true is not None:
            st.button("Close", key="compare_cell_close", on_click=close, help="Puts the photos away.")
    return None if true is None else Cell(true, said, by)


def chosen() -> tuple[int, int] | None:
    """The chosen cell for the frame in the matrices: (true, predicted or ANY); None while none is chosen."""
    true, said = st.session_state.get(TRUE), st.session_state.get(SAID)
    return None if true is None else (true, ANY if said is None else said)


def choose(true: int, said: int | None, by: str | None = None) -> None:
    """Choose a cell; called from a callback."""
    st.session_state[TRUE], st.session_state[SAID] = true, said
    if by is not None:
        st.session_state[BY] = by


def close() -> None:
    """Choose no cell; called from a callback."""
    st.session_state[TRUE] = st.session_state[SAID] = None


def toggle(true: int, said: int, by: str) -> None:
    """A click on a cell of the matrix `by`: chooses it, and closes it where it is chosen; called from a callback."""
    if (true, said, by) == (*(chosen() or ()), st.session_state.get(BY, by)):
        close()
    else:
        choose(true, said, by)


def rows_of(photos: pd.DataFrame, cell: Cell, letters: Sequence[str]) -> pd.DataFrame:
    """The photos of a cell, those with the highest loss first: of several runs, those of any of their cells."""
    if cell.said is None:
        found = photos["true"] == cell.true
    else:
        found = pd.Series(False, index=photos.index)
        for one in letters:
            if f"said {one}" in photos:  # a run without answers on this part has none
                found |= (photos["true"] == cell.true) & (photos[f"said {one}"] == cell.said)
    return filtered(photos[found.to_numpy(bool)], "all")


def photos(photos_: pd.DataFrame, cell: Cell, source: Source, classes: Sequence[str]) -> None:
    """A heading that counts them, then every photo of the cell with each run's answer."""
    found = rows_of(photos_, cell, source.letters)
    st.markdown(_heading(len(found), cell, source, classes))
    if len(found):
        compare_thumbnails.grid(found, classes, key=f"compare_cell_{cell.true}_{cell.said}_{cell.by}")


def _heading(count: int, cell: Cell, source: Source, classes: Sequence[str]) -> str:
    true = words.plain(classes[cell.true])
    photos_ = words.count(count, "photo")
    if cell.said is None:
        return f"**{photos_} of {true}**, whatever the runs said, the most mistaken first"
    said, by = words.plain(classes[cell.said]), f" by {source.said}" if source.said else ""
    what = "taken for what it is" if cell.true == cell.said else f"taken for {said}"
    if not count:
        return f"**No photo of {true}** was {what}{by}."
    return f"**{photos_} of {true}, {what}{by}**, the most mistaken first"
