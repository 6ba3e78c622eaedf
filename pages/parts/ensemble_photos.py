"""Photos that an ensemble rescues or loses against its best member, to look at."""

import numpy as np
import streamlit as st

from core.ensembles import Gain
from core.errors import ThawError
from pages.parts import loaders, words

SHOWN = 6  # photos a side
SIZE = 96  # px
SIDE = 400  # px, a gallery of three columns; on a narrow page the second one goes below


def show(gain: Gain, classes: tuple[str, ...], best_name: str) -> None:
    """Two galleries side by side."""
    best = words.plain(best_name)
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=SIDE), st.container(width=SIDE)
    with left:
        st.markdown(
            f"**{words.count(len(gain.rescued), 'photo')} rescued**",
            help=f"The ensemble is right where {best}, the best member, is wrong.",
        )
        _gallery(gain, gain.rescued, gain.best_predicted, classes, "the best member said")
    with right:
        st.markdown(
            f"**{words.count(len(gain.lost), 'photo')} lost**",
            help=f"The ensemble is wrong where {best}, the best member, is right.",
        )
        _gallery(gain, gain.lost, gain.predicted, classes, "the ensemble said")


def _gallery(gain: Gain, rows: np.ndarray, wrong: np.ndarray, classes: tuple[str, ...], who: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for row in rows[:SHOWN].tolist():
            true, said = (words.plain(classes[label]) for label in (gain.true[row], wrong[row]))
            with st.container(width=SIZE + 20, gap="xsmall"):
                _photo(gain.ids[row], f"{classes[gain.true[row]]}; {who} {classes[wrong[row]]}")
                st.caption(f"{true}, not {said}")
    if len(rows) > SHOWN:
        st.caption(f"and {len(rows) - SHOWN:,} more")


def _photo(photo_id: str, alt: str) -> None:
    try:
        st.image(loaders.thumbnail(photo_id, SIZE), width=SIZE, alt=alt)
    except (ThawError, OSError):  # predictions brought from elsewhere name photos that were never imported
        st.caption(f"{words.plain(photo_id[:12])} (no photo here)")
