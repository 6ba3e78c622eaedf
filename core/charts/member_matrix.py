"""A row a member: what each knows of every class, or how each stands to every other one."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ink_on, mix, palette
from core.charts.layout import SMALL, dress, labels, literal

NUMBERED = 20  # columns: up to here each cell holds its number
ROW_LETTERS, COLUMN_LETTERS = 40, 18
LETTER = 7  # px
TILTED, MANY = 34, 12  # px of a column, with a number in its cells and without


class MemberMatrixInfo(NamedTuple):
    rows: tuple[str, ...]  # names
    columns: tuple[str, ...]
    row_labels: tuple[str, ...]  # short, all different
    column_labels: tuple[str, ...]
    values: np.ndarray  # float64 (n_rows, n_columns); NaN where there is nothing to say
    low: float  # what the lightest colour stands for
    high: float
    marked: tuple[tuple[int, int], ...]  # cells with a frame, (row, column)
    strong: tuple[bool, ...]  # rows whose name stands out: members that are on
    unit: str  # "%": values are shares, written in percent; "": as they are


def info(
    values,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    low: float | None = None,
    high: float | None = None,
    marked: Iterable[tuple[int, int]] = (),
    strong: Sequence[bool] | None = None,
    unit: str = "%",
    numbered: bool = False,
) -> MemberMatrixInfo:
    """The matrix and its scale.

    Parameters
    ----------
    values : float array of shape (n_rows, n_columns); 0 to 1 where the unit is "%"
    rows, columns : names
    low, high : ends of the scale; the least and the greatest value where not given
    marked : cells to frame
    strong : which rows' names stand out; all where not given
    numbered : rows and columns are the same members: rows get their numbers, and columns have only those
    """
    values = np.asarray(values, float)
    known = values[np.isfinite(values)]
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    short = labels(rows, ROW_LETTERS)
    return MemberMatrixInfo(
        tuple(rows),
        tuple(columns),
        tuple(f"{number}  {name}" for number, name in enumerate(short, start=1)) if numbered else short,
        tuple(str(number) for number in range(1, len(columns) + 1)) if numbered else labels(columns, COLUMN_LETTERS),
        values,
        least if low is None else low,
        most if high is None else high,
        tuple((int(row), int(column)) for row, column in marked),
        (True,) * len(rows) if strong is None else tuple(map(bool, strong)),
        unit,
    )


def least_width(info: MemberMatrixInfo) -> int:
    """px at which the names and the numbers in the cells can be read; a narrower page scrolls."""
    n = len(info.columns)
    column = MANY if n > NUMBERED else TILTED if _tilted(info) else max(TILTED, LETTER * _longest(info) + 8)
    return LETTER * max((len(label) for label in info.row_labels), default=0) + n * column + 24


def plot(info: MemberMatrixInfo, dark: bool = False, hover: str = "%{y}, %{x}: %{z}") -> go.Figure:
    """Heatmap with its numbers up to `NUMBERED` columns; `hover` names row as %{y}, column as %{x}, number as %{z}."""
    colours, percent = palette(dark), info.unit == "%"
    scale = 100 if percent else 1
    n_rows, n_columns = info.values.shape
    numbered = n_columns <= NUMBERED
    span = info.high - info.low or 1.0
    form = ".0f" if percent else ".2f"
    texts = [[f"{scale * value:{form}}" if np.isfinite(value) else "" for value in row] for row in info.values]
    figure = go.Figure(
        go.Heatmap(
            z=scale * info.values,
            zmin=scale * info.low,
            zmax=scale * info.high,
            colorscale=[[0, colours.shares[0]], [1, colours.shares[1]]],
            xgap=1,
            ygap=1,
            showscale=False,
            customdata=[[[literal(row), literal(column)] for column in info.columns] for row in info.rows],
            hovertemplate=hover.replace("%{y}", "<b>%{customdata[0]}</b>")
            .replace("%{x}", "<b>%{customdata[1]}</b>")
            .replace("%{z}", "%{z:.1f} %" if percent else "%{z:.2f}")
            + "<extra></extra>",
            hoverongaps=False,
        )
    )
    if numbered:
        shown = [(row, column) for row in range(n_rows) for column in range(n_columns) if texts[row][column]]
        marked = set(info.marked)
        inks = [ink_on(mix(*colours.shares, min(max((info.values[cell] - info.low) / span, 0), 1))) for cell in shown]
        figure.add_scatter(
            x=[column for _, column in shown],
            y=[row for row, _ in shown],
            mode="text",
            text=[f"<b>{texts[r][c]}</b>" if (r, c) in marked else texts[r][c] for r, c in shown],
            textfont={"size": SMALL if n_columns <= 12 else SMALL - 2, "color": inks},
            hoverinfo="skip",
        )
    frames = []
    for row, column in info.marked:
        around = {"type": "rect", "x0": column - 0.46, "x1": column + 0.46, "y0": row - 0.44, "y1": row + 0.44}
        # Two lines: one of them stands out from every shade of the scale.
        for colour, thick in ((colours.background, 4), (colours.text, 2)):
            frames.append({**around, "line": {"color": colour, "width": thick}, "layer": "above"})
    dress(figure, dark, _height(info))
    figure.update_xaxes(
        tickvals=list(range(n_columns)),
        ticktext=[literal(label) for label in info.column_labels],
        tickangle=-50 if _tilted(info) else 0,
        range=[-0.5, n_columns - 0.5],
        side="top",
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(n_rows)),
        ticktext=[_name(*row, colours) for row in zip(info.row_labels, info.strong, strict=True)],
        range=[n_rows - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(plot_bgcolor=colours.panel, shapes=frames)
    return figure


def _name(label: str, strong: bool, colours) -> str:
    return f'<span style="color:{colours.text}"><b>{literal(label)}</b></span>' if strong else literal(label)


def _longest(info: MemberMatrixInfo) -> int:
    """Letters of the longest column label."""
    return max((len(label) for label in info.column_labels), default=0)


def _tilted(info: MemberMatrixInfo) -> bool:
    """Whether the columns' names would lie over each other if they stood straight."""
    longest = _longest(info)
    return longest > 3 and (len(info.columns) > 10 or longest > 9)


def _height(info: MemberMatrixInfo) -> int:
    row = 32 if len(info.rows) <= 12 else 24
    head = 40 + 6 * _longest(info) if _tilted(info) else 40
    return head + 16 + row * max(len(info.rows), 2)
