"""Timing a network and its sections with random weights. Keras; `speed` keeps what is found and needs none.

A section reaches from one place where a single tensor crosses at a block's end to the next, or over several such, so
that none is too small to be timed: at most twelve of about equal work.
"""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

from core.models.backbones import Backbone
from core.models.freezing import section, set_trainable
from core.models.head import construct
from core.models.network import Network
from core.models.thaw import blocks
from core.models.work import works
from core.records import HOME_MADE, Phase, RunSpec

BATCH = 32  # photos a step at 96 px, fewer at larger sizes, so that memory and time stay in bounds
MOST_SECTIONS = 12
LEAST_STEPS = 2  # timed of each section, however long they take


class Timed(NamedTuple):
    """Seconds a photo: inferring, and in a training step with all layers of the part thawed."""

    infer: float
    train: float


class NetworkTimes(NamedTuple):
    whole: Timed  # preprocessing and head included
    sections: tuple[tuple[int, Timed], ...]  # (first layer behind it, its seconds) from input to output
    head: Timed  # sections and head together take as long as the whole
    batch: int  # photos a step


def section_ends(backbone: Backbone) -> list[int]:
    """Where the sections of a backbone end, each as the number of layers up to there; the last is all of them."""
    rows = works(backbone)
    ends = [block.last + 1 for block in blocks(backbone) if block.last + 1 in block.cuts]
    chosen, done = [], 0.0
    for end in ends:
        passed = sum(rows[:end])
        if passed - done >= sum(rows) / MOST_SECTIONS:
            chosen.append(end)
            done = passed
    return [end for end in chosen if end < len(rows)] + [len(rows)]


def time_network(backbone: Backbone, input_size: int, seconds: float) -> NetworkTimes:
    """Time the whole network for about twice `seconds`, then its sections for as long; first steps, which trace, aside.

    BatchNormalization of a backbone with pre-trained weights infers in training steps too, as it does in a run.
    """
    spec = RunSpec(
        dataset="none",
        split="none",
        backbone=backbone.name,
        network=backbone.design if backbone.name == HOME_MADE else None,
        input_size=input_size,
        weights=None,
        head=backbone.default_head,
        phases=(Phase(),),
    )
    batch = max(1, min(BATCH, BATCH * 96**2 // input_size**2))
    network = Network(spec, 2)
    network.pretrained = backbone.pretrained
    inputs = _random(batch, (input_size, input_size, 3))
    full = network.for_phase(Phase(frozen=0)).full
    whole = Timed(*(each / batch for each in _both(network.model, full, inputs, seconds)))
    return _sections(network, whole, batch, seconds)


def _sections(network: Network, whole: Timed, batch: int, seconds: float) -> NetworkTimes:
    """The sections' seconds by their own clock, then all by one factor, so that they sum to those of the whole."""
    model, registered = network.backbone, network.registered
    set_trainable(model, 0, batch_normalization=not registered.pretrained)
    ends = section_ends(registered)
    each = seconds / (len(ends) + 1)
    started = _both(*[_standing(lambda x: x, (1,))] * 2, _random(batch, (1,)), each)  # what a call costs by itself
    found = []
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        part = section(model, start, stop)
        shape = part.input_shape[1:]
        entry = network.preprocessing if start == 0 else None
        timed = _both(_standing(part, shape, entry), _standing(part, shape, entry), _random(batch, shape), each)
        found.append([max(own - call, own / 20) for own, call in zip(timed, started, strict=True)])
    shape = model.output_shape[1:]
    head = keras.Sequential([keras.Input(shape), *construct(network.spec.head, network.classes)])
    standing = _standing(head, shape)
    found.append(list(_both(head, standing, _random(batch, shape), each, "adam", metrics=["accuracy"])))
    totals = [sum(times) for times in zip(*found, strict=True)]
    scaled = [
        Timed(*(time * all_ / total for time, all_, total in zip(times, whole, totals, strict=True))) for times in found
    ]
    return NetworkTimes(whole, tuple(zip(ends, scaled[:-1], strict=True)), scaled[-1], batch)


class _Gate(keras.layers.Layer):
    """Multiplies by one number that trains, so that a gradient goes all the way back, as it does into a section's
    neighbour in a whole network."""

    def __init__(self):
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, x):
        return x * self.factor


def _standing(part: Callable, shape: tuple[int, ...], entry: Callable | None = None) -> keras.Model:
    """A part of a network as a model of its own."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, part((entry or _Gate())(inputs)))


def _both(
    infers: keras.Model, trains: keras.Model, inputs, seconds: float, optimizer: str = "sgd", **compiled
) -> tuple[float, float]:
    """Seconds of a prediction and of a training step.

    With SGD, since Adam would hold two more copies of a network's weights; a head's step is little else than what any
    step does, so it is timed with all of that.
    """
    targets = keras.ops.zeros((len(inputs), 1))
    infers.jit_compile = False  # on a CPU XLA is several times slower
    trains.compile(optimizer, lambda _, answers: keras.ops.mean(answers, axis=-1), jit_compile=False, **compiled)
    return _timed(lambda: infers.predict_on_batch(inputs), seconds), _timed(
        lambda: trains.train_on_batch(inputs, targets), seconds
    )


def _timed(step: Callable[[], object], seconds: float) -> float:
    """Median seconds of a step; the first, which traces, is not counted."""
    step()
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < LEAST_STEPS or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _random(batch: int, shape: tuple[int, ...]):
    return keras.ops.convert_to_tensor(np.random.default_rng(0).uniform(0, 255, (batch, *shape)).astype("float32"))
