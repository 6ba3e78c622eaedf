"""The door: requests from foreign pages, to foreign names, or with too large a body are refused before anything else.

A page on another site can make a visitor's browser call this server (cross-site requests, websockets included), and a
name of its own can be made to point at this machine (DNS rebinding). `Origin` tells the first, `Host` the second.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from core.serving.replies import reply

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
UPLOADS = "/_stcore/upload_file/"  # where Streamlit's uploaders send their files
ROOM = 1024 * 1024  # bytes of a request that carries a file, beside the file
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "SAMEORIGIN",
    # Streamlit's own scripts and Plotly's workers set the rest; what is here they never need.
    "content-security-policy": "frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NOT_THIS_NAME = (
    "This Thaw does not answer to that name. Open it under the address it was started with; its operator can allow "
    "other names with THAW_HOSTS.\n"
)
FOREIGN = "This request came from another site's page, so it was refused. Open Thaw itself in the browser.\n"
TOO_LARGE = "This upload is larger than {megabytes} MB, so it was refused before it was read. Split it into parts.\n"
NO_LENGTH = "This upload does not say how large it is, so it was refused before it was read.\n"


class Door:
    """ASGI middleware. Messages of the application pass as they are, but for the headers of its answers."""

    def __init__(self, app, hosts: Iterable[str] = (), upload_megabytes: int = 200):
        """hosts: names besides this machine's own that requests may be sent to. upload_megabytes: most of one file."""
        self.app = app
        self.hosts = frozenset(host.lower() for host in (*THIS_MACHINE, *hosts))
        self.upload_megabytes = upload_megabytes

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if refusal := self.refusal(scope):
            await _refuse(scope, send, *refusal)
            return

        async def answer(message):
            if message["type"] == "http.response.start":
                message = message | {"headers": with_ours(message.get("headers", ()))}
            await send(message)

        await self.app(scope, receive, answer)

    def refusal(self, scope) -> tuple[int, str] | None:
        """(status, sentence) for a request that is turned away; None for one that may come in."""
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or host_of(hosts[0]) not in self.hosts:
            return 421, NOT_THIS_NAME
        for name, value in headers:
            if name == b"origin" and urlsplit(value).netloc.lower() != hosts[0].lower():
                return 403, FOREIGN
        if scope["type"] == "http" and UPLOADS in scope["path"] and scope["method"] in ("PUT", "POST"):
            return self._upload(dict(headers).get(b"content-length", ""))
        return None

    def _upload(self, length: str) -> tuple[int, str] | None:
        if not (length.isascii() and length.isdigit()):
            return 411, NO_LENGTH
        if int(length) > self.upload_megabytes * 1024 * 1024 + ROOM:
            return 413, TOO_LARGE.format(megabytes=self.upload_megabytes)
        return None


def host_of(value: str) -> str:
    """The name in a `Host` header, without its port, in small letters; empty where it is none."""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def with_ours(headers) -> list[tuple[bytes, bytes]]:
    """An answer's headers with ours, where it has none of the name."""
    there = {name.lower() for name, _ in headers}
    ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    return [*headers, *((name, value) for name, value in ours if name not in there)]


async def _refuse(scope, send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": sentence.strip()[:120]})
    else:
        await reply(send, status, sentence, headers=HEADERS.items(), close=True)
