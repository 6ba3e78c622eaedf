"""Passes: who a visitor is, signed, in a cookie that no script reads; nothing else a browser says of it is trusted."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from functools import lru_cache

from itsdangerous import BadData, URLSafeTimedSerializer

from core.records import Visitor
from core.serving.codes import Codes, class_codes, plain
from core.settings import Settings

COOKIE = "thaw_pass"
HOURS = 12  # a school day
NAME_LENGTH = 40


class Passes:
    """Issues and reads passes. One is good as long as the code it was given for is, and 12 hours at most."""

    def __init__(self, codes: Callable[[], Codes]):
        """codes: those of now, asked anew each time, since the teacher may make others."""
        self._codes = codes

    def admit(self, code: str, name: str) -> Visitor | None:
        """The visitor who typed this code and this name; None where the code is neither of the two."""
        typed, codes = plain(code).encode(), self._codes()
        teacher = hmac.compare_digest(typed, codes.teacher.encode())
        pupil = hmac.compare_digest(typed, codes.pupils.encode())
        if not (teacher or pupil):
            return None
        name = tidy(name)
        return Visitor(id=visitor_id(name, teacher), name=name, teacher=teacher)

    def issue(self, visitor: Visitor) -> str:
        """The cookie's value for a visitor."""
        codes = self._codes()
        return _signer(codes).dumps([visitor.id, visitor.name, visitor.teacher, _code_of(codes, visitor.teacher)])

    def read(self, value: str | None) -> Visitor | None:
        """The visitor of a cookie's value; None where it is none of ours, too old, or of an earlier code."""
        if not value:
            return None
        codes = self._codes()
        try:
            visitor, name, teacher, of = _signer(codes).loads(value, max_age=HOURS * 3600)
        except (BadData, ValueError, TypeError):
            return None
        return Visitor(id=visitor, name=name, teacher=teacher) if of == _code_of(codes, teacher) else None


def _signer(codes: Codes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(codes.key, salt=COOKIE, signer_kwargs={"digest_method": hashlib.sha256})


def _code_of(codes: Codes, teacher: bool) -> str:
    """What ties a pass to the code it was given for."""
    return hashlib.sha256((codes.teacher if teacher else codes.pupils).encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def passes_of(settings: Settings) -> Passes:
    """The passes of a data folder's class."""
    return Passes(lambda: class_codes(settings))


def tidy(name: str) -> str:
    """A visitor's name as it is kept: one line of printable letters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:NAME_LENGTH].strip()


def visitor_id(name: str, teacher: bool = False) -> str:
    """A new owner's id, which a person can still recognise: "mia-4f2a91"."""
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-")
    return f"{short or ('teacher' if teacher else 'visitor')}-{secrets.token_hex(3)}"


def cookie_of(scope) -> str | None:
    """The value of the pass in a request's cookies; None where there is none."""
    for name, value in scope["headers"]:
        if name.lower() == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, text = part.strip().partition("=")
                if key == COOKIE:
                    return text
    return None
