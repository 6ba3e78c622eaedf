"""Uploads on their way in: written to the spool chunk by chunk, while the application gets a mark in their place.

Streamlit would keep each file in memory until its visitor leaves: thirty zips of 500 MB.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from core.serving.door import UPLOADS
from core.serving.replies import reply
from core.serving.spool import NoRoom, Spool, Upload, mark

BROKEN = "This upload could not be read: it is cut short or no upload of a browser. Try again.\n"
NOT_WRITTEN = "This upload could not be written to the disk of the computer Thaw runs on. Try again later.\n"


class Uploads:
    """ASGI middleware, behind the door, which has seen that an upload tells its length and that it is small enough."""

    def __init__(self, app, spool: Spool, owner_of: Callable[[dict], str]):
        """owner_of: who sends a request, given its scope."""
        self.app, self._spool, self._owner_of = app, spool, owner_of
        self._tokens: dict[str, str] = {}  # by the path that a file was sent to, which names its screen and itself

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and UPLOADS in scope["path"]:
            if scope["method"] in ("PUT", "POST"):
                await self._take(scope, receive, send)
                return
            if scope["method"] == "DELETE" and (token := self._tokens.pop(scope["path"], None)):
                self._spool.drop(token)
        await self.app(scope, receive, send)

    async def _take(self, scope, receive, send):
        headers = {name.lower(): value for name, value in scope["headers"]}
        try:
            upload = self._spool.reserve(self._owner_of(scope), int(headers[b"content-length"]))
        except NoRoom as error:
            await reply(send, error.status, error.sentence, close=True)
            return
        except OSError:
            await reply(send, 507, NOT_WRITTEN, close=True)
            return
        kept = False
        try:
            part = await _written(self._spool, upload, headers, receive)
            if part is None:
                await reply(send, 400, BROKEN, close=True)
                return
            kept = await self._passed_on(scope, headers, part, upload, send)
        except OSError:
            await reply(send, 507, NOT_WRITTEN, close=True)
        finally:
            if not kept:
                self._spool.drop(upload.token)

    async def _passed_on(self, scope, headers, part: "Part", upload: Upload, send) -> bool:
        """Send the mark to the application in place of the file; whether it took it."""
        boundary = secrets.token_hex(16).encode()
        body = b"".join(
            (
                b"--" + boundary + b"\r\n",
                b'Content-Disposition: form-data; name="file"; filename="' + part.filename + b'"\r\n',
                b"Content-Type: " + part.kind + b"\r\n\r\n",
                mark(upload),
                b"\r\n--" + boundary + b"--\r\n",
            )
        )
        ours = {
            b"content-type": b"multipart/form-data; boundary=" + boundary,
            b"content-length": str(len(body)).encode(),
        }
        status = 0

        async def short():
            return {"type": "http.request", "body": body, "more_body": False}

        async def answer(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope | {"headers": list((headers | ours).items())}, short, answer)
        if status // 100 != 2:
            return False
        if before := self._tokens.pop(scope["path"], None):
            self._spool.drop(before)
        self._tokens[scope["path"]] = upload.token
        self._forget_dropped()
        return True

    def _forget_dropped(self) -> None:
        if len(self._tokens) > 2 * self._spool.held()[0] + 100:
            self._tokens = {path: token for path, token in self._tokens.items() if self._spool.holds(token)}


@dataclass
class Part:
    """The one file of a form."""

    filename: bytes = b""  # as it may stand in a header
    kind: bytes = b"application/octet-stream"


async def _written(spool: Spool, upload: Upload, headers: dict[bytes, bytes], receive) -> Part | None:
    """Write the one file of a multipart body to the spool as it comes; None where there is not exactly one, whole."""
    kind, options = parse_options_header(headers.get(b"content-type", b""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        return None
    with spool.path(upload).open("xb") as file:
        reading = _Reading(file.write)
        parser = MultipartParser(options[b"boundary"], reading.callbacks())
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None  # whoever sent it is gone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > upload.size:
                return None
            try:
                parser.write(chunk)
            except MultipartParseError:
                return None
            if not message.get("more_body"):
                break
    return reading.part if reading.over and reading.files == 1 else None


class _Reading:
    """What the parser found so far."""

    def __init__(self, write: Callable[[bytes], int]):
        self._write = write
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self.part, self.files, self.over = Part(), 0, False

    def callbacks(self) -> dict:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._field,
            "on_header_value": self._more,
            "on_header_end": self._header,
            "on_headers_finished": self._begin,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _begin(self) -> None:
        self.files += 1
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        # Browsers write these three so, and nothing else in a name can end the header.
        name = options.get(b"filename", b"")
        for letter, written in ((b"\\", b"\\\\"), (b'"', b"%22"), (b"\r", b"%0D"), (b"\n", b"%0A")):
            name = name.replace(letter, written)
        kind = self._headers.get(b"content-type", b"")
        self.part = Part(name, kind if kind and not set(kind) & set(b"\r\n") else Part.kind)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self.files == 1:
            self._write(data[start:end])

    def _end(self) -> None:
        self.over = True
