"""What the Compare screen reads, cached by run ids and bounded."""

import pandas as pd
import streamlit as st

from core.datasets import find_dataset
from core.errors import ThawError, UnknownDataset
from core.evaluation import Comparison, compare
from core.evaluation.reading import Remark, read
from core.records import Part, Run, Status
from core.runs import ENVIRONMENT
from core.runs.files import read_json
from core.settings import settings
from core.training.epoch import MOST_RECALLS
from pages.parts import loaders


@st.cache_resource(max_entries=32, show_spinner=False)
def comparison(run_ids: tuple[str, ...], part: Part) -> Comparison:
    """Finished runs of one evaluation id side by side; the first is the baseline. Raises DifferentTest."""
    return compare({run_id: loaders.predictions(run_id) for run_id in run_ids}, part)


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
