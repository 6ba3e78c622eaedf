"""A matrix of members in the page: as wide as there is room, and scrolling for itself where that is too little."""

import streamlit as st

from core.charts import member_matrix
from core.charts.member_matrix import MemberMatrixInfo
from pages.parts import selection


def show(info: MemberMatrixInfo, key: str, hover: str, alt: str) -> None:
    """`hover` names the row as %{y}, the column as %{x} and the number as %{z}."""
    box = f"{key}_box"
    st.html(
        f"<style>.st-key-{box} {{ overflow-x: auto; }}"
        f" .st-key-{box} > div {{ min-width: {member_matrix.least_width(info)}px; }}</style>"
    )
    with st.container(key=box):
        st.plotly_chart(
            member_matrix.plot(info, selection.dark(), hover), key=key, config={"displayModeBar": False}, alt=alt
        )
