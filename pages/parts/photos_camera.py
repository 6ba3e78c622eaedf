"""Photos taken with the browser's camera, class by class, kept on a tray until they are imported together."""

from collections import Counter
from urllib.parse import urlsplit

import streamlit as st

from core.records import Dataset
from pages.parts import uploads, words
from pages.parts.photos_form import Dropped, class_field, key

MOST = 200  # photos on the tray
_LOCAL = ("localhost", "127.0.0.1", "::1")


def works(url: str | None) -> bool:
    """Whether browsers open their camera for a page of this address: over HTTPS, or from the computer itself."""
    if not url:
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOCAL


def tray(parent: Dataset | None) -> list[Dropped] | None:
    """The class, the camera, and the photos taken so far; None where it can't be opened."""
    if not works(st.context.url):
        st.info(
            "Browsers open the camera only for pages that come over HTTPS or from this computer (localhost), and this "
            "one doesn't. On a phone choose photos into classes: its file picker opens the camera.",
            icon=":material/no_photography:",
        )
        return None
    label = class_field("Class of the next photo", "camera", parent)
    taken = st.session_state.setdefault(key("taken"), [])
    st.camera_input(
        "Take a photo",
        key=key("camera"),
        on_change=_keep,
        args=(label,),
        disabled=not label or len(taken) >= MOST,
        help="Name the class first. Each photo is put on the tray at once; clear it to take the next.",
        width=480,
    )
    counts = Counter(photo.label for photo in taken)
    told = ", ".join(f"{number} {words.plain(one)}" for one, number in counts.items())
    full = " The tray is full: import these first." if len(taken) >= MOST else ""
    st.caption(f"On the tray: {told}.{full}" if taken else "Nothing on the tray yet.")
    return list(taken)


def take_back() -> None:
    """A button that takes the last photo off the tray."""
    st.button(
        "Take back the last photo",
        key="photos_take_back",
        icon=":material/undo:",
        disabled=not st.session_state.get(key("taken")),
        on_click=lambda: uploads.drop([uploads.opened(st.session_state[key("taken")].pop().file)]),
        help="Removes it from the tray; nothing was kept of it.",
    )


def _keep(label: str) -> None:
    shot = st.session_state.get(key("camera"))
    if shot is not None and label:  # it is None where the last photo is cleared for the next
        taken = st.session_state.setdefault(key("taken"), [])
        uploads.take([uploads.opened(shot)])  # the camera lets go of it for the next
        taken.append(Dropped(label, f"camera {len(taken) + 1}.jpg", shot))
