"""The entry: in a class nothing is served, no page, no file, no websocket, before the class code was typed.

A check inside a page would protect nothing: uploads and media are served outside of it.
"""

import html
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, quote, urlsplit

from core.serving.guesses import Guesses
from core.serving.passes import COOKIE, HOURS, NAME_LENGTH, Passes, cookie_of
from core.serving.replies import FORM, reply

ENTER, LEAVE = "/enter", "/leave"
MOST_BODY = 4_096  # bytes of the form
WRONG = "That is not the code of this class. It is on the board, or ask your teacher."
WAIT = "Too many wrong codes came from here. Try again in {minutes} min."
TYPE_IT = "Type the class code to come in."
_PAGE = Template(Path(__file__).with_name("entry.html").read_text(encoding="utf-8"))


class Entry:
    """ASGI middleware. What an admitted visitor asks for passes as it is."""

    def __init__(self, app, passes: Passes, guesses: Guesses | None = None):
        self.app, self._passes, self._guesses = app, passes, guesses or Guesses()

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == ENTER and scope["method"] == "POST":
            await self._enter(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == LEAVE:
            await reply(send, 303, headers=[("location", "/"), ("set-cookie", _cookie(scope, "", 0))])
        elif self._passes.read(cookie_of(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": TYPE_IT})
        elif scope["method"] in ("GET", "HEAD") and wants_a_page(scope):
            await reply(send, 401, page(TYPE_IT, next_path(_asked(scope))), FORM)
        else:
            await reply(send, 401, f"{TYPE_IT}\n")

    async def _enter(self, scope, receive, send):
        address = client_of(scope)
        form = await _form(receive)
        if form is None:
            await reply(send, 413, "This form is too large.\n")
            return
        going = next_path(form.get("next", ""))
        if wait := self._guesses.wait(address):
            sentence = WAIT.format(minutes=-(-wait // 60))
            await reply(send, 429, page(sentence, going, error=True), FORM, [("retry-after", str(wait))])
            return
        visitor = self._passes.admit(form.get("code", ""), form.get("name", ""))
        if visitor is None:
            self._guesses.wrong(address)
            await reply(send, 403, page(WRONG, going, form.get("name", ""), error=True), FORM)
            return
        cookie = _cookie(scope, self._passes.issue(visitor), HOURS * 3600)
        await reply(send, 303, headers=[("location", going), ("set-cookie", cookie)])


def client_of(scope) -> str:
    """The address that a request comes from; behind a proxy on this machine, the one that the proxy names."""
    address = (scope.get("client") or ("", 0))[0]
    if address in ("127.0.0.1", "::1"):
        for name, value in scope["headers"]:
            if name.lower() == b"x-forwarded-for":
                return value.decode("latin-1").rpartition(",")[2].strip() or address
    return address


def next_path(text: str) -> str:
    """Where to go after the code: a path of this server, whatever was asked for."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    elsewhere = parts.scheme or parts.netloc or text.startswith(("//", "/\\"))
    if elsewhere or not text.isprintable() or not text.startswith("/"):
        return "/"
    return quote(text, safe="/?&=%+,:;@!$'()*~.-_#[]")


def _asked(scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return scope["path"] + (f"?{query}" if query else "")


def wants_a_page(scope) -> bool:
    """Whether a browser asks for something to show, not a script for data."""
    accepts = b",".join(value for name, value in scope["headers"] if name.lower() == b"accept")
    return b"text/html" in accepts


async def _form(receive) -> dict[str, str] | None:
    """The fields of a small form; None where it is larger."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


def _cookie(scope, value: str, seconds: int) -> str:
    forwarded = any(
        name.lower() == b"x-forwarded-proto" and b"https" in value for name, value in scope["headers"]
    )  # a pass that is sent over TLS alone can do no harm, whoever says so
    secure = "; Secure" if scope.get("scheme") == "https" or forwarded else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def page(sentence: str, going: str, name: str = "", error: bool = False) -> str:
    """The form, whole: nothing else is served before the code."""
    words = {"sentence": sentence, "going": going, "name": name, "most": str(NAME_LENGTH)}
    written = {key: html.escape(text, quote=True) for key, text in words.items()}
    return _PAGE.substitute(written, kind="error" if error else "lead", role="alert" if error else "note")
