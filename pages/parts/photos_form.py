"""What the ways in share: keys that change once a form was sent, which empties it, and the field for a class."""

from typing import NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.records import Dataset
from pages.parts import uploads


class Dropped(NamedTuple):
    """One photo that somebody gave, and the class it is for."""

    label: str
    name: str  # of the file
    file: UploadedFile


_ROUND = "photos_round"  # counts finished forms: a new number empties the uploaders


def form_key(name: str) -> str:
    """A key that is another one once the form was sent."""
    return f"{name}_{st.session_state.get(_ROUND, 0)}"


def key(name: str) -> str:
    return form_key(f"photos_{name}")


def new_round() -> None:
    """Empty the form."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def class_field(title: str, number: int | str, parent: Dataset | None) -> str:
    """A class: typed, or one of the dataset that the photos are added to."""
    hint = "What the model will answer. Photos of one kind go into one class."
    if parent is None:
        label = st.text_input(title, key=key(f"class_{number}"), max_chars=60, placeholder="oak", help=hint)
    else:
        label = st.selectbox(
            title,
            parent.classes,
            index=None,
            accept_new_options=True,
            key=key(f"class_{number}_{parent.id}"),
            placeholder="choose, or type a new one",
            help=hint,
        )
    return (label or "").strip()


def labels_field() -> None:
    """A drop zone for a CSV of paths and labels."""
    st.file_uploader(
        "A list of labels (CSV)",
        type="csv",
        key=key("labels"),
        help="Needed only where no such list lies beside the photos. Columns path (from the folder on) and label, and "
        "split (train, validation, test) if you like; commas or semicolons.",
    )


def labels() -> tuple[str, bytes] | None:
    """Name and content of the CSV that was dropped there."""
    file = st.session_state.get(key("labels"))
    return (file.name, uploads.content(file)) if file is not None else None
