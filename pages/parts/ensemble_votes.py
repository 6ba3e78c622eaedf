"""The Votes tab: one photo, what every member says of it, how the vote falls, and what one switch would change."""

import numpy as np
import pandas as pd
import streamlit as st

from core.ensembles import EnsemblePart, Gain, combine
from core.ensembles.switches import learned_together, switched
from core.records import EnsembleSpec, Part
from pages.parts import compare_thumbnails, ensemble_figures, ensemble_vote, words
from pages.parts.ensemble_choice import Choice

PHOTO = "photo"  # its number, from 1, in the order of the part
PHOTOS = 100  # in the list at once
LIST, SIDE = 330, 48  # px
KINDS = {
    "rescued": ("Rescued", "Right together, wrong by the best member."),
    "lost": ("Lost", "Wrong together, right by the best member."),
    "tied": ("Tied", "Level at the top."),
    "wrong": ("All wrong", "No member is right."),
    "split": ("Disagree", "The members don't all say the same."),
    "all": ("All", "Every photo of the part."),
}


def show(choice: Choice) -> None:
    """The whole view; a click in it draws nothing but the view anew."""
    st.fragment(_view, key="ensemble_votes_view")(choice)


def _view(choice: Choice) -> None:
    gain = ensemble_figures.gain(choice, choice.part)
    if not len(gain.true):
        st.info(f"There is no {choice.part} photo to look at.")
        return
    said = np.stack([choice.predictions[run].parts[choice.part].predicted for run in choice.spec.runs])
    lists = photos(gain, said)
    kind = _kind(lists)
    rows = lists[kind]
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=LIST), st.container()
    with left:
        _list(choice, gain, said, rows, kind)
    with right:
        asked = _number(len(gain.true))
        row = asked - 1 if asked is not None else int(rows[0]) if len(rows) else 0
        answers = _answers(choice.spec, choice.part, choice.predictions)
        ensemble_vote.photo(gain, row, choice)
        ensemble_vote.members(choice, row, gain.true[row])
        ensemble_vote.fall(choice, answers, row)
        _switches(choice, gain, row)


def photos(gain: Gain, said: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of the part by kind. said: int (n_members, n_photos)."""
    return {
        "rescued": gain.rescued,
        "lost": gain.lost,
        "tied": gain.tied,
        "wrong": np.flatnonzero((said != gain.true).all(axis=0)),
        "split": np.flatnonzero((said != said[0]).any(axis=0)),
        "all": np.arange(len(gain.true)),
    }


def _kind(lists: dict[str, np.ndarray]) -> str:
    first = next((kind for kind, rows in lists.items() if len(rows)), "all")
    return st.segmented_control(
        "Which photos",
        list(KINDS),
        format_func=lambda kind: f"{KINDS[kind][0]} {len(lists[kind]):,}",
        default=first,
        required=True,
        key="ensemble_votes_kind",
        help=" ".join(f"{title}: {what}" for title, what in KINDS.values()),
    )


def _number(photos: int) -> int | None:
    """The photo that was asked for, here, by a click or in the address; None until one was."""
    if (here := st.session_state.get(PHOTO)) is not None and not 1 <= here <= photos:
        st.session_state[PHOTO] = None  # of the other part, which has more photos
    return st.number_input(
        "Photo number",
        min_value=1,
        max_value=photos,
        value=None,
        step=1,
        key=PHOTO,
        bind="query-params",
        placeholder=f"1 to {photos:,}",
        width=170,
        help="Photos are numbered in the order of their ids, so that a link shows the same one.",
    )


def _list(choice: Choice, gain: Gain, said: np.ndarray, rows: np.ndarray, kind: str) -> None:
    """The photos of a kind, small; a click opens one."""
    if not len(rows):
        st.caption(f"No photo is so. {KINDS[kind][1]}")
        return
    shown = rows[:PHOTOS].tolist()
    key = f"ensemble_votes_list_{choice.part}_{kind}_{choice.spec.id}"
    pictures = [compare_thumbnails.picture(gain.ids[row], SIDE) for row in shown]
    right = (said[:, shown] == gain.true[shown]).sum(axis=0)
    table = {
        "picture": [f"data:image/jpeg;base64,{one}" if one else None for one in pictures],
        "number": [row + 1 for row in shown],
        "true": [choice.classes[gain.true[row]] for row in shown],
        "right": [f"{count} of {len(said)}" for count in right],
    }
    if not any(table["picture"]):
        del table["picture"]
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        row_height=SIDE + 4,
        height=38 + (SIDE + 4) * min(len(shown), 10),
        key=key,
        on_select=lambda: _open(key, shown),
        selection_mode="single-row",
        column_config={
            "picture": st.column_config.ImageColumn("Photo", width=60),
            "number": st.column_config.NumberColumn("No.", width=50),
            "true": st.column_config.TextColumn("True class", width=110),
            "right": st.column_config.TextColumn("Right", width=60, help="How many members are right."),
        },
        alt=f"{words.count(len(rows), 'photo')}: {KINDS[kind][1]}",
    )
    if len(rows) > PHOTOS:
        st.caption(f"The first {PHOTOS} of {len(rows):,}; the others by their number.")


def _open(key: str, shown: list[int]) -> None:
    table = st.session_state.get(key)
    rows = [row for row in table.selection.rows if row < len(shown)] if table else []
    if rows:
        st.session_state[PHOTO] = shown[rows[0]] + 1


def _switches(choice: Choice, gain: Gain, row: int) -> None:
    """What each single switch would make of this photo."""
    st.markdown("**What one switch would change**")
    if learned_together(choice.spec):
        many = len(choice.found.runs)
        learn = st.toggle(
            f"Try all {many} switches",
            key="ensemble_votes_learn",
            help="This rule learns from all members at once, so it has to learn anew for each switch. That takes "
            "seconds, once for all photos.",
        )
        if not learn:
            return
    with st.spinner("Trying each switch ..."):
        found = _switched(choice.spec, choice.part, tuple(choice.found.ids), choice.found.predictions)
    ensemble_vote.switches(choice, {run: int(said[row]) for run, said in found.items()}, gain, row)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={EnsembleSpec: lambda spec: spec.id})
def _switched(spec: EnsembleSpec, part: Part, runs: tuple[str, ...], _predictions: dict) -> dict[str, np.ndarray]:
    return switched(spec, _predictions, part, runs)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={EnsembleSpec: lambda spec: spec.id})
def _answers(spec: EnsembleSpec, part: Part, _predictions: dict) -> EnsemblePart:
    return combine(spec, _predictions, part)
