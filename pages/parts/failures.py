"""What a screen says when what is stored can't be read or written: the sentence in place, and a way back."""

import os
import shutil
import sqlite3

import streamlit as st

from core import disk_errors
from core.errors import DiskFull, FolderReadOnly, StoreUnavailable, ThawError
from core.settings import settings
from pages.parts import loaders

LOOK_SECONDS = 4.0  # between two looks whether the store is well again
ROOM = 10 * 2**20  # bytes free from which a disk is not called full


def sentence(error: Exception) -> ThawError | None:
    """The error a visitor may see in place of this one; None for what nobody expected."""
    if isinstance(error, ThawError):
        return error
    return disk_errors.in_words(error, settings().home) if isinstance(error, OSError | sqlite3.Error) else None


def tell(error: Exception) -> bool:
    """Say it where the screen is now; False, and nothing is said, where there is no sentence for it."""
    if (said := sentence(error)) is None:
        return False
    st.error(str(said), icon=":material/error:")
    return True


def tell_and_watch(error: Exception) -> bool:
    """As `tell`, and where the store failed the screen comes back by itself once that is over, or by the button."""
    if not tell(error):
        return False
    if isinstance(said := sentence(error), StoreUnavailable):
        st.button("Try again", key="failures_again", icon=":material/refresh:")
        st.caption("This screen also comes back by itself once that is mended.")
        _watch(type(said))
    return True


def same(error: Exception, told: Exception | None) -> bool:
    """Whether it says nothing that was not told already, or is of the same kind: one is enough on a screen."""
    return told is not None and isinstance(sentence(error), StoreUnavailable)


@st.fragment(run_every=LOOK_SECONDS)
def _watch(kind: type[StoreUnavailable]) -> None:
    if st.session_state.get("failures_seen", False) and _over(kind):
        st.session_state["failures_seen"] = False
        st.rerun()
    st.session_state["failures_seen"] = True


def _over(kind: type[StoreUnavailable]) -> bool:
    home = settings().home
    try:
        if kind is DiskFull:
            return shutil.disk_usage(home).free > ROOM
        if kind is FolderReadOnly:
            return os.access(home, os.W_OK)
        loaders.store().list()
    except (StoreUnavailable, OSError):
        return False
    return True
