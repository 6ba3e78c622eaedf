"""Progress of a training, told to a callback; and the one place where a stop is noticed."""

import time
from collections.abc import Callable

from core.records import Progress
from core.training.outcome import Stopped

REPORT_SECONDS = 0.5  # at most one progress report in this time
STOP_SECONDS = 0.2  # at most one look at `stop` in this time


class Reporter:
    """Keeps the latest Progress and hands it on, not too often."""

    def __init__(self, report: Callable[[Progress, dict | None], bool | None], stop: Callable[[], bool], epochs: int):
        self._callback, self._stop = report, stop
        self.finish_asked = False  # whether the training shall end now and keep its best epoch
        self.progress = Progress(epochs=epochs)
        self._reported = self._looked = float("-inf")
        self._estimated = 0.0  # when the time left was told

    def tick(self, due: Callable[[], dict] | None = None, /, **changes) -> None:
        """Note what changed (fields of Progress), report it if due. Raises Stopped where a stop was asked for.

        `due()` gives more changes and is called only if they are reported: they may take a moment to find.
        """
        now = time.monotonic()
        if now - self._looked >= STOP_SECONDS:
            self._looked = now
            if self._stop():
                raise Stopped
        self._note(changes)
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._note(due() if due else {})
            self._report(None)

    def epoch(self, metrics: dict[str, float], **changes) -> None:
        """Report the end of an epoch with its metrics, always. Raises Stopped as `tick` does."""
        self._note(changes)
        self._reported = time.monotonic()
        self._report(metrics)
        if self._stop():
            raise Stopped

    def _note(self, changes: dict) -> None:
        if changes:
            self.progress = self.progress.model_copy(update=changes)
        if "eta_seconds" in changes:
            self._estimated = time.monotonic()

    def _report(self, metrics: dict[str, float] | None) -> None:
        told = self.progress
        if told.eta_seconds is not None:  # it runs on between two estimates
            passed = time.monotonic() - self._estimated
            told = told.model_copy(update={"eta_seconds": max(0.0, told.eta_seconds - passed)})
        self.finish_asked |= bool(self._callback(told, metrics))

    def say(self, note: str, **changes) -> None:
        """Report at once that something else is being done now."""
        self._reported = float("-inf")
        self.tick(note=note, **changes)
