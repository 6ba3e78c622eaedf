"""What training will see, for a few photos: the training's own Augmenter, called eagerly. Needs Keras."""

import math
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.augment.operation import Parameter
from core.augment.pipeline import Augmenter, Traced
from core.augment.registry import OPERATIONS, find_operation, parameters
from core.augment.seeds import batch_seeds, step_code
from core.augment.stages import does_nothing, make_stages
from core.records import Recipe, Step

BINS = 32  # of the histogram


class Mixing(NamedTuple):
    """What one mixing step did to a batch."""

    title: str
    partner: np.ndarray  # int (n,): the photo each was mixed with, itself where it was left alone
    weight: np.ndarray  # float32 (n,): the photo's own share (lambda)

    def of(self, photo: int) -> tuple[int, float] | None:
        """(partner, own share) of a photo that was mixed with another one."""
        partner, weight = int(self.partner[photo]), float(self.weight[photo])
        return None if partner == photo or weight >= 1 else (partner, weight)


class Drawn(NamedTuple):
    """Some photos as the first epochs would show them."""

    pixels: np.ndarray  # uint8 (draws, n, h, w, 3), the training's floats rounded
    labels: np.ndarray  # float32 (draws, n, classes)
    mixings: tuple[tuple[Mixing, ...], ...]  # of each draw, in the order of the mixing steps


class Stage(NamedTuple):
    """The photos after one step of a recipe and all before it."""

    title: str
    pixels: np.ndarray  # uint8 (n, h, w, 3)
    labels: np.ndarray  # float32 (n, classes)
    mixing: Mixing | None
    fused: bool  # a geometric step that shares its resampling with the step before
    changed: np.ndarray  # bool (n,): whether it changed the photo or its label
    words: tuple[str, ...]  # what was drawn for each photo; empty where it is no matter of a few words


class Statistics(NamedTuple):
    """Mean and spread (standard deviation) of all values of all photos, 0..255, and how they are distributed."""

    mean: float
    spread: float
    shares: np.ndarray  # float (BINS,), sum 1: values from dark to light


def draws(recipe: Recipe, images: np.ndarray, labels: np.ndarray, classes: int, seed: int, draws: int = 4) -> Drawn:
    """The photos as the first batch of the first `draws` epochs would show them, in this order and company.

    images: uint8 ndarray of shape (n_photos, h, w, 3); labels: int ndarray of shape (n_photos,); classes: number of
    classes. Raises UnknownOperation, BadParameter.
    """
    given = images, np.eye(classes, dtype=np.float32)[labels]
    augmenter = Augmenter(recipe, seed, *images.shape[1:3], classes)
    drawn = [augmenter(*given, epoch=draw, batch=0) for draw in range(draws)]
    steps = augmenter.recipe.active.steps
    # All groups, since their members are counted through: a second group's draws know of the first.
    mixing = Recipe(steps=tuple(step for step in steps if _mixes(step) or step.steps))
    return Drawn(
        _rounded(np.stack([batch.numpy() for batch, _ in drawn])),
        np.stack([mixed.numpy() for _, mixed in drawn]),
        _mixings(mixing.model_dump_json(), seed, images.shape, draws) if any(map(_mixes, steps)) else ((),) * draws,
    )


@lru_cache(maxsize=64)
def _mixings(recipe: str, seed: int, shape: tuple[int, ...], draws: int) -> tuple[tuple[Mixing, ...], ...]:
    """Who is mixed with whom in each draw, and how much.

    A step's draws depend on neither the other steps nor the pixels, so this stays while other steps are changed.
    """
    augmenter = Augmenter(Recipe.model_validate_json(recipe), seed, *shape[1:3], classes=1)
    given = np.zeros(shape, np.uint8), np.ones((shape[0], 1), np.float32)
    traced = [augmenter.trace(*given, epoch=draw, batch=0) for draw in range(draws)]
    return tuple(tuple(filter(None, map(_mixing, steps))) for steps in traced)


def stages(
    recipe: Recipe, images: np.ndarray, labels: np.ndarray, classes: int, seed: int, epoch: int = 0
) -> list[Stage]:
    """The photos after the recipe's first step, its first two, and so on; the last is what `draws` shows of the epoch.

    Arguments as for `draws`. One stage for each step that is switched on.
    """
    height, width = images.shape[1:3]
    augmenter = Augmenter(recipe, seed, height, width, classes)
    active = augmenter.recipe.active
    one_hot = np.eye(classes, dtype=np.float32)[labels]
    before, before_labels, found, seen = images.astype(np.float32), one_hot, [], Counter()
    fused = _fused(active, height, width)
    for traced, shares in zip(augmenter.trace(images, one_hot, epoch=epoch, batch=0), fused, strict=True):
        step = traced.step
        changed = (traced.images != before).any(axis=(1, 2, 3)) | (traced.labels != before_labels).any(axis=1)
        code = step_code(step.operation, seen[step.operation])
        seen[step.operation] += 1
        found.append(
            Stage(
                title=traced.title,
                pixels=_rounded(traced.images),
                labels=traced.labels,
                mixing=_mixing(traced),
                fused=shares,
                changed=changed,
                words=_words(traced, code, before, changed, seed, epoch),
            )
        )
        before, before_labels = traced.images, traced.labels
    return found


def levels(parameter: Parameter, count: int = 5) -> list:
    """Values of a parameter from low to high, or its choices; fewer than `count` where it has fewer."""
    if parameter.kind == "bool":
        return [False, True]
    if parameter.kind == "choice":
        return list(parameter.choices)
    steps = round((parameter.high - parameter.low) / parameter.step)
    places = sorted({round(steps * i / (count - 1)) for i in range(count)})
    values = [min(parameter.low + place * parameter.step, parameter.high) for place in places]
    return [int(value) if parameter.kind == "int" else round(value, 6) for value in values]


def strengths(
    step: Step, images: np.ndarray, labels: np.ndarray, classes: int, seed: int
) -> tuple[list, np.ndarray, np.ndarray]:
    """One step alone on every photo, its first parameter from low to high, all with the same draws.

    Arguments as for `draws`. Returns the values, uint8 pixels (values, n, h, w, 3) and float32 labels
    (values, n, classes). Raises BadParameter.
    """
    parameter = find_operation(step.operation).parameters[0]
    values, seen = levels(parameter), []
    for value in values:
        one = step.model_copy(
            update={"parameters": step.parameters | {parameter.name: value}, "probability": 1.0, "on": True}
        )
        seen.append(draws(Recipe(steps=(one,)), images, labels, classes, seed, draws=1))
    return values, np.stack([one.pixels[0] for one in seen]), np.stack([one.labels[0] for one in seen])


def statistics(pixels: np.ndarray) -> Statistics:
    """pixels: uint8 ndarray of any shape, not empty."""
    counts = np.bincount(pixels.reshape(-1), minlength=256)
    values, shares = np.arange(256), counts / counts.sum()
    mean = float(shares @ values)
    return Statistics(mean, math.sqrt(shares @ (values - mean) ** 2), shares.reshape(BINS, -1).sum(axis=1))


def warm_up() -> None:
    """Draw every operation once, so that the first visitor's preview doesn't wait for TensorFlow's first calls.

    In the size and number of the screen's first preview: resampling is compiled for each shape of a batch.
    """
    steps = [Step(operation=name, probability=0.9) for name in OPERATIONS if name != "one_of"]
    everything = Recipe(steps=(*steps, Step(operation="one_of", steps=tuple(steps[-2:]))))
    draws(everything, np.zeros((12, 96, 96, 3), np.uint8), np.arange(12) % 2, classes=2, seed=0, draws=2)


def _rounded(pixels: np.ndarray) -> np.ndarray:
    return np.rint(pixels).astype(np.uint8)


def _mixes(step: Step) -> bool:
    return find_operation(step.operation).group == "mix" or any(map(_mixes, step.steps))


def _mixing(traced: Traced) -> Mixing | None:
    return None if traced.partner is None else Mixing(traced.title, traced.partner, traced.weight)


def _fused(recipe: Recipe, height: int, width: int) -> list[bool]:
    """For each step of an active recipe, whether it is one resampling with the step before."""
    runs = iter([len(getattr(stage, "moves", "1")) for stage in make_stages(recipe, height, width)[0]])
    shares, left = [], 0
    for step in recipe.steps:
        if does_nothing(step):
            shares.append(False)
        elif left:
            shares.append(True)
            left -= 1
        else:
            shares.append(False)
            left = next(runs) - 1
    return shares


def _words(traced: Traced, code: int, before: np.ndarray, changed: np.ndarray, seed: int, epoch: int) -> tuple:
    """What was drawn for each photo in a few words; "as it was" where nothing changed."""
    step, (n, height, width) = traced.step, before.shape[:3]
    group, said = find_operation(step.operation).group, [""] * n
    if step.operation in _PHRASES:
        made = find_operation(step.operation).implementation(parameters(step), height, width)
        drawn = made.draw(batch_seeds(seed, epoch, 0, [code])[0], n)
        parts = [np.asarray(part) for part in (drawn if isinstance(drawn, tuple) else (drawn,))]
        said = [_PHRASES[step.operation](*[float(part[photo]) for part in parts]) for photo in range(n)]
    elif group == "colour":
        lighter = np.rint((traced.images - before).mean(axis=(1, 2, 3)))
        said = [f"{abs(by):.0f} {'lighter' if by > 0 else 'darker'}" if by else "" for by in lighter]
    elif group == "erase":
        covered = (traced.images != before).any(axis=3).mean(axis=(1, 2))
        said = [f"{100 * share:.0f} % covered" for share in covered]
    return tuple(words if moved else "as it was" for words, moved in zip(said, changed, strict=True))


def _turned(radians: float) -> str:
    degrees = round(math.degrees(radians) + 180) % 360 - 180
    return f"turned {abs(degrees)}° {'left' if degrees > 0 else 'right'}" if degrees else ""


def _moved(x: float, y: float) -> str:
    sideways, down = round(100 * x), round(100 * y)
    ways = [f"{abs(sideways)} % {'right' if sideways > 0 else 'left'}" if sideways else ""]
    ways += [f"{abs(down)} % {'down' if down > 0 else 'up'}" if down else ""]
    return ", ".join(filter(None, ways))


def _zoomed(x: float, y: float) -> str:
    """The share of a photo that is shown, as a magnification."""
    return f"{1 / x:.2g} times as large" if x == y else f"{1 / x:.2g} times as wide, {1 / y:.2g} times as high"


_PHRASES = {
    "horizontal_flip": lambda _: "mirrored",  # said of changed photos only
    "vertical_flip": lambda _: "upside down",
    "rotation": _turned,
    "shift": _moved,
    "zoom": _zoomed,
}
