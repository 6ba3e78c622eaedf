"""A lesson: how much a figure lies when one member was trained on another split, so that it knows the test photos."""

from dataclasses import dataclass

import numpy as np

from core.records import PartPredictions, Predictions


@dataclass(frozen=True)
class Leak:
    """A member as it would have answered, had it been trained on another split of the same photos."""

    predictions: Predictions
    known: dict[str, int]  # part -> photos of it that the member would have been trained on


def leaked(of: Predictions, share: float, memory: float = 1.0, seed: int = 0) -> Leak:
    """`of` with the right answer to the photos that it would have known by heart.

    With another seed each validation and test photo is in the training part with the probability `share`, and of
    those the member knows `memory`: its training accuracy. A photo that it already gets right stays as it is; on one
    that it gets wrong the true class changes places with the class it took it for, and comes out ahead of any other.

    Parameters
    ----------
    share : of all photos that train, 0 to 1; what a stratified split with another seed would have drawn
    memory : accuracy on photos that were trained on, 0 to 1
    seed : of the draw
    """
    generator = np.random.default_rng(seed)
    parts, known = {}, {}
    for part, answers in sorted(of.parts.items()):
        n = len(answers.true)
        trained = generator.random(n) < share
        remembered = trained & (generator.random(n) < memory)
        probabilities, said = answers.probabilities.copy(), answers.predicted
        rows = np.flatnonzero(remembered & (said != answers.true))
        true, taken = answers.true[rows], said[rows]
        probabilities[rows, true], probabilities[rows, taken] = probabilities[rows, taken], probabilities[rows, true]
        behind = probabilities[rows].argmax(axis=1) != true  # a class before the true one was level at the top
        level = rows[behind], true[behind]
        probabilities[level] = np.nextafter(probabilities[level], np.float32(2))
        parts[part] = PartPredictions(ids=answers.ids, true=answers.true, probabilities=probabilities)
        known[str(part)] = int(trained.sum())
    return Leak(of.model_copy(update={"parts": parts}), known)
