"""What a run answers, and how well, when it may say "not sure"; below the reliability diagrams."""

import pandas as pd
import streamlit as st

from core.charts import coverage as chart
from core.evaluation import Comparison
from core.evaluation.coverage import AtThreshold, at_threshold, coverage_curve, threshold_for
from core.records import Part, Run
from pages.parts import compare_out, loaders, plain_table, selection, words
from pages.parts.plain_table import Cell

LINES = 8


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    """Another wanted accuracy draws nothing but this part anew."""
    st.fragment(_view, key="compare_coverage_view")(found, runs, out)


def _view(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    st.markdown("**If it may say “not sure”**")
    wanted = st.slider(
        "Wanted: right answers",
        50.0,
        99.5,
        95.0,
        0.5,
        format="%.1f %%",
        key="compare_wanted",
        width=420,
        help="Of the photos that a run answers at all, how many shall be right. How sure it must be for that is chosen "
        "on validation photos.",
    )
    chosen = {run.id: at(run.id, found.part, wanted / 100) for run in runs}
    some = runs[:LINES]
    info = chart.info(
        [curve(run.id, found.part) for run in some],
        [_point(chosen[run.id]) for run in some],
        [found.letters[run.id] for run in some],
        [run.name for run in some],
        wanted / 100,
        str(found.part),
    )
    figure = chart.plot(info, selection.dark())
    st.plotly_chart(
        figure,
        key="compare_coverage",
        config=compare_out.config("coverage"),
        alt="Accuracy of the answers against the share of photos answered, a line a run",
    )
    out.picture("coverage", figure)
    head = ["", Cell("It must be", "chosen on validation"), Cell("Answers"), Cell("Of those right"), Cell("Not sure")]
    rows = [_row(found, run, chosen[run.id], wanted) for run in runs]
    plain_table.draw(plain_table.table_html(head, rows, selection.dark()), dark=selection.dark())
    st.caption(words.plain(sentence(found, runs, chosen, wanted)))
    out.table("coverage", lambda: frame(found, runs, chosen, wanted))


@st.cache_resource(max_entries=128, show_spinner=False)
def curve(run_id: str, part: Part) -> pd.DataFrame:
    """Accuracy of a run's answers by the share it answers."""
    return coverage_curve(loaders.predictions(run_id).parts[part])


@st.cache_resource(max_entries=512, show_spinner=False)
def at(run_id: str, part: Part, wanted: float) -> AtThreshold | None:
    """What a run does on `part` at the threshold that validation chose; None where none reaches what is wanted."""
    parts = loaders.predictions(run_id).parts
    if Part.VALIDATION not in parts:
        return None
    threshold = threshold_for(parts[Part.VALIDATION], wanted)
    return None if threshold is None else at_threshold(parts[part], threshold)


def _point(found: AtThreshold | None) -> tuple[float, float] | None:
    return None if found is None or found.accuracy is None else (found.coverage, found.accuracy)


def _row(found: Comparison, run: Run, of: AtThreshold | None, wanted: float) -> list[Cell | str]:
    name = Cell(f"{found.letters[run.id]} {run.name}")
    if of is None:
        return [name, Cell("never sure enough", f"for {wanted:g} % on validation"), "", "", ""]
    right = Cell(words.percent(of.accuracy), f"{100 * of.low:.1f} to {100 * of.high:.1f}") if of.answered else Cell()
    return [
        name,
        f"{100 * of.threshold:.0f} % sure",
        Cell(words.percent(of.coverage), f"{of.answered:,} photos"),
        right,
        Cell(f"{of.not_sure:,}", "photos"),
    ]


def sentence(found: Comparison, runs: list[Run], chosen: dict[str, AtThreshold | None], wanted: float) -> str:
    """In words: the run that leaves least unanswered."""
    there = {run.id: of for run in runs if (of := chosen[run.id]) is not None and of.answered}
    if not there:
        return f"No run reaches {wanted:g} % on validation, however sure it must be. Want less."
    best = max(there, key=lambda run: there[run].coverage)
    of = there[best]
    return (
        f"{found.letters[best]} answers most: {words.percent(of.coverage, of.photos)} {found.part} photos when it must "
        f"be at least {100 * of.threshold:.0f} % sure, and {words.percent(of.accuracy)} of those are right "
        f"({100 * of.low:.1f} to {100 * of.high:.1f}). The other {of.not_sure:,} are for a person to look at."
    )


def frame(found: Comparison, runs: list[Run], chosen: dict[str, AtThreshold | None], wanted: float) -> pd.DataFrame:
    """The table, shares 0 to 1."""
    return pd.DataFrame(
        [
            {
                "run": found.letters[run.id],
                "name": run.name,
                "wanted": wanted / 100,
                **{
                    name: getattr(chosen[run.id], name, None)
                    for name in ("threshold", "photos", "answered", "coverage", "accuracy", "low", "high")
                },
            }
            for run in runs
        ]
    )
