"""The photo of the Photos view that is open: large, with every answer and Grad-CAM. It lives in the address."""

import base64
import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import ThawError
from core.evaluation import Comparison
from core.records import Run
from pages.parts import compare_gradcam, compare_label_errors, loaders, words
from pages.parts.compare_cells import Shown

OPEN = "compare_photo"  # in the address
LARGE = 420  # px
HASH, SHORT = 64, 16  # letters of a photo's hash, and of them in the address
LONGEST = 200  # letters of another id: predictions made elsewhere have their own


def choose(key: str, ids: Sequence[str]) -> None:
    """Open the photo that is ticked in the table `key` of these ids; called from its callback."""
    rows = [row for row in st.session_state[key].selection.rows if row < len(ids)]
    if rows:
        st.query_params[OPEN] = _named(ids[rows[0]])
    else:
        st.query_params.pop(OPEN, None)


def is_open(ids: pd.Series) -> pd.Series:
    """Which of the photos the address names."""
    asked = st.query_params.get(OPEN)
    return ids.map(_named) == asked if asked else pd.Series(False, index=ids.index)


def place(rows: pd.DataFrame) -> int:
    """Where the opened photo stands among the rows; the first of them until one is chosen."""
    return int(is_open(rows["id"]).to_numpy().argmax())


def _named(photo_id: str) -> str:
    return photo_id[:SHORT] if len(photo_id) == HASH else photo_id[:LONGEST]


def show(rows: pd.DataFrame, found: Comparison | Shown, runs: list[Run]) -> None:
    """The chosen photo, large, with every answer; the first one until one is chosen."""
    chosen = is_open(rows["id"])
    row = rows.iloc[place(rows)].to_dict()
    true = found.classes[row["true"]]
    try:
        content = base64.b64encode(loaders.thumbnail(str(row["id"]), LARGE)).decode()
    except (ThawError, OSError, ValueError):
        content = ""
        st.caption("This photo is not on this machine: its predictions were brought in from elsewhere.")
    if content:
        alt = html.escape(f"A photo of {true}", quote=True)
        style = f"max-width: 100%; max-height: {LARGE}px; min-width: min(100%, 260px); border-radius: 4px"
        st.html(
            f'<img data-opened="{html.escape(str(row["id"]))}" alt="{alt}" style="{style}" '
            f'src="data:image/jpeg;base64,{content}">'
        )
    if not chosen.any():
        st.caption("The first of the list. Tick another row to open it here.")
    st.markdown(f"True class: **{words.plain(true)}**")
    st.markdown(compare_gradcam.answers(row, runs, found.letters, found.classes))
    if content:
        compare_gradcam.show(row, runs, found.letters, found.classes)
        compare_label_errors.send_button(
            [str(row["id"])], runs, "Doubtful label: leave it out ...", "compare_photo_leave", tick=True
        )
