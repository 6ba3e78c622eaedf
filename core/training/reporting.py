"""Progress of a training and the time it has left, told to a callback; and the one place where a stop is noticed."""

import time
from collections.abc import Callable

from core.records import Progress, RunSpec
from core.training.outcome import Stopped

REPORT_SECONDS = 0.5  # at most one progress report in this time
STOP_SECONDS = 0.2  # at most one look at `stop` in this time


class Reporter:
    """Keeps the latest Progress and hands it on, not too often."""

    def __init__(self, report: Callable[[Progress, dict | None], None], stop: Callable[[], bool], epochs: int):
        self._report, self._stop = report, stop
        self.progress = Progress(epochs=epochs)
        self._reported = self._looked = float("-inf")

    def tick(self, **changes) -> None:
        """Note what changed (fields of Progress), report it if due. Raises Stopped where a stop was asked for."""
        now = time.monotonic()
        if now - self._looked >= STOP_SECONDS:
            self._looked = now
            if self._stop():
                raise Stopped
        if changes:
            self.progress = self.progress.model_copy(update=changes)
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._report(self.progress, None)

    def epoch(self, metrics: dict[str, float], **changes) -> None:
        """Report the end of an epoch with its metrics, always. Raises Stopped as `tick` does."""
        self.progress = self.progress.model_copy(update=changes)
        self._reported = time.monotonic()
        self._report(self.progress, metrics)
        if self._stop():
            raise Stopped

    def say(self, note: str, **changes) -> None:
        """Report at once that something else is being done now."""
        self._reported = float("-inf")
        self.tick(note=note, **changes)


class Pace:
    """Seconds left, from the batches and validations measured so far."""

    def __init__(self, spec: RunSpec, photos: int):
        self._spec, self._photos = spec, photos
        self._photo: dict[int, float] = {}  # seconds a training photo, by phase, measured
        self._guess: dict[int, float] = {}  # the same for phases that have not begun
        self._check: dict[int, float] = {}  # seconds of one validation, by phase
        self._seen: dict[int, tuple[int, float]] = {}

    def guess(self, phase: int, forward: float, trained: float) -> None:
        """A phase to come: `forward` s a photo through the backbone, of which the share `trained` is trained.

        The backward pass costs about twice the forward pass of what it reaches.
        """
        self._guess[phase] = forward * (1 + 2 * trained)

    def batch(self, phase: int, photos: int, seconds: float) -> None:
        """One batch was trained. The first one of a phase is not counted: it compiles."""
        if phase not in self._seen:
            self._seen[phase] = (0, 0.0)
            return
        count, total = self._seen[phase]
        if count > 20 * photos:  # forget slowly, so that a machine that got busy is noticed
            count, total = count * 0.9, total * 0.9
        self._seen[phase] = (count + photos, total + seconds)
        self._photo[phase] = self._seen[phase][1] / self._seen[phase][0]

    def validated(self, phase: int, seconds: float) -> None:
        self._check[phase] = seconds

    def left(self, phase: int, epochs: int, photos: int) -> float | None:
        """Seconds left in all phases; `epochs` whole ones and `photos` of the running one are left in this phase."""
        if phase not in self._photo:
            return None
        here = self._photo[phase]
        # An epoch's validation is one forward pass: until it is measured, a third of what training costs a photo.
        check = self._check.get(phase, 0.1 * here * self._photos)
        total = here * (photos + epochs * self._photos) + check * (epochs + (photos > 0) + 2)
        for number in range(phase + 1, len(self._spec.phases)):
            a_photo = max(self._guess.get(number, here), here)
            total += self._spec.phases[number].epochs * (a_photo * self._photos + check)
        return total
