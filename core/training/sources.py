"""Where a phase's inputs are: photos, copies augmented once, or a frozen prefix's outputs; made when asked."""

import time
from collections.abc import Callable
from functools import cache, partial

import numpy as np

from core.models import backbone_of
from core.models.network import PhaseModel
from core.models.tables import layer_table
from core.models.thaw import base_cut, prefix_cut
from core.records import Part, Phase, RunSpec
from core.settings import Settings
from core.training import prefix_cache
from core.training.copies import Copies, fixed_copies, key
from core.training.epoch import makes_copies
from core.training.pace import Course
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
    ):
        self._settings, self._spec, self._classes = settings, spec, classes
        self._photos, self._reporter = photos, reporter
        self.seconds = 0.0  # spent so far on copies and on passes through a prefix
        self.prefix_seconds = 0.0  # of that on training and validation photos' passes
        self.forward: Callable[[int, float, int], None] = lambda *_: None  # told (cut, seconds a photo, base)

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

        began = time.monotonic()
        made = fixed_copies(self._settings, copies, self._copies_key(phase), tick)
        self.seconds += time.monotonic() - began
        return Source(made["pixels"], made["label"], np.arange(copies.length))

    def _copies_key(self, phase: Phase) -> str:
        rows = self._photos.rows[Part.TRAIN]
        names = [self._classes[label] for label in self._photos.labels[rows]]
        return key(self._spec, phase, [self._photos.ids[row] for row in rows], self._classes, names)

    def _names(self, phase: Phase, part: Part) -> list[str]:
        """What names a part's rows in the prefix cache."""
        if part == Part.TRAIN and makes_copies(phase):
            return [self._copies_key(phase)]
        return [self._photos.ids[row] for row in self._photos.rows[part]]

    def _features(self, phase: Phase, model: PhaseModel, source: Callable[[Part], Source], part: Part) -> Source:
        array, labels, rows = source(part)
        began = time.monotonic()

        def features(prefix, cut, array, rows, base=0):
            first: list[tuple[float, int]] = []  # when the first batch was done, which traces

            def tick(done):
                self._reporter.tick(note=f"running the frozen layers once: {done} of {len(rows)} {part} photos")
                now = time.monotonic()
                if first and done > first[0][1]:
                    self.forward(cut, (now - first[0][0]) / (done - first[0][1]), base)
                elif done and not first:
                    first.append((now, done))

            names = self._names(phase, part)
            return prefix_cache.features(self._settings, self._spec, prefix, cut, array, rows, names, tick, base=base)

        if model.base is not None and prefix_cache.fits(model.base.output_shape[1:], len(rows)):
            base = features(model.base, model.base_cut, array, rows)
            kept = features(model.rest, model.cut, base, np.arange(len(rows)), model.base_cut)
        else:
            kept = features(model.prefix, model.cut, array, rows)
        spent = time.monotonic() - began
        self.seconds += spent
        self.prefix_seconds += spent if part != Part.TEST else 0.0
        return Source(kept, labels[rows], np.arange(len(rows)))

    def courses(self, an_epoch: list[int]) -> list[Course]:
        """What each phase has before it, as far as the plan and the kept outputs tell; for the time left alone.

        an_epoch : training photos an epoch, a phase
        """
        backbone, done, found = backbone_of(self._spec), set(), []
        for number, (phase, photos) in enumerate(zip(self._spec.phases, an_epoch, strict=True)):
            cut = prefix_cut(backbone, phase.frozen)
            if cut == 0 or not self._keeps(number, cut, photos):
                found.append(Course(photos))
                continue
            missing = {}
            for part in (Part.TRAIN, Part.VALIDATION, Part.TEST):
                names = self._names(phase, part)
                path = prefix_cache.where(self._settings, self._spec, cut, names, base_cut(backbone, cut))
                count = photos if part == Part.TRAIN else len(self._photos.rows[part])
                missing[part] = 0 if path in done or path.exists() else count
                done |= {path} if part != Part.TEST else set()
            passes = missing[Part.TRAIN] + missing[Part.VALIDATION]
            found.append(Course(photos, cut, passes, missing[Part.TEST]))
        return found

    def _keeps(self, number: int, cut: int, photos: int) -> bool:
        """Whether a phase trains on kept outputs, their size told from the layer table."""
        table, copied = layer_table(backbone_of(self._spec)), makes_copies(self._spec.phases[number])
        scale = (self._spec.input_size / table.size) ** 2
        output = (int(np.prod(table.layers[cut - 1].shape) * scale),)
        count = len(self._photos.ids) + (photos if copied else 0)
        return prefix_cache.usable(self._spec, number, cut, output, count)
