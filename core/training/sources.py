"""Where a phase's inputs are: photos, copies augmented once, or a frozen prefix's outputs; made when asked."""

import time
from collections.abc import Callable
from functools import cache, partial

import numpy as np

from core.models.network import PhaseModel
from core.records import Part, Phase, RunSpec
from core.settings import Settings
from core.training import prefix_cache
from core.training.copies import Copies, fixed_copies, key
from core.training.epoch import makes_copies
from core.training.pace import Pace
from core.training.phase_input import Photos, Source
from core.training.reporting import Reporter


class Sources:
    """The inputs of one training. A part at a time: training need not wait for validation and test."""

    def __init__(
        self,
        settings: Settings,
        spec: RunSpec,
        classes: tuple[str, ...],
        photos: Photos,
        reporter: Reporter,
        pace: Pace,
    ):
        self._settings, self._spec, self._classes = settings, spec, classes
        self._photos, self._reporter, self._pace = photos, reporter, pace

    def of(self, phase: Phase) -> Callable[[Part], Source]:
        """A part's photos; the training ones are copies where the phase makes some."""
        return cache(partial(self._copies, phase)) if makes_copies(phase) else self._photos.source

    def of_prefix(self, phase: Phase, model: PhaseModel, source: Callable[[Part], Source]) -> Callable[[Part], Source]:
        """What the model's frozen prefix makes of a part's `source`, computed once."""
        return cache(partial(self._features, phase, model, source))

    def _copies(self, phase: Phase, part: Part) -> Source:
        source = self._photos.source(part)
        if part != Part.TRAIN:
            return source
        copies = Copies(self._spec, phase, *source, len(self._classes))

        def tick(done):
            self._reporter.tick(note=f"making the augmented copies: {done} of {copies.length}")

        made = fixed_copies(self._settings, copies, self._copies_key(phase), tick)
        return Source(made["pixels"], made["label"], np.arange(copies.length))

    def _copies_key(self, phase: Phase) -> str:
        rows = self._photos.rows[Part.TRAIN]
        names = [self._classes[label] for label in self._photos.labels[rows]]
        return key(self._spec, phase, [self._photos.ids[row] for row in rows], self._classes, names)

    def _features(self, phase: Phase, model: PhaseModel, source: Callable[[Part], Source], part: Part) -> Source:
        array, labels, rows = source(part)
        copied = labels.ndim == 2
        ids = [self._copies_key(phase)] if copied else [self._photos.ids[row] for row in rows]
        began = time.monotonic()

        def tick(done):
            self._reporter.tick(note=f"running the frozen layers once: {done} of {len(rows)} {part} photos")
            if done:
                self._pace.forward((time.monotonic() - began) / done)

        def features(prefix, cut, array, rows, base=0):
            return prefix_cache.features(self._settings, self._spec, prefix, cut, array, rows, ids, tick, base=base)

        if model.base is not None and prefix_cache.fits(model.base.output_shape[1:], len(rows)):
            base = features(model.base, model.base_cut, array, rows)
            kept = features(model.rest, model.cut, base, np.arange(len(rows)), model.base_cut)
        else:
            kept = features(model.prefix, model.cut, array, rows)
        return Source(kept, labels[rows], np.arange(len(rows)))
