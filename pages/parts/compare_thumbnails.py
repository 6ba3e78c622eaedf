"""Photos as a grid of small pictures, each with what every run said of it."""

import base64
import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import ThawError
from core.evaluation.photos import letters_of, with_names
from pages.parts import loaders, words

FIRST, MORE = 30, 60  # photos at once
SIDE = 112  # px of a picture
RUNS = 6  # answers under a picture; of more runs the rest are counted
STYLE = """
<style>
.thaw-photos { display: flex; flex-wrap: wrap; gap: 12px 10px; }
.thaw-photos figure { width: SIDEpx; margin: 0; }
.thaw-photos img, .thaw-photos .none { width: SIDEpx; height: SIDEpx; object-fit: contain; border-radius: 4px;
  display: block; background: rgba(128, 128, 128, .12); }
.thaw-photos .none { display: flex; align-items: center; justify-content: center; font-size: 12px; opacity: .7; }
.thaw-photos figcaption { font-size: 13px; line-height: 1.35; margin-top: 3px; }
.thaw-photos .answer { display: flex; gap: 4px; white-space: nowrap; }
.thaw-photos .answer bdi { overflow: hidden; text-overflow: ellipsis; flex: 1; }
.thaw-photos .wrong { opacity: .78; }
</style>
""".replace("SIDE", str(SIDE))


def grid(rows: pd.DataFrame, classes: Sequence[str], key: str) -> None:
    """Rows of a photo table as pictures, the first ones and more by a button; ids alone where no photo is here."""
    shown = min(st.session_state.get(key, FIRST), len(rows))
    some = rows.iloc[:shown]
    pictures = {photo_id: picture(photo_id) for photo_id in some["id"]}
    if not any(pictures.values()):
        without_photos(rows, classes)
        return
    letters = letters_of(rows)
    cards = "".join(card(row, pictures[row["id"]], letters, classes) for row in some.to_dict("records"))
    st.html(f'{STYLE}<div class="thaw-photos">{cards}</div>')
    if shown < len(rows):
        st.button(
            f"Show more of {len(rows):,}",
            key=f"{key}_more",
            on_click=lambda: st.session_state.update({key: shown + MORE}),
            help=f"Shows up to {MORE} more.",
        )


def picture(photo_id: str, side: int = SIDE) -> str:
    """Base64 of a JPEG; empty where the photo is not on this machine."""
    try:
        return base64.b64encode(loaders.thumbnail(photo_id, side)).decode()
    except (ThawError, OSError, ValueError):  # predictions brought from elsewhere name photos that never were here
        return ""


def card(row: dict, content: str, letters: Sequence[str], classes: Sequence[str]) -> str:
    """One photo as HTML: its picture, its true class where the runs differ in it, and each run's answer."""
    name = html.escape(str(row["id"]), quote=True)
    true = html.escape(classes[row["true"]], quote=True)
    image = (
        f'<img src="data:image/jpeg;base64,{content}" alt="A photo of {true}">'
        if content
        else '<div class="none">no photo here</div>'
    )
    lines = "".join(answer(row, letter, classes, len(letters) > 1) for letter in letters[:RUNS])
    if len(letters) > RUNS:
        rest = letters[RUNS:]
        lines += f"<div>{len(rest)} more runs, {sum(bool(row[f'right {one}']) for one in rest)} right</div>"
    about = f'title="{true}, photo {name[:16]}" data-photo="{name}"'
    return f"<figure {about}>{image}<figcaption>{lines}</figcaption></figure>"


def answer(row: dict, letter: str, classes: Sequence[str], several: bool = True) -> str:
    """ "A ✓ Elm 93 %" as HTML; of a single run without its letter."""
    said = html.escape(classes[row[f"said {letter}"]], quote=True)
    right, sure = bool(row[f"right {letter}"]), row[f"sure {letter}"]
    share = "" if pd.isna(sure) else f"{100 * sure:.0f}\N{NO-BREAK SPACE}%"
    return (
        f'<div class="answer {"right" if right else "wrong"}" title="{letter} said {said}">'
        f"{f'<b>{letter}</b> ' if several else ''}{'✓' if right else '✗'} <bdi>{said}</bdi> <span>{share}</span></div>"
    )


def without_photos(rows: pd.DataFrame, classes: Sequence[str]) -> None:
    """A table of ids in place of pictures, and why."""
    st.caption(
        "The photos are not on this machine: these predictions were brought in from elsewhere, and name them by id."
    )
    letters = letters_of(rows)
    named = with_names(rows, classes)
    st.dataframe(
        named[["id", "true", *(f"{field} {one}" for one in letters for field in ("said", "sure"))]],
        hide_index=True,
        height=38 + 35 * min(len(rows), 10),
        column_config={"id": "Photo", "true": "True class"}
        | {f"said {one}": f"{one} said" for one in letters}
        | {f"sure {one}": st.column_config.NumberColumn(f"{one} sure", format="percent") for one in letters},
        alt=f"{words.count(len(rows), 'photo')} by id, with what each run said",
    )
