"""The frame around every screen: navigation, the selection bar, and what happens when a screen can't go on."""

from pathlib import Path

import streamlit as st

from core.errors import ThawError
from pages.parts import failures, selection, style

st.set_page_config(page_title="Thaw", page_icon=Path(__file__).parents[1] / "docs" / "icon.svg", layout="wide")
style.apply(room=st.query_params.get("room") == "1")

page = st.navigation(
    [
        st.Page("start.py", title="Start", icon=":material/flag:", default=True),
        st.Page("photos.py", title="Photos", icon=":material/photo_library:"),
        st.Page("augment.py", title="Augment", icon=":material/auto_awesome:"),
        st.Page("train.py", title="Train", icon=":material/model_training:"),
        st.Page("compare.py", title="Compare", icon=":material/grid_on:"),
        st.Page("ensemble.py", title="Ensemble", icon=":material/how_to_vote:"),
    ],
    position="top",
)
selection.leave()
failed = None
try:
    selection.bar(page.url_path)
except (ThawError, OSError) as error:  # a screen that needs no run is shown all the same
    if not failures.tell_and_watch(error):
        raise
    failed = error
try:
    page.run()
except (ThawError, OSError) as error:
    if not (failures.same(error, failed) or failures.tell_and_watch(error)):
        raise
