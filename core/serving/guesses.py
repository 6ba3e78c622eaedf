"""Wrong codes are counted an address, and in all: whoever guesses waits."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW = 300.0  # seconds a wrong guess counts
AN_ADDRESS, IN_ALL = 20, 400  # wrong guesses within that: a class behind one address may mistype a few times each
MOST_ADDRESSES = 10_000  # remembered; the longest unheard are forgotten first


class Guesses:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._of: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def wait(self, address: str) -> int:
        """Seconds until this address may try again, 0 where it may now."""
        now = self._clock()
        waits = [0.0]
        for guesses, most in ((self._of.get(network(address), deque()), AN_ADDRESS), (self._all, IN_ALL)):
            _forget(guesses, now)
            if len(guesses) >= most:
                waits.append(guesses[0] + WINDOW - now)
        return int(-(-max(waits) // 1))

    def wrong(self, address: str) -> None:
        """Count a wrong guess."""
        now, key = self._clock(), network(address)
        self._of.setdefault(key, deque(maxlen=AN_ADDRESS)).append(now)
        self._of.move_to_end(key)
        self._all.append(now)
        _forget(self._all, now)
        while len(self._of) > MOST_ADDRESSES:
            self._of.popitem(last=False)


def _forget(guesses: deque[float], now: float) -> None:
    while guesses and guesses[0] <= now - WINDOW:
        guesses.popleft()


def network(address: str) -> str:
    """What counts as one guesser: an IPv4 address, or the /64 of an IPv6 one, of which a machine has many."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
