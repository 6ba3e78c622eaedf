"""What learning curves say, in plain sentences that quote their numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.records import NOT_A_NUMBER, NOT_A_NUMBER_RATE

LEAST_EPOCHS = 4  # below, curves say nothing yet
GAP = 0.1  # training accuracy above validation from which memorising is worth a word
WORSE = 0.05  # share by which the validation loss must have risen from its least
SWING = 0.15  # change of validation accuracy from one epoch to the next that is no learning
ABOVE_CHANCE = 0.5  # share of chance above which a network has learnt something: 1.5 times chance
LAST = 6  # the last of so many parts of a training: a new best there says there is more to come
GAIN = 0.01  # validation accuracy by which it must be above all before


@dataclass(frozen=True)
class Remark:
    kind: Literal["no number", "overfitting", "unsteady", "not learning", "improving", "settled"]
    sentence: str


def read(
    history: pd.DataFrame, classes: int, figures: dict[str, float] | None = None, running: bool = False
) -> list[Remark]:
    """Remarks on a run's curves, the most important first; but for a loss that was no number, none before a few epochs.

    Parameters
    ----------
    history : one row an epoch: epoch, train_accuracy, validation_accuracy (0 to 1), validation_loss (nats);
        rows with missing figures are left out
    classes : number of classes; chance is 1 in that many
    figures : final figures of the run, once it is over
    running : whether epochs are still to come, so that nobody need be told to train longer
    """
    remarks = _of_curves(history, classes, running)
    if ended := no_number(figures or {}):  # what stopped there neither settled nor would get better by going on
        return [ended, *(remark for remark in remarks if remark.kind not in ("improving", "settled"))]
    return remarks


def no_number(figures: dict[str, float]) -> Remark | None:
    """Why a run ended before its plan was done, where its loss was no number any more. figures: its final ones."""
    if not figures.get(NOT_A_NUMBER):
        return None
    epoch, rate, kept = figures[NOT_A_NUMBER], figures.get(NOT_A_NUMBER_RATE), figures.get("best_epoch")
    ended = f"The loss was no longer a number in epoch {epoch:.0f}, so the training ended there"
    ended += f" and keeps epoch {kept:.0f}." if kept else "."
    advice = f" The learning rate of {rate:g} is most likely too high; try {rate / 10:g}." if rate else ""
    return Remark("no number", ended + advice)


def _of_curves(history: pd.DataFrame, classes: int, running: bool) -> list[Remark]:
    columns = ["epoch", "train_accuracy", "validation_accuracy", "validation_loss"]
    if not set(columns) <= set(history.columns):
        return []
    found = history[columns].dropna().sort_values("epoch")
    if len(found) < LEAST_EPOCHS:
        return []
    epochs = found["epoch"].to_numpy(int)
    train, accuracy, loss = (found[name].to_numpy(float) for name in columns[1:])
    remarks = [_not_learning(accuracy, train, classes), _unsteady(epochs, accuracy)]
    remarks += [_overfitting(epochs, train, accuracy, loss)]
    remarks = [remark for remark in remarks if remark]
    return remarks or [_trend(epochs, accuracy, running)]


def _not_learning(accuracy: np.ndarray, train: np.ndarray, classes: int) -> Remark | None:
    chance = 1 / classes
    best = max(accuracy.max(), train.max())
    if best > (1 + ABOVE_CHANCE) * chance:
        return None
    return Remark(
        "not learning",
        f"Not learning: after {len(accuracy)} epochs the best accuracy is {_percent(best)}, and guessing among "
        f"{classes} classes gives {_percent(chance)}. Try another learning rate, or fewer frozen layers.",
    )


def _unsteady(epochs: np.ndarray, accuracy: np.ndarray) -> Remark | None:
    late = len(accuracy) // 3  # at first every curve jumps
    steps = np.abs(np.diff(accuracy))[late:]
    if not len(steps) or steps.max() < SWING:
        return None
    at = late + int(steps.argmax())
    return Remark(
        "unsteady",
        f"Unsteady: validation accuracy went from {_percent(accuracy[at])} to {_percent(accuracy[at + 1])} in epoch "
        f"{epochs[at + 1]}. The learning rate is most likely too high; try a third of it.",
    )


def _overfitting(epochs: np.ndarray, train: np.ndarray, accuracy: np.ndarray, loss: np.ndarray) -> Remark | None:
    """Since the epoch with the least validation loss the network gets better on photos it knows alone."""
    least = int(loss.argmin())
    risen = loss[-1] >= (1 + WORSE) * loss[least] and least < len(loss) - 2
    gap = train[-1] - accuracy[-1]
    if not risen or gap < GAP:
        return None
    return Remark(
        "overfitting",
        f"Overfitting since epoch {epochs[least]}: the validation loss rose from {loss[least]:.2f} to {loss[-1]:.2f}, "
        f"and {_percent(train[-1])} of the training photos are right but {_percent(accuracy[-1])} of validation. "
        "Augmentation, dropout or stopping early would help.",
    )


def _trend(epochs: np.ndarray, accuracy: np.ndarray, running: bool) -> Remark:
    """Whether the last epochs still brought a new best."""
    last = max(2, len(accuracy) // LAST)
    best, earlier = int(accuracy.argmax()), accuracy[:-last].max()
    gained = accuracy[-last:].max() - earlier
    if gained >= GAIN:
        return Remark(
            "improving",
            f"Still improving: the last {last} epochs brought the best validation accuracy, "
            f"{_percent(accuracy[best])}, {100 * gained:.1f} points above all before."
            + ("" if running else " Train longer."),
        )
    return Remark(
        "settled",
        f"Settled: the best validation accuracy, {_percent(accuracy[best])}, came in epoch {epochs[best]}, and the "
        f"last {last} epochs brought {max(100 * gained, 0):.1f} points.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
