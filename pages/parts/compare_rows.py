"""What stands in the table of runs, a row a line: one run, or the repeats of one plan."""

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import letter
from core.records import Dataset, RunKind, Status
from core.runs.repeats import Line
from pages.parts import results, run_words, words

GREY = "color: #8A8F98"
_PICTURED = ("validation", "f1", "curve")  # columns that show a picture, not text


def frame(
    shown: list[Line],
    ticked: list[str],
    reasons: dict[str, str],
    datasets: list[Dataset],
    curves: dict[str, tuple[float, ...]],
) -> pd.DataFrame:
    """One row a line, in the order given. curves: validation accuracy by epoch, by run id."""
    letters = {run_id: letter(place) for place, run_id in enumerate(one for one in ticked if one not in reasons)}
    names = dataset_names(datasets)
    runs = [line.first for line in shown]
    return pd.DataFrame(
        {
            "letter": [_letters(line, letters) for line in shown],
            "name": [run.name for run in runs],
            "validation": _percent(shown, "validation_accuracy"),
            "repeats": [repeats(line) for line in shown],
            "f1": _percent(shown, "validation_f1_macro"),
            "reason": [reasons.get(run.id, "") for run in runs],
            "curve": [list(curves.get(run.id, ())) for run in runs],
            "status": [str(run.status) for run in runs],
            "network": [run_words.network(run) for run in runs],
            "training": [run_words.training(run) for run in runs],
            "recipe": [run_words.recipes(run) for run in runs],
            "dataset": [names.get(run.spec.dataset, run.spec.dataset[:8]) if run.spec else "" for run in runs],
            "split": [run.spec.split[:8] if run.spec else "" for run in runs],
            "seconds": [_seconds(line) for line in shown],
            "tags": [list(_tags(line)) for line in shown],
            "created": [max(run.created for run in line.runs) for line in shown],
        }
    )


def _letters(line: Line, letters: dict[str, str]) -> str:
    """ "A", "A B C", "A B +3"."""
    found = sorted((letters[run.id] for run in line.runs if run.id in letters), key=lambda one: (len(one), one))
    return " ".join(found) if len(found) <= 3 else f"{found[0]} {found[1]} +{len(found) - 2}"


def dataset_names(datasets: list[Dataset]) -> dict[str, str]:
    """Name by id, with the version where there are several under one name."""
    many = {one.name for one in datasets if one.version > 1}
    return {one.id: f"{one.name} v{one.version}" if one.name in many else one.name for one in datasets}


def repeats(line: Line) -> str:
    """ "3 seeds, 79.9 to 82.5"; empty for one run."""
    found = line.figures("validation_accuracy")
    if not line.folded or not found:
        return ""
    return f"{words.count(len(line.a_seed), 'seed')}, {100 * min(found):.1f} to {100 * max(found):.1f}"


def _percent(shown: list[Line], figure: str) -> pd.Series:
    return pd.Series([line.mean(figure) for line in shown], dtype=float).mul(100)


def _seconds(line: Line) -> str:
    seconds = line.mean("seconds")
    return words.duration(seconds) if seconds is not None and line.first.kind == RunKind.TRAINED else ""


def _tags(line: Line) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for run in line.runs for tag in run.tags))


def greyed(table: pd.DataFrame):
    """The table with the text of rows grey that can't be added."""
    text = [name for name in table.columns if name not in _PICTURED]
    grey = np.where(table["reason"] != "", GREY, "")
    styled = table.style.apply(lambda _: grey, axis=0, subset=text)
    return styled.format(lambda _: "", subset=["curve"])  # else every curve is sent as text once more


def columns(table: pd.DataFrame, ticked: bool) -> dict:
    """The columns' titles, helps and widths; those with nothing to say are left out."""
    text = st.column_config.TextColumn
    folded, refused = (table["repeats"] != "").any(), (table["reason"] != "").any()
    wide = 70 if (table["letter"].str.len() > 2).any() else 40
    of = " Mean over the seeds of a folded line." if folded else ""
    return {
        "letter": text("", width=wide, pinned=True, help="What the run is called below.") if ticked else None,
        "name": text("Run", width=290),
        "validation": results.rate_column(
            "Validation", f"Share of validation photos that are right.{of}", 1, width=120
        ),
        "repeats": text(
            "Repeats", width=160, help="How many seeds one plan was trained with, and the lowest and highest of them."
        )
        if folded
        else None,
        "f1": results.rate_column("Macro F1", f"Mean over classes, each counting the same.{of}", 1, width=120),
        "reason": text("Can't be added", width=170) if refused else None,
        "curve": st.column_config.LineChartColumn(
            "Curve", width=110, y_min=0, y_max=1, color="gray", help="Validation accuracy by epoch, from 0 to 100 %."
        )
        if table["curve"].map(bool).any()
        else None,
        "status": text("Status", width=85) if not refused and (table["status"] != Status.FINISHED).any() else None,
        "network": text("Network", width=115),
        "training": text("Training", width=260, help="Which layers stay frozen in each phase."),
        "recipe": text("Augmentation", width=150, help="The recipe of each phase."),
        "dataset": text("Photos", width=110, help="Dataset and version."),
        "split": text("Split", width=85, help="Fingerprint of which photos train, validate and test."),
        "seconds": text("Time", width=75, help=f"Of the training.{of}"),
        "tags": st.column_config.ListColumn("Tags", width=150) if table["tags"].map(bool).any() else None,
        "created": st.column_config.DatetimeColumn("When", format="distance", width=130),
    }
