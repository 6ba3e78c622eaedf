"""How long something that should go on changing has not, as far as whoever looks was awake to see it."""

import time

AWAKE = 1.0  # seconds that count at most between two looks: a closed lid freezes who looks as well


class Silence:
    """Seconds without change, by the monotonic clock and in the looker's own waking time."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._looked, self._value, self._seconds = clock(), None, 0.0

    def of(self, value) -> float:
        """How long `value` has been what it is; to be asked about once a second or more often."""
        now = self._clock()
        passed, self._looked = min(now - self._looked, AWAKE), now
        self._seconds = self._seconds + passed if value == self._value else 0.0
        self._value = value
        return self._seconds
