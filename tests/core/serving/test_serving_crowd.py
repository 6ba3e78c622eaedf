import asyncio

import pytest

from core.serving.crowd import AT_EASE, Crowd, OpenScreens, pace


def test_open_websockets_are_counted_until_they_end_however_they_end():
    screens, seen = OpenScreens(), []

    async def app(scope, _receive, _send):
        seen.append(screens.now)
        if scope["path"] == "breaks":
            raise OSError

    async def visit():
        crowd = Crowd(app, screens.add)
        for kind, path in (("websocket", "ok"), ("http", "ok"), ("websocket", "breaks")):
            try:
                await crowd({"type": kind, "path": path}, None, None)
            except OSError:
                assert path == "breaks"

    asyncio.run(visit())
    assert seen == [1, 0, 1]
    assert screens.now == 0


@pytest.mark.parametrize(("screens", "seconds"), [(0, 2.0), (1, 2.0), (AT_EASE, 2.0), (50, 12.5)])
def test_in_a_crowd_screens_look_again_less_often(screens, seconds):
    assert pace(2.0, screens) == seconds
