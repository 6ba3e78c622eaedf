"""The Photos view: one row a photo over all chosen runs, filtered, the most mistaken first; one opens larger."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import Comparison
from core.evaluation.photos import SURE, filtered, letters_of
from core.records import Run
from pages.parts import compare_cells, compare_label_errors, compare_opened, compare_thumbnails, words
from pages.parts.compare_cells import Shown, Source

PAGE = 25  # photos in the table at once
SIDE = 56  # px of a photo in the table
FILTERS = {
    "all": "All",
    "all_wrong": "All wrong",
    "only": "Only one right",
    "disagree": "Runs disagree",
    "sure_and_wrong": "Sure and wrong",
    "cell": "True and said",
    "labels": "Likely label errors",
}
ALONE = ("all", "all_wrong", "sure_and_wrong", "cell", "labels")  # those that a single run has
ANY = "any"


def show(found: Comparison | Shown, runs: list[Run]) -> None:
    """The whole view; a click in it draws nothing but the view anew."""
    st.fragment(_view, key="compare_photos_view")(found, runs)


def _view(found: Comparison | Shown, runs: list[Run]) -> None:
    photos = compare_cells.of_runs(found, runs)
    kinds = [kind for kind in FILTERS if len(runs) > 1 or kind in ALONE]
    kind = st.segmented_control(
        "Which photos",
        kinds,
        format_func=FILTERS.get,
        default="all",
        required=True,
        key="compare_photos_filter" if len(runs) > 1 else "compare_photos_filter_one",
        bind="query-params",
        help="All wrong: no run has it right. Only one right: photos that a single run saves. Sure and wrong: a "
        f"wrong answer that its run gave {100 * SURE:.0f} % or more.",
    )
    if kind == "labels":
        compare_label_errors.show(found, runs)
        return
    rows = _filtered(photos, kind, found, runs)
    if rows is None:
        st.caption("Choose a true class, or an answer too, to see those photos.")
        return
    st.markdown(f"**{words.count(len(rows), 'photo')}** of {len(photos):,}, {_order(rows)}")
    if rows.empty:
        st.caption(_nothing(kind))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _table(rows, found, kind)
    with right:
        compare_opened.show(rows, found, runs)


def _filtered(photos: pd.DataFrame, kind: str, found: Comparison | Shown, runs: list[Run]) -> pd.DataFrame | None:
    """The rows that the filter leaves; None while it waits for a choice."""
    letters = {found.letters[run.id]: f"{found.letters[run.id]} {run.name}" for run in runs}
    if kind == "cell":
        sources = [Source(letter, letter, (letter,)) for letter in letters]
        if len(sources) > 1:
            sources.append(Source(ANY, "any run", tuple(letters)))
        cell = compare_cells.boxes(found.classes, sources)
        source = next((one for one in sources if cell and one.key == cell.by), None)
        return compare_cells.rows_of(photos, cell, source.letters) if cell else None
    if kind == "only":
        run = st.selectbox("Right is only", list(letters), format_func=letters.get, key="compare_only", width=260)
        return filtered(photos, kind, run=run)
    if kind == "sure_and_wrong" and len(letters) > 1:
        names = {ANY: "any run"} | letters
        run = st.selectbox("Of", list(names), format_func=names.get, key="compare_sure", width=260)
        return filtered(photos, kind, run=None if run == ANY else run)
    return filtered(photos, kind)


def _order(rows: pd.DataFrame) -> str:
    if rows["loss"].notna().any():
        return "those first whose true class the runs found least likely"
    return "those first that fewest runs get right"


def _nothing(kind: str) -> str:
    return {
        "all_wrong": "Every photo is right by one run at least.",
        "disagree": "The runs say the same of every photo.",
        "sure_and_wrong": "No wrong answer was that sure.",
    }.get(kind, "No photo is so.")


def _table(rows: pd.DataFrame, found: Comparison | Shown, kind: str) -> None:
    """A page of the rows; a click on one opens it."""
    pages = -(-len(rows) // PAGE)
    identity = f"{found.part}_{kind}_{len(rows)}"
    key = f"compare_photos_page_{identity}"
    if key not in st.session_state and pages > 1:  # the page that has the opened photo, as of a link
        st.session_state[key] = compare_opened.place(rows) // PAGE + 1
    page = min(st.session_state.get(key, 1), pages)
    shown = rows.iloc[(page - 1) * PAGE : page * PAGE]
    ids = list(shown["id"])
    table = f"compare_photos_{identity}_{page}"
    st.dataframe(
        table_of(shown, found.classes),
        hide_index=True,
        height=38 + (SIDE + 4) * min(len(shown), 9),
        row_height=SIDE + 4,
        key=table,
        on_select=lambda: compare_opened.choose(table, ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": np.flatnonzero(compare_opened.is_open(shown["id"])).tolist()}},
        column_config=_columns(letters_of(rows), bool(rows["loss"].notna().any())),
        alt=f"{words.count(len(rows), 'photo')} with what each run said of them",
    )
    if pages > 1:
        st.pagination(pages, key=key)


def table_of(rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """What the table shows of rows of a photo table: picture, true class, a column a run, and how far they agree."""
    letters = letters_of(rows)
    pictures = [compare_thumbnails.picture(photo_id, SIDE) for photo_id in rows["id"]]
    shown = {
        "picture": [f"data:image/jpeg;base64,{one}" if one else None for one in pictures],
        "id": [str(photo_id)[:12] for photo_id in rows["id"]],
        "true": [classes[label] for label in rows["true"]],
    }
    if any(shown["picture"]):
        del shown["id"]
    else:
        del shown["picture"]
    for letter in letters:
        shown[letter] = [
            f"{'✓' if right else '✗'} " + ("" if pd.isna(sure) else f"{100 * sure:.0f} % ") + classes[said]
            for right, said, sure in zip(
                rows[f"right {letter}"], rows[f"said {letter}"], rows[f"sure {letter}"], strict=True
            )
        ]
    if len(letters) > 1:
        shown["right"] = [f"{right} of {len(letters)}" for right in rows["n_right"]]
    if len(letters) > 2:
        shown["agreement"] = (100 * rows["agreement"]).tolist()
    shown["loss"] = rows["loss"].astype(float).tolist()
    return pd.DataFrame(shown)


def _columns(letters: list[str], losses: bool) -> dict:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "picture": st.column_config.ImageColumn("Photo", width=70, pinned=True),
        "id": text("Photo", width=110, pinned=True),
        "true": text("True class", width=120),
        **{letter: text(letter, width=130, help=f"What {letter} said, and how sure it was.") for letter in letters},
        "right": text("Right", width=65, help="How many runs are right."),
        "agreement": number("Agree", width=65, format="%.0f %%", help="Share of the runs that say the same."),
        "loss": number("Loss", width=60, format="%.2f", help="Mean over the runs: how unlikely they found the truth.")
        if losses
        else None,
    }
