"""A recipe as stages that are applied one after the other. Needs Keras.

A stage maps (images, labels, seeds) to (images, labels, mixing); mixing is None, or (partner int32 (n,), the photo's
own share float32 (n,)). Consecutive geometric steps are one stage.
"""

from collections import Counter

import numpy as np
import tensorflow as tf
from keras import ops

from core.augment.affine import compose, resample
from core.augment.registry import find_operation, parameters
from core.augment.seeds import StepSeeds, step_code
from core.records import Recipe, Step


def does_nothing(step: Step) -> bool:
    """Switched on, but without effect: probability 0, or a group in which no member can be chosen."""
    return step.probability == 0 or (step.operation == "one_of" and not _choosable(step))


def make_stages(recipe: Recipe, height: int, width: int) -> tuple[list, list[int]]:
    """The stages of an active recipe, and the codes of all steps in it."""
    maker, stages = _Maker(height, width), []
    for step in recipe.steps:
        made = maker.group(step) if step.operation == "one_of" else maker.single(step, step.operation, step.probability)
        if isinstance(made, (_Move, _OneMove)):
            if not (stages and isinstance(stages[-1], Geometry) and stages[-1].takes(made.fill)):
                stages.append(Geometry())
            stages[-1].add(made)
        elif made is not None:
            stages.append(made)
    return stages, maker.codes


def _choosable(group: Step) -> list[Step]:
    return [step for step in group.steps if step.probability > 0]


class _Maker:
    """Makes stages of steps, and gives each step the code of its kind and of how many of the kind came before."""

    def __init__(self, height: int, width: int):
        self.height, self.width = height, width
        self.codes: list[int] = []
        self._seen = Counter()

    def single(self, step: Step, kind: str, probability: float):
        """None where the step does nothing; it is counted all the same."""
        code = step_code(kind, self._seen[kind])
        self._seen[kind] += 1
        if step.probability == 0:
            return None
        self.codes.append(code)
        operation, values = find_operation(step.operation), parameters(step)
        implementation = operation.implementation(values, self.height, self.width)
        if hasattr(implementation, "matrix"):
            return _Move(implementation, code, probability, values.get("fill"))
        return (_Mix if operation.group == "mix" else _Photo)(implementation, code, probability)

    def group(self, step: Step):
        """Members are of a kind of their own, so that their draws hang on nothing outside groups."""
        made = [self.single(member, f"one_of {member.operation}", 1.0) for member in step.steps]
        if does_nothing(step):
            return None
        members = [member for member in made if member is not None]
        weights = [member.probability for member in _choosable(step)]
        choice = _Choice([member.code for member in members], weights, step.probability, parameters(step)["per"])
        move = all(isinstance(member, _Move) for member in members)
        if move and len({member.fill for member in members} - {None}) < 2:
            return _OneMove(choice, members)
        return _OneOf(choice, members)


class _Choice:
    """Which member of a group is used: a race of exponential clocks, won in proportion to the weights.

    Each clock runs on the member's own draw 0. So switching a member off or moving it leaves the draws of the others
    as they are, and the photos that went to another member stay with it.
    """

    def __init__(self, codes: list[int], weights: list[float], probability: float, per: str):
        self.codes, self.probability, self.per = codes, probability, per
        self.total = float(sum(weights))
        self.means = (1.0 / np.array(weights, np.float32))[:, None]

    def __call__(self, seeds: dict[int, StepSeeds], n):
        """int32 (n,), or () where drawn for the batch: the member, or -1 where the group is not used."""
        drawn = ops.stack([seeds[code].chance(n if self.per == "photo" else 1) for code in self.codes])
        times = -ops.log1p(-drawn) * self.means  # (members, n)
        winner = ops.cast(ops.argmin(times, axis=0), "int32")
        if self.probability < 1:
            # When the first clock rings is independent of whose it is; this is even in 0..1.
            used = ops.exp(-self.total * ops.min(times, axis=0)) < self.probability
            winner = ops.where(used, winner, -1)
        return winner if self.per == "photo" else winner[0]


class _Move:
    """A geometric step; its probability is drawn for each photo."""

    def __init__(self, step, code: int, probability: float, fill: str | None):
        self.step, self.code, self.probability = step, code, probability
        self.fill = fill  # None: a flip leaves no gap and joins any run

    def matrix(self, n, seeds):  # (n, 3, 3)
        matrix = self.step.matrix(self.step.draw(seeds[self.code], n))
        if self.probability == 1:
            return matrix
        return ops.where((seeds[self.code].chance(n) < self.probability)[:, None, None], matrix, ops.eye(3))

    def __call__(self, images, labels, seeds):
        matrix = self.matrix(ops.shape(images)[0], seeds)
        return resample(images, matrix, self.fill or "nearest"), labels, None


class _OneMove:
    """A group of geometric steps that leave their gaps alike: it joins the run it stands in."""

    def __init__(self, choice: _Choice, members: list[_Move]):
        self.choice, self.members = choice, members
        self.fill = next((member.fill for member in members if member.fill), None)

    def matrix(self, n, seeds):  # (n, 3, 3)
        winner, chosen = self.choice(seeds, n), ops.eye(3)
        for number, member in enumerate(self.members):
            chosen = ops.where(ops.equal(winner, number)[..., None, None], member.matrix(n, seeds), chosen)
        return chosen


class Geometry:
    """Consecutive geometric steps: drawn apart, composed, resampled once."""

    def __init__(self):
        self.moves, self.fill = [], None

    def takes(self, fill: str | None) -> bool:
        return None in (fill, self.fill) or fill == self.fill

    def add(self, move: _Move | _OneMove) -> None:
        self.moves.append(move)
        self.fill = self.fill or move.fill

    def __call__(self, images, labels, seeds):
        n = ops.shape(images)[0]
        return self._seen(images, labels, [move.matrix(n, seeds) for move in self.moves])

    def trace(self, images, labels, seeds) -> list[tuple]:
        """The photos after the first step, the first two, and so on, each resampled once."""
        n = ops.shape(images)[0]
        matrices = [move.matrix(n, seeds) for move in self.moves]
        return [self._seen(images, labels, matrices[: i + 1]) for i in range(len(matrices))]

    def _seen(self, images, labels, matrices: list):
        return resample(images, compose(matrices), self.fill or "nearest"), labels, None


class _Photo:
    """A colour or erasing step; its probability is drawn for each photo."""

    def __init__(self, step, code: int, probability: float):
        self.step, self.code, self.probability = step, code, probability

    def __call__(self, images, labels, seeds):
        seeds = seeds[self.code]
        changed = self.step.apply(images, self.step.draw(seeds, images))
        if self.probability < 1:
            chosen = seeds.chance(ops.shape(images)[0]) < self.probability
            changed = ops.where(chosen[:, None, None, None], changed, images)
        return changed, labels, None

    def trace(self, images, labels, seeds) -> list[tuple]:
        return [self(images, labels, seeds)]


class _Mix(_Photo):
    """A mixing step; its probability is drawn for the batch."""

    def __call__(self, images, labels, seeds):
        seeds = seeds[self.code]

        def mix():
            draws = self.step.draw(seeds, images)
            partner = ops.cast(draws["permutation_order"], "int32")
            return *self.step.apply(images, labels, draws), (partner, draws["mix_weight"])

        if self.probability == 1:
            return mix()
        return tf.cond(seeds.chance(1)[0] < self.probability, mix, lambda: (images, labels, _alone(images)))


class _OneOf:
    """A group. For a batch only the chosen member is computed; for photos all are, and photos are picked from them."""

    def __init__(self, choice: _Choice, members: list):
        self.choice, self.members = choice, members
        self.mixes = any(isinstance(member, _Mix) for member in members)

    def __call__(self, images, labels, seeds):
        winner = self.choice(seeds, ops.shape(images)[0])
        if self.choice.per == "photo":
            return self._picked(winner, images, labels, seeds)
        branches = [lambda member=member: self._full(member, images, labels, seeds) for member in self.members]
        # The last branch is also that of -1.
        return tf.switch_case(winner, [*branches, lambda: (images, labels, self._unmixed(images))])

    trace = _Photo.trace

    def _picked(self, winner, images, labels, seeds):
        out_images, out_labels, out_mixing = images, labels, self._unmixed(images)
        for number, member in enumerate(self.members):
            chosen = ops.equal(winner, number)
            changed, mixed, mixing = self._full(member, images, labels, seeds)
            out_images = ops.where(chosen[:, None, None, None], changed, out_images)
            if isinstance(member, _Mix):
                out_labels = ops.where(chosen[:, None], mixed, out_labels)
                out_mixing = tuple(ops.where(chosen, *pair) for pair in zip(mixing, out_mixing, strict=True))
        return out_images, out_labels, out_mixing

    def _full(self, member, images, labels, seeds):
        """What the member says, in the form that all members share."""
        changed, mixed, mixing = member(images, labels, seeds)
        return changed, mixed, self._unmixed(images) if mixing is None else mixing

    def _unmixed(self, images):
        return _alone(images) if self.mixes else None


def _alone(images) -> tuple:
    """The mixing of photos that are not mixed: each is its own partner and has the whole share."""
    n = ops.shape(images)[0]
    return ops.arange(n, dtype="int32"), ops.ones((n,))
