"""Answers that the middlewares give by themselves, in place of the application."""

from collections.abc import Iterable

TEXT, FORM = "text/plain; charset=utf-8", "text/html; charset=utf-8"


async def reply(
    send, status: int, body: str = "", kind: str = TEXT, headers: Iterable[tuple[str, str]] = (), close: bool = False
) -> None:
    """Send one whole answer that nobody keeps. close: the rest of the request is left unread."""
    content = body.encode()
    more = [*headers, *([("connection", "close")] if close else [])]
    lines = [("content-type", kind), ("content-length", str(len(content))), ("cache-control", "no-store"), *more]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in lines]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})
