"""Photos that an ensemble rescues or loses against its best member, or is tied about, to look at."""

import html

import numpy as np
import streamlit as st

from core.ensembles import Gain
from pages.parts import compare_thumbnails, words

SHOWN = 6  # photos of a kind
SIZE = 96  # px
SIDE = 400  # px, a gallery of three columns; on a narrow page the second one goes below
_STYLE = f"""
<style>
.thaw-gallery {{ display: flex; flex-wrap: wrap; gap: 12px; }}
.thaw-gallery figure {{ width: {SIZE + 20}px; margin: 0; }}
.thaw-gallery img, .thaw-gallery .none {{ width: {SIZE}px; height: {SIZE}px; object-fit: contain; border-radius: 4px;
  display: flex; align-items: center; justify-content: center; font-size: 12px; background: rgba(128, 128, 128, .12); }}
.thaw-gallery figcaption {{ font-size: 13px; line-height: 1.3; margin-top: 3px; opacity: .8; overflow-wrap: anywhere; }}
</style>
"""


def show(gain: Gain, classes: tuple[str, ...], best_name: str) -> None:
    """Rescued and lost side by side, tied ones below."""
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
    if gain.ties:
        st.markdown(
            f"**{words.count(gain.ties, 'photo')} tied**",
            help="Two or more classes were level at the top. The Votes tab shows how each of these photos fell.",
        )
        _gallery(gain, gain.tied, gain.predicted, classes, "the ensemble said", 2 * SHOWN)


def _gallery(gain: Gain, rows: np.ndarray, said: np.ndarray, classes: tuple[str, ...], who: str, most=SHOWN) -> None:
    if not len(rows):
        return
    cards = "".join(_card(gain.ids[row], classes[gain.true[row]], classes[said[row]], who) for row in rows[:most])
    st.html(f'{_STYLE}<div class="thaw-gallery">{cards}</div>')
    if len(rows) > most:
        st.caption(f"and {len(rows) - most:,} more, in the Votes tab")


def _card(photo_id: str, true: str, said: str, who: str) -> str:
    content = compare_thumbnails.picture(photo_id, SIZE)
    alt = html.escape(f"{true}; {who} {said}", quote=True)
    # Predictions brought from elsewhere name photos that were never imported.
    none = f'<div class="none">{html.escape(photo_id[:12])}<br>(no photo here)</div>'
    picture = f'<img src="data:image/jpeg;base64,{content}" alt="{alt}">' if content else none
    answer = f"{true}, not {said}" if true != said else f"{true} ✓"
    return f'<figure title="{alt}">{picture}<figcaption>{html.escape(answer)}</figcaption></figure>'
