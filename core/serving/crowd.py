"""How many screens are open, one websocket each: in a crowd, pages that look again by themselves do so less often."""

from collections.abc import Callable

AT_EASE = 8  # open screens up to which nothing is slowed down


class Crowd:
    """ASGI middleware that counts open websockets and changes nothing."""

    def __init__(self, app, count: Callable[[int], None] | None = None):
        self.app, self._count = app, count or open_screens.add

    async def __call__(self, scope, receive, send):
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        self._count(1)
        try:
            await self.app(scope, receive, send)
        finally:
            self._count(-1)


class OpenScreens:
    """The count of this server; written by its one event loop, read by the pages."""

    def __init__(self):
        self.now = 0

    def add(self, number: int) -> None:
        self.now += number


open_screens = OpenScreens()


def pace(seconds: float, screens: int | None = None) -> float:
    """How long a screen waits before it looks again by itself: longer in proportion where more than eight are open.

    All timers of all screens together then cost the server about what those of eight do.
    """
    return seconds * max(1.0, (open_screens.now if screens is None else screens) / AT_EASE)
