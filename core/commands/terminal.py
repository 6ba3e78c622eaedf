"""How every verb speaks: one JSON object or a text on standard output, all else on standard error."""

import json
import sys
import time
import unicodedata
from typing import Annotated

import typer

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # the direction of writing
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def emit(as_json: bool, value: dict, text: str) -> None:
    """Print the object for scripts or the text for people."""
    print(inert(json.dumps(value, ensure_ascii=False)) if as_json else inert(text))


def say(text: str) -> None:
    print(inert(text), file=sys.stderr, flush=True)


def inert(text: str) -> str:
    """`text` without what a terminal obeys: file names and tables from elsewhere may hold its commands."""
    return "".join("\ufffd" if _obeyed(letter) else letter for letter in text)


def _obeyed(letter: str) -> bool:
    return letter in _TURNING or (letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs"))


def counter(*things: str):
    """A `report(done, total)` that says about once a second how many are done, how many a second, and the time left.

    A count that begins anew is the next of the things: "photos", then "photos compared".
    """
    began = last = time.monotonic()
    stage, before = 0, 0

    def report(done: int, total: int | None) -> None:
        nonlocal began, last, stage, before
        now = time.monotonic()
        if done < before:
            began, stage = now, min(stage + 1, len(things) - 1)
        before = done
        if now - last > 1:
            last = now
            say(counted(things[stage], done, total, now - began))

    return report


def counted(thing: str, done: int, total: int | None, seconds: float) -> str:
    """ "1,200 of 3,010 photos, 340 a second, 0:05 left"."""
    rate = done / max(seconds, 0.001)
    pieces = [f"{done:,} of {total:,} {thing}" if total else f"{done:,} {thing}", f"{rate:,.0f} a second"]
    if total and rate:
        minutes, left = divmod(round((total - done) / rate), 60)
        pieces.append(f"{minutes}:{left:02d} left")
    return ", ".join(pieces)
