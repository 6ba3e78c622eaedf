"""One row a photo over all chosen runs: who is right, how sure, what it cost; and the filters over those rows."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from core.evaluation.certainty import photo_losses, sureness
from core.evaluation.comparison import letter
from core.records import Part, Predictions

SURE = 0.9  # probability of the answer from which a run is called sure
OF_RUN = ("said", "probability", "sure", "right", "loss")  # columns a run, each with its letter behind: "said A"


def photo_table(predictions: dict[str, Predictions], part: Part) -> pd.DataFrame:
    """All photos of `part` with what each run says of them, in the order of the runs' ids.

    Parameters
    ----------
    predictions : run id -> predictions, of one evaluation id; letters are given in this order. A run without answers on
        `part` has no columns, but keeps its letter

    Returns
    -------
    One row a photo: id; true (index of the class); per run letter, as in "said A": said (index), probability (of the
    true class, 0 to 1), sure (probability of the answer), right (bool), loss (nats); then n_right (how many are right),
    agreement (share of the runs that give the most common answer) and loss (mean over the runs that have one).
    What needs probabilities is missing (pandas' NA) where a run brought labels only.
    """
    answers = {letter(at): (of, of.parts[part]) for at, of in enumerate(predictions.values()) if part in of.parts}
    first = next((one for _, one in answers.values()), None)
    columns = {"id": first.ids if first else (), "true": first.true if first else np.zeros(0, np.int64)}
    losses, photos = [], len(columns["true"])
    right, said = np.zeros(photos, np.int64), []
    for name, (of, one) in answers.items():
        predicted = one.predicted if photos else np.zeros(0, np.int64)
        columns |= {f"said {name}": predicted, f"right {name}": predicted == one.true}
        right += columns[f"right {name}"]
        said.append(predicted)
        if of.has_probabilities and np.isfinite(one.probabilities).all():
            losses.append(photo_losses(one.true, one.probabilities))
            columns |= {
                f"probability {name}": one.probabilities[np.arange(photos), one.true].astype(float),
                f"sure {name}": sureness(one.probabilities),
                f"loss {name}": losses[-1],
            }
        else:
            columns |= {f"{field} {name}": _missing(photos) for field in ("probability", "sure", "loss")}
    columns |= {
        "n_right": right,
        "agreement": _agreement(said, photos),
        "loss": np.mean(losses, axis=0) if losses else _missing(photos),
    }
    order = ["id", "true", *(f"{field} {name}" for name in answers for field in OF_RUN), "n_right", "agreement", "loss"]
    return pd.DataFrame(columns)[order]


def _missing(photos: int) -> pd.api.extensions.ExtensionArray:
    return pd.array([pd.NA] * photos, dtype="Float64")


def _agreement(said: Sequence[np.ndarray], photos: int) -> np.ndarray:
    """Share of the runs that give the most common answer: float64 ndarray of shape (n_photos,)."""
    if not said or not photos:
        return np.zeros(photos)
    answers = np.sort(np.stack(said), axis=0)  # (runs, n): equal answers stand together
    longest, length = np.ones(photos, int), np.ones(photos, int)
    for before, after in pairwise(answers):
        length = np.where(before == after, length + 1, 1)
        longest = np.maximum(longest, length)
    return longest / len(said)


def letters_of(table: pd.DataFrame) -> list[str]:
    """Letters of the runs that have columns in a photo table."""
    return [name.removeprefix("said ") for name in table.columns if name.startswith("said ")]


def _all(table: pd.DataFrame) -> np.ndarray:
    return np.ones(len(table), bool)


def _all_wrong(table: pd.DataFrame) -> np.ndarray:
    return (table["n_right"] == 0).to_numpy()


def _only(table: pd.DataFrame, run: str) -> np.ndarray:
    return (table[f"right {run}"] & (table["n_right"] == 1)).to_numpy()


def _disagree(table: pd.DataFrame) -> np.ndarray:
    return (table["agreement"] < 1).to_numpy()


def _sure_and_wrong(table: pd.DataFrame, run: str | None = None, least: float = SURE) -> np.ndarray:
    """Photos that `run`, or any run, gets wrong with a probability of at least `least`."""
    return _any(table, run, lambda name: ~table[f"right {name}"] & (table[f"sure {name}"] >= least).fillna(False))


def _cell(table: pd.DataFrame, true: int, said: int, run: str | None = None) -> np.ndarray:
    """Photos of class `true` that `run`, or any run, took for class `said`: a cell of the confusion matrix."""
    return _any(table, run, lambda name: (table["true"] == true) & (table[f"said {name}"] == said))


def _any(table: pd.DataFrame, run: str | None, holds: Callable[[str], pd.Series]) -> np.ndarray:
    found = np.zeros(len(table), bool)
    for name in letters_of(table) if run is None else [run]:
        found |= holds(name).to_numpy(bool)
    return found


FILTERS: dict[str, Callable[..., np.ndarray]] = {
    "all": _all,
    "all_wrong": _all_wrong,
    "only": _only,  # run: only this one is right
    "disagree": _disagree,
    "sure_and_wrong": _sure_and_wrong,  # run (or None: any), least
    "cell": _cell,  # true, said, run (or None: any)
}


def filtered(table: pd.DataFrame, kind: str, **arguments) -> pd.DataFrame:
    """The rows of a photo table that a filter leaves, those with the highest mean loss first.

    Without any loss the photos that fewest runs get right come first.

    Parameters
    ----------
    kind : one of FILTERS
    arguments : of that filter: `run` is a letter, `true` and `said` are indices of classes, `least` a probability

    Raises ValueError for another kind or a run that is not in the table.
    """
    if kind not in FILTERS:
        raise ValueError(f"A filter must be one of {', '.join(FILTERS)}. Received: {kind}")
    run = arguments.get("run")
    if run is not None and f"said {run}" not in table:
        raise ValueError(f"A run must be one of {', '.join(letters_of(table))}. Received: {run}")
    found = table[FILTERS[kind](table, **arguments)]
    by_right = found.sort_values("n_right", kind="stable")
    return by_right.sort_values("loss", ascending=False, kind="stable", na_position="last")


def with_names(table: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """The table with names of classes in place of their indices, in `true` and every `said`."""
    names = np.array(list(classes), object)
    labels = ["true", *(f"said {name}" for name in letters_of(table))]
    return table.assign(**{name: names[table[name].to_numpy(np.int64)] for name in labels})
