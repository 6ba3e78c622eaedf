"""How every verb speaks: one JSON object or a text on standard output, all else on standard error."""

import json
import sys
import time
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def emit(as_json: bool, value: dict, text: str) -> None:
    """Print the object for scripts or the text for people."""
    print(json.dumps(value, ensure_ascii=False) if as_json else text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def counter(thing: str):
    """A `report(done, total)` that says about once a second how many of the things are done."""
    last = [time.monotonic()]

    def report(done: int, total: int | None) -> None:
        if time.monotonic() - last[0] > 1:
            last[0] = time.monotonic()
            say(f"{done} of {total} {thing}" if total else f"{done} {thing}")

    return report
