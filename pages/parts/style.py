"""The few rules of look that the theme in .streamlit/config.toml can't say."""

import streamlit as st

_ALWAYS = """
<style>
.stMainBlockContainer { padding-top: 3.75rem; padding-bottom: 1.5rem; }
.stApp { font-variant-numeric: tabular-nums; }
.st-key-selection_bar { border-bottom: 1px solid rgba(128, 128, 128, .3); padding-bottom: .5rem; row-gap: .25rem; }
.st-key-selection_bar [data-testid="stWidgetLabelRequired"] { display: none; }
.thaw-figure { font-size: 40px; line-height: 1.1; font-weight: 650; }
.thaw-figure small { font-size: 16px; font-weight: 400; opacity: .75; }
</style>
"""
_ROOM = """
<style>
html { font-size: 22px; }
.thaw-figure { font-size: 72px; }
.thaw-figure small { font-size: 22px; }
</style>
"""


def apply(room: bool = False) -> None:
    """Put the rules into the page; `room` is the large type for a projector."""
    st.html(_ALWAYS + (_ROOM if room else ""))


def figure(number: str, words: str) -> None:
    """The one big figure of a screen, e.g. "82.5 %" and "of 225 validation photos"."""
    st.html(f'<div class="thaw-figure">{number} <small>{words}</small></div>')
