"""What the Compare screen reads, cached by run ids and bounded."""

import pandas as pd
import streamlit as st

from core.datasets import find_dataset
from core.errors import ThawError, UnknownDataset
from core.evaluation import Comparison, compare, figure_draws, letter
from core.evaluation.reading import Remark, read
from core.records import ENDED_EARLY, Part, Run, Status
from core.runs import ENVIRONMENT
from core.runs.files import read_json
from core.settings import settings
from core.training.epoch import MOST_RECALLS
from pages.parts import loaders


@st.cache_resource(max_entries=32, show_spinner=False)
def comparison(
    run_ids: tuple[str, ...], part: Part, baseline: str | None = None, intervals: bool = False
) -> Comparison:
    """Finished runs of one evaluation id side by side, the others against `baseline` (the first where not given).

    Without `intervals` there are none, and no leaders: they are most of the work. Raises DifferentTest, NoAnswers.
    """
    predictions = {run_id: loaders.predictions(run_id) for run_id in run_ids}
    families = {
        run.id: run.family
        for run in loaders.runs()
        if run.id in predictions and run.family and not run.metrics.get(ENDED_EARLY)  # it is no repeat of its plan
    }
    draws = _draws(run_ids, part) if intervals else {}
    return compare(predictions, part, baseline=baseline, families=families, draws=draws)


@st.cache_resource(max_entries=8, show_spinner=False)
def _draws(run_ids: tuple[str, ...], part: Part) -> dict[str, dict]:
    """The bootstrap's draws: another baseline needs no new ones."""
    return figure_draws({run_id: loaders.predictions(run_id) for run_id in run_ids}, part)


def readable(runs: list[Run]) -> tuple[list[Run], dict[str, str]]:
    """Those whose predictions can be read, and a sentence by run id for each other one: deleted, or its file gone."""
    fine, sentences = [], {}
    for run in runs:
        try:
            loaders.predictions(run.id)
            fine.append(run)
        except ThawError as error:
            sentences[run.id] = str(error)
    return fine, sentences


@st.cache_resource(max_entries=128, show_spinner=False)
def _finished_history(run_id: str) -> pd.DataFrame:
    return loaders.store().history(run_id)


def history(run: Run) -> pd.DataFrame:
    """Learning curves of a run; kept once it is over."""
    return _finished_history(run.id) if run.status.over else loaders.store().history(run.id)


def remarks(run: Run) -> list[Remark]:
    """What a trained run's curves say, the most important first; nothing where its photos are on another machine."""
    try:
        classes = find_dataset(settings(), run.spec.dataset).classes
    except UnknownDataset:
        return []
    return read(history(run), len(classes), run.metrics if run.status.over else None, running=not run.status.over)


@st.cache_data(max_entries=256, show_spinner=False)
def _environment(run_id: str) -> dict[str, str]:
    try:
        return read_json(loaders.store().file(run_id, ENVIRONMENT), {})
    except ThawError:  # a run older than the file
        return {}


def environment(run: Run) -> dict[str, str]:
    """Versions and machine that a finished run was made with; empty where that is unknown."""
    return _environment(run.id) if run.status == Status.FINISHED else {}


def recalls(run: Run) -> pd.DataFrame:
    """Validation recall by epoch (index) and class name; empty where none was told."""
    return _finished_recalls(run.id) if run.status.over else _recalls(run)


@st.cache_resource(max_entries=128, show_spinner=False)
def _finished_recalls(run_id: str) -> pd.DataFrame:
    return _recalls(loaders.run(run_id))


def _recalls(run: Run) -> pd.DataFrame:
    try:
        classes = find_dataset(settings(), run.spec.dataset).classes
    except UnknownDataset:
        return pd.DataFrame()
    if len(classes) > MOST_RECALLS:
        return pd.DataFrame()
    return loaders.store().recalls(run.id, len(classes)).set_axis(list(classes), axis=1)


def latest_finished(runs: list[Run]) -> Run | None:
    """The finished run that is the newest, of a list with the newest first."""
    return next((run for run in runs if run.status == "finished"), None)


def figure_table(found: Comparison, runs: list[Run]) -> pd.DataFrame:
    """One row a run: its letter, name, each figure (0 to 1, loss in nats) with both ends of its interval, and costs."""
    rows = []
    for run in runs:
        if run.id not in found.figures:
            continue
        row = {"run": found.letters[run.id], "name": run.name, "part": str(found.part)}
        for name, value in found.figures[run.id].summary.items():
            ends = found.intervals.get(run.id, {}).get(name, (None, None))
            row |= {name: value, f"{name}_low": ends[0], f"{name}_high": ends[1]}
        rows.append(row | {name: run.metrics.get(name) for name in ("parameters", "peak_memory_mb", "seconds")})
    return pd.DataFrame(rows)


def difference_frame(found: Comparison, runs: list[Run]) -> pd.DataFrame:
    """One row a run but the baseline: the difference in accuracy and macro F1 (-1 to 1), its test and its verdict."""
    names = {run.id: run.name for run in runs}
    return pd.DataFrame(
        [
            {
                "run": found.letters[one.run],
                "name": names[one.run],
                "baseline": found.letters[one.baseline],
                **{name: getattr(one, name) for name in ("accuracy", "low", "high", "f1_macro", "f1_low", "f1_high")},
                **{name: getattr(one, name) for name in ("only_baseline", "only_run", "p_value", "beyond_noise")},
                "verdict": sentence,
            }
            for one, sentence in zip(found.differences, found.verdicts, strict=True)
        ]
    )


def letters(runs: list[Run]) -> dict[str, str]:
    """Run id -> A, B, C ... in the order given."""
    return {run.id: letter(position) for position, run in enumerate(runs)}
