"""What a training measures of itself while it runs: photos a second, and the time that isn't training."""

import time

from core.training.sources import Sources


class Throughput:
    """Photos a second of an epoch's batches; one that compiles counts only while there is no other."""

    def __init__(self):
        self._counted, self._compiled = [0, 0.0], [0, 0.0]  # photos, seconds
        self.photos = 0

    def add(self, photos: int, seconds: float, compiles: bool) -> None:
        pair = self._compiled if compiles else self._counted
        pair[0] += photos
        pair[1] += seconds
        self.photos += photos

    @property
    def rate(self) -> float:
        photos, seconds = self._counted if self._counted[0] else self._compiled
        return photos / max(seconds, 1e-9)


class Clock:
    """Seconds of a phase that are neither its batches nor passes through a prefix or making copies."""

    def __init__(self, sources: Sources):
        self._sources, self.started = sources, False  # started: whether a first batch is done
        self._last = self._now()

    def passed(self) -> float:
        """Seconds since this was last asked."""
        before, self._last = self._last, self._now()
        return self._last - before

    def aside(self, seconds: float) -> None:
        """These have been trained with."""
        self._last += seconds

    def _now(self) -> float:
        return time.monotonic() - self._sources.seconds
