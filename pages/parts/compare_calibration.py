"""The Calibration view: whether "90 % sure" is right nine times in ten, and what a run may leave unanswered."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.charts import reliability as chart
from core.evaluation import Comparison
from core.evaluation.calibration import fits, reliability, scaled, temperature
from core.evaluation.certainty import calibration_error
from core.evaluation.figures import log_loss
from core.records import Part, PartPredictions, Run
from pages.parts import compare_coverage, compare_out, loaders, plain_table, selection, words
from pages.parts.plain_table import Cell

GRID = 6  # diagrams at once
COLD, HOT = 0.95, 1.05  # between them a temperature changes nothing that can be seen


class Calibrated(NamedTuple):
    temperature: float | None  # None where none could be fitted
    after: PartPredictions  # the answers at that temperature, or as they are
    errors: tuple[float, float]  # calibration error before and after, 0 to 1
    losses: tuple[float, float]  # log loss before and after
    diagrams: tuple[pd.DataFrame, pd.DataFrame]  # `reliability` before and after


@st.cache_resource(max_entries=64, show_spinner="Fitting the temperatures …")
def calibrated(run_id: str, part: Part) -> Calibrated | None:
    """A run's answers on `part` and the same at the temperature fitted on validation; None for labels only."""
    found = loaders.predictions(run_id)
    answers = found.parts[part]
    if not found.has_probabilities or not fits(answers):
        return None
    validation = found.parts.get(Part.VALIDATION)
    found_at = None if validation is None or not fits(validation) else temperature(validation)
    both = (answers, answers if found_at is None else scaled(answers, found_at))
    errors, losses = (tuple(of(one.true, one.probabilities) for one in both) for of in (calibration_error, log_loss))
    return Calibrated(found_at, both[1], errors, losses, tuple(reliability(one) for one in both))


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    with_them = {run.id: of for run in runs if (of := calibrated(run.id, found.part))}
    without = [found.letters[run.id] for run in runs if run.id not in with_them]
    if without:
        told = "brought labels and no probabilities, so there is nothing to calibrate."
        st.caption(words.plain(f"{', '.join(without)} {told}"))
    runs = [run for run in runs if run.id in with_them]
    if not runs:
        return
    st.markdown("**Is it as sure as it is right?**")
    head = ["", Cell("Temperature", "fitted on validation"), Cell("It is"), Cell("Calibration error", "before, after")]
    head += [Cell("Log loss", "before, after")]
    rows = [_row(found, run, with_them[run.id]) for run in runs]
    plain_table.draw(plain_table.table_html(head, rows, selection.dark()), dark=selection.dark())
    st.caption(
        "A run's probabilities are divided by one temperature, in logits: the answers stay the same, and how sure they "
        "are moves."
        + (" Fitted and shown on validation, the gain looks a little better than it is." if on_own(found) else "")
    )
    with st.grid(min_column_width=360, gap="small", key="compare_reliability_grid"):
        for run in runs[:GRID]:
            with st.container(gap="xsmall"):
                diagram(found, run, with_them[run.id], out)
    if len(runs) > GRID:
        st.caption(f"Diagrams of the first {GRID} runs; the table has all.")
    compare_coverage.show(found, runs, out)


def on_own(found: Comparison) -> bool:
    """Whether what is shown is what was fitted."""
    return found.part == Part.VALIDATION


def _row(found: Comparison, run: Run, of: Calibrated) -> list[Cell | str]:
    name = Cell(f"{found.letters[run.id]} {run.name}")
    errors, losses = of.errors, of.losses
    if of.temperature is None:
        return [name, "", Cell("no validation photos to fit it on"), f"{100 * errors[0]:.1f} %", f"{losses[0]:.2f}"]
    return [
        name,
        f"{of.temperature:.2f}",
        nature(of.temperature),
        f"{100 * errors[0]:.1f} → {100 * errors[1]:.1f} %",
        f"{losses[0]:.2f} → {losses[1]:.2f}",
    ]


def nature(found: float) -> str:
    """What a temperature says of its run."""
    if found > HOT:
        return "too sure of itself"
    return "not sure enough" if found < COLD else "about as sure as it is right"


def diagram(found: Comparison, run: Run, of: Calibrated, out: compare_out.Basket) -> None:
    letter = found.letters[run.id]
    before, after = of.diagrams
    info = chart.info(before, None if of.temperature is None else after, str(found.part))
    figure = chart.plot(info, selection.dark())
    st.markdown(f"**{letter}** {words.plain(run.name)}")
    st.plotly_chart(
        figure,
        key=f"compare_reliability_{run.id}",
        config=compare_out.config(f"reliability {letter}"),
        alt=f"Reliability diagram of {run.name}: share right by how sure it was",
    )
    out.picture(f"reliability {letter}", figure)
