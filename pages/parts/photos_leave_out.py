"""Leaving photos of a finding out of the next version: which ones, and what came of it."""

import base64
import html

import streamlit as st

from core.datasets.audit import Finding
from core.datasets.editing import leave_out
from core.errors import PhotoMissing, ThawError
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, selection, words

AT_A_TIME = 24  # photos in the dialog
SIDE = 96  # px of a picture
_ASKED, _OUTCOME, _BROUGHT = "photos_leaving_out", "photos_left_out", "photos_brought_here"
_REASONS = {
    "near_copies": "near copies",
    "odd_colour": "odd colour",
    "odd_light": "odd light",
    "odd_size": "odd size",
    "unreadable": "unreadable",
    "exact_copies": "copies",
    "label_errors": "likely label errors",
}


def picture(photo_id: str, path: str) -> str:
    """A photo as HTML, its path as its title; an empty place where the file is gone."""
    title = html.escape(path, quote=True)
    try:
        content = base64.b64encode(loaders.thumbnail(photo_id, SIDE)).decode()
    except (PhotoMissing, OSError):
        return f'<div title="{title}" style="width: {SIDE}px; height: {SIDE}px; border: 1px dashed #888"></div>'
    style = f"width: {SIDE}px; height: {SIDE}px; object-fit: contain; border-radius: 4px"
    return f'<img src="data:image/jpeg;base64,{content}" alt="{title}" title="{title}" style="{style}">'


def ask(finding: Finding) -> None:
    """Open the dialog on this finding."""
    st.session_state[_ASKED] = finding.id


def dialog(dataset: Dataset, found: list[Finding]) -> None:
    """The dialog, where it was opened on one of these findings; it stays through reruns until it is closed."""
    asked = st.session_state.get(_ASKED)
    if finding := next((one for one in found if one.id == asked), None):
        _dialog(dataset, finding)


def bring(dataset: Dataset, finding: Finding) -> None:
    """Open the dialog on a finding that another page made, as soon as the Photos page shows this dataset."""
    _close()
    st.session_state[_BROUGHT] = (dataset.id, finding)


def brought(dataset: Dataset) -> None:
    """The dialog on what another page brought here; it stays through reruns until it is closed."""
    for_dataset, finding = st.session_state.get(_BROUGHT, ("", None))
    if finding is not None and for_dataset == dataset.id:
        _dialog(dataset, finding)


def _close() -> None:
    st.session_state.pop(_ASKED, None)
    st.session_state.pop(_BROUGHT, None)


@st.dialog("Leave photos out", width="large", on_dismiss=_close)
def _dialog(dataset: Dataset, finding: Finding) -> None:
    """A tick a photo, those that are best left out ticked at first, and one button that does it."""
    st.markdown(words.plain(finding.sentence))
    key = f"photos_ticks_{finding.id}"
    ticks = st.session_state.setdefault(key, {"out": set(finding.suggested), "round": 0, "shown": AT_A_TIME})
    ids = finding.ids
    with st.container(horizontal=True, gap="small"):
        if len(ids) > 2:
            _set_all(ticks, key, "Tick all", set(ids), "Every photo of this finding, also those not shown.")
            _set_all(ticks, key, "Tick none", set(), "Unticks every photo.")
    with st.container(horizontal=True, gap="small", key="photos_leave_grid"):
        for photo_id, path in list(zip(ids, finding.photos, strict=False))[: ticks["shown"]]:
            with st.container(width=SIDE + 24, gap="xsmall"):
                st.html(picture(photo_id, path))
                name = f"{key}_{ticks['round']}_{photo_id}"
                # Where labels are in doubt the class folder is what is asked about.
                called = path if finding.kind == "label_errors" else path.rpartition("/")[2]
                st.checkbox(
                    words.plain(called),
                    value=photo_id in ticks["out"],
                    key=name,
                    on_change=_tick,
                    args=(key, name, photo_id),
                )
    if len(ids) > ticks["shown"]:
        st.button(
            f"Show more of {len(ids):,}",
            key=f"{key}_more",
            type="tertiary",
            on_click=lambda: ticks.update(shown=ticks["shown"] + AT_A_TIME),
            help=f"Shows up to {AT_A_TIME} more.",
        )
    chosen = [photo_id for photo_id in ids if photo_id in ticks["out"]]
    if st.button(
        f"Leave out {words.count(len(chosen), 'photo')}" if chosen else "Leave out",
        key="photos_leave_do",
        type="primary",
        disabled=not chosen,
        help="Makes the next version of the dataset. Versions and runs that are there stay as they are.",
    ):
        leave_out_of(dataset, [finding], chosen)


def _set_all(ticks: dict, key: str, label: str, out: set, help_: str) -> None:
    # Another round gives the checkboxes other keys, so that they take their ticks from here.
    st.button(
        label,
        key=f"{key}_{label}",
        on_click=lambda: ticks.update(out=out, round=ticks["round"] + 1),
        help=help_,
    )


def _tick(key: str, name: str, photo_id: str) -> None:
    out = st.session_state[key]["out"]
    (out.add if st.session_state.get(name) else out.discard)(photo_id)


def leave_out_of(dataset: Dataset, found: list[Finding], ids: list[str]) -> None:
    """Make the next version and choose it, or say why it can't be; draws the page anew."""
    # Which photos stand out in colour or light is asked anew in the next version; a group of near copies is done with.
    decisions = {one.id: "leave_out" for one in found if one.kind == "near_copies"}
    try:
        made = leave_out(settings(), dataset, ids, _REASONS.get(found[0].kind, found[0].kind), decisions)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    _close()
    st.session_state[_OUTCOME] = (made.id, made.edits[-1])
    loaders.dataset_list.clear()
    selection.choose(dataset=made.id)
    st.rerun()


def outcome(dataset: Dataset) -> None:
    """What was left out last, as long as the version that came of it is looked at."""
    made, sentence = st.session_state.get(_OUTCOME, ("", ""))
    if made == dataset.id:
        st.success(
            f"{words.plain(sentence)}. Version {dataset.version} has {words.count(dataset.photos, 'photo')}; earlier "
            "versions and their runs stay as they are. A split of this version is made below.",
            icon=":material/check:",
        )
