"""What all pictures share: transparent ground, one font size, class names that fit, percentages as LOOK writes them."""

import html
from unicodedata import east_asian_width

import plotly.graph_objects as go

from core.charts.colours import palette

FONT_SIZE = 15  # px inside pictures; the page around them has 16
SMALL = 13  # px, tick labels where many stand close
ELLIPSIS = "…"


def dress(figure: go.Figure, dark: bool, height: int, legend: bool = False) -> go.Figure:
    """Give `figure` the common look in place and return it."""
    colours = palette(dark)
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8, "pad": 0},  # Streamlit's theme would pad the plot area
        font={"size": FONT_SIZE, "color": colours.text},
        hoverlabel={
            "bgcolor": colours.panel,
            "bordercolor": colours.line,
            "font": {"size": FONT_SIZE, "color": colours.text},
            "align": "left",
            "namelength": -1,
        },
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0, "font": {"size": SMALL}},
        uirevision="kept",  # a redraw with new points keeps zoom and hidden lines
        barcornerradius=2,
    )
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zerolinecolor": colours.line,
        "tickfont": {"size": SMALL, "color": colours.quiet},
        "title_font": {"size": FONT_SIZE, "color": colours.quiet},
        "title_standoff": 8,
        "automargin": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def shorten(name: str, limit: int) -> str:
    """`name` in at most `limit` characters, the middle left out: the ends tell numbered names apart."""
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 3
    return name[: limit - 1 - tail].rstrip() + ELLIPSIS + name[len(name) - tail :].lstrip()


def labels(names, limit: int) -> tuple[str, ...]:
    """Short labels, all different: where two names shorten alike, their number (from 1) is put before them."""
    short = [shorten(name, limit) for name in names]
    doubled = {label for label in short if short.count(label) > 1}
    return tuple(
        f"{number} {shorten(name, max(limit - len(str(number)) - 1, 3))}" if label in doubled else label
        for number, (name, label) in enumerate(zip(names, short, strict=True), start=1)
    )


def text_width(text: str, size: int) -> int:
    """About how many px a line of `text` takes at a font size in px; rather too many than too few."""
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return round(size * (wide + 0.58 * (len(text) - wide)))


def literal(text: str) -> str:
    """`text` as it is: Plotly reads a little HTML in labels and hovers, and class names are a visitor's words."""
    return html.escape(text, quote=False)


def percent_axis(*marks: int) -> dict:
    """Ticks of an axis from 0 to 100, written "25 %": Plotly leaves `ticksuffix` out beside `tickvals`."""
    marks = marks or (0, 25, 50, 75, 100)
    return {"tickvals": list(marks), "ticktext": [f"{mark} %" for mark in marks]}


def percent(share: float, decimals: int = 0) -> str:
    """0.825 as "82.5 %" or "82 %"."""
    return f"{100 * share:.{decimals}f} %"
