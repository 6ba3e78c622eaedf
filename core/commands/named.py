"""What the arguments of several verbs name: the run store, runs, a dataset, a split."""

from typing import Annotated

import typer

from core.errors import NoSplit, TooFewRuns
from core.records import Dataset, Predictions, Run, Split
from core.settings import settings

Runs = Annotated[list[str], typer.Argument(help="Ids, first letters of ids, or names.")]


def run_store():
    from core.runs import RunStore
    from core.runs.sentences import PAGE_SECONDS

    return RunStore(settings(), PAGE_SECONDS)


def runs(names: list[str], verb: str, needed: int) -> list[Run]:
    """The runs by these names, each once. Raises TooFewRuns, UnknownRun."""
    found = list({run.id: run for run in map(run_store().get, names)}.values())
    if len(found) < needed:
        raise TooFewRuns(verb=verb, needed=needed, received=len(found))
    return found


def predictions(of: list[Run]) -> tuple[dict[str, Predictions], dict[str, str]]:
    """What finished runs answer, and what they are called, by run id."""
    store = run_store()
    return {run.id: store.predictions(run.id) for run in of}, {run.id: run.name for run in of}


def dataset(name: str | None) -> Dataset:
    """The dataset of that name or id; Leaves, drawn where it is missing, where none is named."""
    from core import datasets

    if name is None:
        datasets.ensure_demo(settings(), exam=False)
        name = datasets.LEAVES
    return datasets.find_dataset(settings(), name)


def split(dataset: Dataset, split_id: str | None) -> Split:
    """The dataset's split of that id; its newest where none is named. Raises NoSplit, UnknownSplit."""
    from core import datasets

    if split_id is not None:
        return datasets.find_split(settings(), split_id, dataset.id)
    found = datasets.list_splits(settings(), dataset.id)
    if not found:
        raise NoSplit(dataset=dataset.name)
    return found[-1]
