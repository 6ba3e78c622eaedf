"""Single photos, dropped class by class; on a phone the file picker opens its camera."""

import streamlit as st

from core.records import Dataset
from pages.parts.photos_form import Dropped, class_field, key

# A media type first: with it a phone offers its camera. The endings are those that browsers know no type of.
PHOTOS = ("image/*", ".heic", ".heif", ".hif", ".avif")


def rows(parent: Dataset | None) -> list[Dropped]:
    """A name and a drop zone for each class; all photos in a class that has a name."""
    st.caption(":material/photo_camera: On a phone, choose files opens the camera too. Photos may be HEIC.")
    count_key = key("class_rows")
    count = st.session_state.get(count_key, 1 if parent else 2)
    given = [_row(number, parent) for number in range(count)]
    with st.container(horizontal=True):
        st.button(
            "One more class",
            key="photos_more",
            icon=":material/add:",
            on_click=lambda: st.session_state.update({count_key: count + 1}),
            help="One more name and drop zone. A class left empty is not imported.",
        )
    return [Dropped(label, file.name, file) for label, dropped in given if label for file in dropped]


def _row(number: int, parent: Dataset | None) -> tuple[str, list]:
    named, dropped = st.columns([1, 2], vertical_alignment="top")
    with named:
        label = class_field(f"Class {number + 1}", number, parent)
    with dropped:
        files = st.file_uploader(
            "Photos of this class",
            type=PHOTOS,
            accept_multiple_files=True,
            key=key(f"files_{number}"),
            help="Drop as many as you like. JPEG, PNG, WebP, HEIC and others.",
        )
    return label, files
