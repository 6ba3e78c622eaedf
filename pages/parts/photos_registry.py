"""Imports and splits that are being made in this server: each in a thread of its own, so that it survives a page switch
and a closed tab.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core import disk_errors
from core.errors import ThawError
from core.settings import settings
from pages.parts import words

Report = Callable[[int, int | None], None]

IMPORT, SPLIT = "import", "split"  # what is made, and where the page shows it
_KEPT = 20  # ended imports that are remembered
# What is counted at first, and what once the count begins anew: photos are decoded, then measured for near copies.
_COUNTED = {IMPORT: ("files", "photos compared"), SPLIT: ("photos compared", "photos compared")}


class Cancelled(Exception):
    """Somebody pressed Cancel."""


@dataclass
class Import:
    """One import, or the making of one split; written by its thread, read by the pages."""

    name: str
    place: str = IMPORT
    done: int = 0
    total: int | None = None
    files: int = 0  # done before the count began anew
    stage: int = 0  # how often the count began anew
    began: float | None = None  # time.monotonic() of this stage; None while it waits for another import
    seconds: float | None = None  # how long it took, once it is over
    result: Any = None  # a Dataset, a Split, or the list of demo datasets
    error: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.ended.is_set()

    def count(self, done: int, total: int | None) -> None:
        """Take note of how far it is. Raises Cancelled where somebody pressed Cancel."""
        if done < self.done:
            self.stage, self.began = self.stage + 1, time.monotonic()
        self.done, self.total = done, total
        self.files = self.files if self.stage else done
        if self.cancel.is_set():
            raise Cancelled

    def sentence(self) -> str:
        """ "Plants: 1,200 of 3,010 files · 340 a second · 0:05 left"."""
        name = words.plain(self.name)
        if self.began is None:
            return f"{name}: waiting for another import"
        if not self.done:
            return f"{name}: looking at the files" if self.place == IMPORT else f"{name}: looking for near copies"
        rate = self.done / max(time.monotonic() - self.began, 0.1)
        of = f" of {self.total:,}" if self.total else ""
        pieces = [f"{name}: {self.done:,}{of} {_COUNTED[self.place][min(self.stage, 1)]}"]
        if self.done > 20:
            pieces.append(f"{rate:,.0f} a second")
            if self.total:
                pieces.append(f"{words.duration((self.total - self.done) / rate)} left")
        return " · ".join(pieces)


class Registry:
    """All imports of this server; one reads photos at a time, since each of them keeps all cores busy."""

    def __init__(self):
        self.all: list[Import] = []
        self._turn = threading.Lock()
        self._free = threading.Lock()  # of a split, which is quick unless photos are measured for it

    def start(self, name: str, work: Callable[[Report], Any], place: str = IMPORT) -> Import:
        """Run `work(report)` in the background; what it returns is the result, a ThawError the reason it failed."""
        entry = Import(name, place)
        self.all = [
            *[known for known in self.all if not known.over],
            *[known for known in self.all if known.over][-_KEPT:],
        ]
        self.all.append(entry)
        threading.Thread(target=self._run, args=(entry, work), name="thaw-import", daemon=True).start()
        return entry

    def _run(self, entry: Import, work: Callable[[Report], Any]) -> None:
        with self._turn if entry.place == IMPORT else self._free:
            started = entry.began = time.monotonic()
            try:
                entry.count(0, None)
                entry.result = work(entry.count)
            except Cancelled:
                entry.error = f"The {entry.place} was cancelled; nothing was kept."
            except ThawError as error:
                entry.error = str(error)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                said = disk_errors.in_words(error, settings().home)
                entry.error = str(said or f"The {entry.place} could not be stored ({reason}). Nothing was kept.")
            except Exception as error:  # a thread has nobody above it who could say so
                entry.error = (
                    f"The {entry.place} stopped on an unexpected error ({type(error).__name__}). Nothing was kept."
                )
            entry.seconds = time.monotonic() - started
            entry.ended.set()


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """The imports of this server."""
    return Registry()
