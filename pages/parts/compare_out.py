"""What leaves the Compare screen: tables as CSV, pictures as PNG, SVG or interactive HTML, all of it as one file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.table_csv import csv_text

FORMATS = ("PNG", "SVG")
_FORMAT = "compare_picture_format"


@dataclass
class Basket:
    """What the open view shows, gathered while it is drawn."""

    tables: dict[str, Callable[[], pd.DataFrame]] = field(default_factory=dict)
    pictures: dict[str, go.Figure] = field(default_factory=dict)

    def table(self, name: str, table: pd.DataFrame | Callable[[], pd.DataFrame]) -> None:
        """A table, or what makes it where that takes a while: it is made when it is asked for."""
        self.tables[name] = table if callable(table) else lambda: table

    def picture(self, name: str, figure: go.Figure) -> None:
        self.pictures[name] = figure

    def csv(self, name: str) -> str:
        return csv_text(self.tables[name]())

    def html(self, name: str) -> str:
        """The picture as a page of its own."""
        return self.pictures[name].to_html(include_plotlyjs=True)


def config(name: str) -> dict:
    """Plotly's settings of a chart: a pointer on it brings one button that saves it."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": st.session_state.get(_FORMAT, FORMATS[0]).lower(),
            "filename": f"thaw {name}",
            "scale": 2,
        },
    }


def offer(basket: Basket, part: str, report: Callable[[], str]) -> None:
    """A popover with everything that can be taken away; `report` makes the whole comparison as one file."""
    with st.popover("Take with you", icon=":material/download:", help="Tables, pictures and the whole comparison."):
        _button("The whole comparison, one file", report, f"comparison {part}.html", "text/html")
        # What a name stands for is looked up when it is asked for: a part of the view may have been drawn anew since.
        for name in basket.tables:
            _button(f"{name.capitalize()}, CSV", partial(basket.csv, name), f"{name} {part}.csv", "text/csv")
        for name in basket.pictures:
            _button(f"{name.capitalize()}, interactive", partial(basket.html, name), f"{name} {part}.html", "text/html")
        st.segmented_control(
            "Pictures are saved as",
            FORMATS,
            default=FORMATS[0],
            required=True,
            key=_FORMAT,
            help="The camera that a pointer on a picture brings. It takes the screen's colours: the light theme is the "
            "one for paper.",
        )


def _button(label: str, make: Callable[[], str], file: str, kind: str) -> None:
    st.download_button(
        label,
        lambda: make().encode(),
        file_name=f"thaw {file_name(file)}",
        mime=kind,
        key=f"compare_out_{file}",
        on_click="ignore",
        icon=":material/table:" if kind == "text/csv" else ":material/html:",
        type="tertiary",
    )


def file_name(text: str) -> str:
    """A visitor's words as a file's name: letters, digits and what harms no system."""
    return re.sub(r"[^\w .\-]+", "_", text)[:80]
