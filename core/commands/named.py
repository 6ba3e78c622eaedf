"""What the arguments of several verbs name: the run store, a dataset, a split."""

from core.errors import NoSplit
from core.records import Dataset, Split
from core.settings import settings


def run_store():
    from core.runs import RunStore

    return RunStore(settings())


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
