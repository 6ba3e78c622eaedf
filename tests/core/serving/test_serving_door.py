import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.serving import Door
from core.serving.door import HEADERS, UPLOADS, host_of

MB = 1024 * 1024


class App:
    """An application that remembers what reached it."""

    def __init__(self):
        self.reached = []

    async def __call__(self, scope, _receive, send):
        self.reached.append(scope["type"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        elif scope["type"] == "http":
            headers = [(b"content-type", b"text/html"), (b"x-frame-options", b"DENY")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"here"})


def visit(headers, kind="http", method="GET", path="/", hosts=()):
    """(what the application got, what was sent back) for one request."""
    app, sent = App(), []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("a body was read")

    scope = {"type": kind, "method": method, "path": path}
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    asyncio.run(Door(app, hosts, upload_megabytes=5)(scope, receive, send))
    return app.reached, sent


@pytest.mark.parametrize("host", ["localhost:8501", "LOCALHOST", "127.0.0.1:1", "[::1]:8501", "lab.school:8501"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_request_to_this_machine_or_an_allowed_name_comes_in(host, kind):
    reached, _ = visit([("host", host), ("origin", f"http://{host}")], kind, hosts=["Lab.School"])
    assert reached == [kind]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("host", "evil.example")],
        [("host", "localhost.evil.example")],
        [("host", "evil.example:8501"), ("origin", "http://evil.example:8501")],
        [("host", "localhost"), ("host", "evil.example")],
        [("host", "user@localhost@evil.example")],
        [("host", "[::1")],
        [("host", "localhost:8501"), ("origin", "http://evil.example")],
        [("host", "localhost:8501"), ("origin", "http://localhost:9000")],
        [("host", "localhost:8501"), ("origin", "null")],
        [("host", "localhost:8501"), ("origin", "http://localhost:8501"), ("origin", "http://evil.example")],
    ],
)
def test_another_name_or_another_sites_page_is_refused_before_anything_is_served(headers, kind):
    reached, sent = visit(headers, kind)
    assert reached == []
    if kind == "websocket":
        assert [message["type"] for message in sent] == ["websocket.close"]
    else:
        assert sent[0]["status"] in (403, 421)
        assert sent[1]["body"].decode().count("\n") == 1


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40))
def test_whatever_the_host_says_it_is_one_of_the_names_or_refused(host):
    reached, _ = visit([("host", host)])
    assert bool(reached) == (host_of(host) in ("localhost", "127.0.0.1", "::1"))


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(5 * MB), None), (str(7 * MB), 413), ("9" * 30, 413), ("", 411), ("-1", 411), ("1e3", 411), ("²", 411)],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_upload_that_is_too_large_or_hides_its_size_is_refused_unread(length, status, method):
    headers = [("host", "localhost"), *([("content-length", length)] if length else [])]
    reached, sent = visit(headers, method=method, path=f"{UPLOADS}session/file")
    assert bool(reached) == (status is None)
    assert sent[0]["status"] == (status or 200)


def test_every_answer_carries_our_headers():
    for headers in ([("host", "localhost")], [("host", "evil.example")]):
        _, sent = visit(headers)
        got = dict(sent[0]["headers"])
        assert {name.encode() for name in HEADERS} <= set(got)


def test_a_header_of_the_application_is_kept():
    _, sent = visit([("host", "localhost")])
    assert [value for name, value in sent[0]["headers"] if name == b"x-frame-options"] == [b"DENY"]


def test_what_is_no_request_passes():
    assert visit([], kind="lifespan")[0] == ["lifespan"]
