"""Learning curves: loss and accuracy by epoch or by time. Train grey dotted, validation purple solid, phases marked."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.colours import palette, run_dash, run_letter
from core.charts.layout import SMALL, dress, literal, percent_axis

PARTS = ("train", "validation")
FIGURES = ("loss", "accuracy")
FEW = 30  # epochs: up to here every epoch is a dot
LONG = 300  # seconds: a longer training is drawn in minutes


class Curves(NamedTuple):
    letter: str  # "A", "B" ...; empty where there is only one run
    name: str
    epochs: tuple[int, ...]
    values: dict[str, tuple[float | None, ...]]  # "train_loss", "validation_accuracy" ...; None where not measured
    places: tuple[float, ...]  # where each epoch stands: its number, or the time at its end
    starts: tuple[int, ...] = ()  # position of the first epoch of each later phase; of several runs only


class PhaseMark(NamedTuple):
    start: float  # the line lies between two epochs
    label: str


class CurvesInfo(NamedTuple):
    runs: tuple[Curves, ...]
    phases: tuple[PhaseMark, ...]  # of the only run; empty where there are several
    last_epoch: int  # right end of the axis: what is planned, so that live curves don't jump
    unit: str = "epoch"  # "epoch", "second" or "minute": of the places


def info(
    histories: dict[str, pd.DataFrame], phases=(), planned: int = 0, names=(), letters=(), by: str = "epoch"
) -> CurvesInfo:
    """Curves of one or several runs.

    Parameters
    ----------
    histories : run name or id -> frame with columns epoch, train_loss, train_accuracy, validation_loss and
        validation_accuracy (a missing column is a curve that was not measured; an empty frame is a run before its
        first epoch). A column `phase` (from 1), where there is one, says when phases really changed.
    phases : sequence of (epochs planned, label), in order; of several runs a dict of them by the same keys
    planned : epochs over all phases; 0 where it is over
    names, letters : what runs are called; by default the keys, and A, B, C in the order given
    by : "epoch", or "second": then the column seconds, of each epoch, says where it stands, and a run without it is
        left empty
    """
    single = len(histories) == 1
    of_runs = phases if isinstance(phases, dict) else {}
    ordered = {key: frame.sort_values("epoch") if len(frame) else frame for key, frame in histories.items()}
    ended = {key: _ends(frame) if by == "second" else list(frame.get("epoch", ())) for key, frame in ordered.items()}
    unit = by
    if by == "second" and max((places[-1] for places in ended.values() if places), default=0) > LONG:
        unit, ended = "minute", {key: [place / 60 for place in places] for key, places in ended.items()}
    runs = tuple(
        Curves(
            "" if single else letters[position] if letters else run_letter(position),
            names[position] if names else key,
            *_columns(frame if ended[key] else frame.iloc[:0]),
            tuple(map(float, ended[key])),
            _starts(frame, of_runs.get(key, ())),
        )
        for position, (key, frame) in enumerate(ordered.items())
    )
    marks = _marks(next(iter(histories.values())), phases) if single and not of_runs and by == "epoch" else ()
    reached = max((run.epochs[-1] for run in runs if run.epochs), default=0)
    return CurvesInfo(runs, marks, max(planned, reached, 1), unit)


def _ends(frame: pd.DataFrame) -> list[float]:
    """Seconds from the start to the end of each epoch; nothing where they weren't measured."""
    if "seconds" not in frame or not len(frame) or frame["seconds"].isna().any():
        return []
    return frame["seconds"].cumsum().tolist()


def _starts(frame: pd.DataFrame, phases) -> tuple[int, ...]:
    """Position of the first epoch of each phase but the first, of those that were reached."""
    epochs = list(frame.get("epoch", ()))
    later = [mark.start for mark in _marks(frame, phases)[1:]]
    return tuple(at for start in later if (at := sum(epoch < start for epoch in epochs)) < len(epochs))


def _columns(frame: pd.DataFrame):
    values = {}
    for part in PARTS:
        for figure in FIGURES:
            column = f"{part}_{figure}"
            if column in frame:
                values[column] = tuple(None if pd.isna(value) else float(value) for value in frame[column])
    return tuple(int(epoch) for epoch in frame["epoch"]) if len(frame) else (), values


def _marks(frame: pd.DataFrame, phases) -> tuple[PhaseMark, ...]:
    if len(phases) < 2:
        return ()
    starts, epoch = [], 0
    for epochs, _ in phases:
        starts.append(epoch)
        epoch += epochs
    if "phase" in frame and len(frame):
        # Early stopping ends a phase before its planned epochs.
        for phase, first in frame.groupby("phase")["epoch"].min().items():
            shift = int(first) - 1 - starts[int(phase) - 1]
            starts[int(phase) - 1 :] = [start + shift for start in starts[int(phase) - 1 :]]
    return tuple(PhaseMark(start + 0.5, label) for start, (_, label) in zip(starts, phases, strict=True))


def plot(info: CurvesInfo, dark: bool = False, height: int = 320) -> go.Figure:
    """Loss left, accuracy right. Of several runs only validation is drawn, each with its letter and dash."""
    colours = palette(dark)
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.09)
    several = len(info.runs) > 1
    for position, run in enumerate(info.runs):
        for column, kind in enumerate(FIGURES, start=1):
            for part in PARTS[1:] if several else PARTS:
                values = run.values.get(f"{part}_{kind}")
                if values:
                    figure.add_trace(_line(run, part, kind, values, position, several, colours), row=1, col=column)
                    if several:
                        _letter_at_end(figure, run, kind, values, column, colours)
                        _phase_starts(figure, run, kind, values, column, colours)
    dress(figure, dark, height, legend=True)
    _horizontal(figure, info)
    figure.update_yaxes(title_text="Loss", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="Accuracy", range=[0, 103], **percent_axis(), row=1, col=2)
    for mark in info.phases:
        for column in (1, 2):
            _mark(figure, mark, column, colours)
    if not any(run.epochs for run in info.runs):
        figure.add_annotation(
            text="starts with the<br>first finished epoch",
            showarrow=False,
            x=0.5,
            y=0.5,
            xref="x domain",
            yref="y domain",
            font={"color": colours.quiet},
        )
    top = 44 if info.phases else 28
    figure.update_layout(
        margin={"t": top, "r": 28 if several else 8}, hovermode="x unified", legend={"y": 1.1 if info.phases else 1.02}
    )
    return figure


def _horizontal(figure: go.Figure, info: CurvesInfo) -> None:
    if info.unit != "epoch":
        figure.update_xaxes(title_text=f"{info.unit.capitalize()}s of training", rangemode="tozero", showgrid=False)
        return
    figure.update_xaxes(
        title_text="Epoch", range=[0.5, info.last_epoch + 0.5], showgrid=False, tickformat="d", nticks=8, tick0=1
    )
    figure.update_xaxes(dtick=1 if info.last_epoch <= 8 else None)


def _phase_starts(figure: go.Figure, run: Curves, kind: str, values, column: int, colours) -> None:
    """A diamond where a run's next phase begins."""
    there = [at for at in run.starts if values[at] is not None]
    if there:
        figure.add_scatter(
            x=[run.places[at] for at in there],
            y=[(100 if kind == "accuracy" else 1) * values[at] for at in there],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 11,
                "color": colours.background,
                "line": {"color": colours.validation, "width": 2},
            },
            legendgroup=f"{run.letter}validation",
            showlegend=False,
            hoverinfo="skip",
            name=f"{run.letter} next phase",
            row=1,
            col=column,
        )


def _line(run: Curves, part: str, kind: str, values, position: int, several: bool, colours) -> go.Scatter:
    share = kind == "accuracy"
    name = f"{run.letter} {literal(run.name)}" if several else part
    return go.Scatter(
        x=run.places,
        y=[None if value is None else 100 * value for value in values] if share else values,
        mode="lines+markers" if len(run.epochs) <= (1 if several else FEW) else "lines",
        name=name,
        legendgroup=f"{run.letter}{part}",
        showlegend=kind == "loss",
        line={
            "color": colours.train if part == "train" else colours.validation,
            "dash": "dot" if part == "train" else run_dash(position),
            "width": 2 if part == "train" else 2.5,
        },
        marker={"size": 5},
        hovertemplate="%{y:.1f} %" if share else "%{y:.3f}",
    )


def _letter_at_end(figure: go.Figure, run: Curves, kind: str, values, column: int, colours) -> None:
    measured = [(place, value) for place, value in zip(run.places, values, strict=True) if value is not None]
    if measured:
        place, value = measured[-1]
        figure.add_annotation(
            x=place,
            y=100 * value if kind == "accuracy" else value,
            text=f"<b>{run.letter}</b>",
            showarrow=False,
            xanchor="left",
            xshift=5,
            yshift=8,
            font={"color": colours.validation},
            row=1,
            col=column,
        )


def _mark(figure: go.Figure, mark: PhaseMark, column: int, colours) -> None:
    if mark.start > 1:
        figure.add_vline(x=mark.start, line={"color": colours.quiet, "width": 1}, row=1, col=column)
    axis = "" if column == 1 else "2"
    figure.add_annotation(
        x=mark.start,
        y=1,
        xref=f"x{axis}",
        yref=f"y{axis} domain",
        text=literal(mark.label),
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        font={"size": SMALL, "color": colours.quiet},
    )
