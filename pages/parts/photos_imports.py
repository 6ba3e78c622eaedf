"""Imports that are going on: each in a thread of its own, so that it survives a page switch and a closed tab."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.datasets import left_out
from core.errors import ThawError
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, selection, words

Report = Callable[[int, int | None], None]

_MINE = "photos_imports"  # what this visitor started and has not been told the end of
_SHOWN = "photos_imported"  # the last one that ended
_KEPT = 20  # ended imports that are remembered


class Cancelled(Exception):
    """Somebody pressed Cancel."""


@dataclass
class Import:
    """One import; written by its thread, read by the pages."""

    name: str
    done: int = 0
    total: int | None = None
    began: float | None = None  # time.monotonic(); None while it waits for another import
    seconds: float | None = None  # how long it took, once it is over
    result: Any = None  # a Dataset, or the list of demo datasets
    error: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.seconds is not None

    def sentence(self) -> str:
        """ "Plants: 1,200 of 3,010 files · 340 a second · 0:05 left"."""
        if self.began is None:
            return f"{words.plain(self.name)}: waiting for another import"
        rate = self.done / max(time.monotonic() - self.began, 0.1)
        of = f" of {self.total:,}" if self.total else ""
        pieces = [f"{words.plain(self.name)}: {self.done:,}{of} files"]
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

    def start(self, name: str, work: Callable[[Report], Any]) -> Import:
        """Run `work(report)` in the background; what it returns is the result, a ThawError the reason it failed."""
        entry = Import(name)
        self.all = [
            *[known for known in self.all if not known.over],
            *[known for known in self.all if known.over][-_KEPT:],
        ]
        self.all.append(entry)
        threading.Thread(target=self._run, args=(entry, work), name="thaw-import", daemon=True).start()
        return entry

    def _run(self, entry: Import, work: Callable[[Report], Any]) -> None:
        def report(done: int, total: int | None) -> None:
            entry.done, entry.total = done, total
            if entry.cancel.is_set():
                raise Cancelled

        with self._turn:
            entry.began = time.monotonic()
            try:
                report(0, None)
                entry.result = work(report)
            except Cancelled:
                entry.error = "The import was cancelled; nothing was kept."
            except ThawError as error:
                entry.error = str(error)
            except OSError as error:
                entry.error = (
                    f"The photos could not be stored ({error.strerror or type(error).__name__}). Nothing was kept."
                )
            except Exception as error:  # a thread has nobody above it who could say so
                entry.error = f"The import stopped on an unexpected error ({type(error).__name__}). Nothing was kept."
            entry.seconds = time.monotonic() - entry.began


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """The imports of this server."""
    return Registry()


def start(name: str, work: Callable[[Report], Any]) -> None:
    """Start an import for this visitor; the page shows how far it is and then its photos."""
    st.session_state.setdefault(_MINE, []).append(registry().start(name, work))
    st.session_state.pop(_SHOWN, None)


def refuse(error: str) -> None:
    """Tell this visitor why an import was not even started."""
    st.session_state[_SHOWN] = Import("", seconds=0.0, error=error)


def running() -> bool:
    """Whether the page has an import to show, of anybody, or the end of this visitor's to tell."""
    return any(not entry.over for entry in registry().all) or bool(st.session_state.get(_MINE))


def failed() -> bool:
    """Whether this visitor's last import ended with an error."""
    return bool(getattr(st.session_state.get(_SHOWN), "error", ""))


@st.fragment(run_every=0.5)
def progress() -> None:
    """A bar for each import of this server; when one of this visitor's ends, its photos are chosen."""
    mine = st.session_state.get(_MINE, [])
    if ended := [entry for entry in mine if entry.over]:
        st.session_state[_MINE] = [entry for entry in mine if not entry.over]
        st.session_state[_SHOWN] = ended[-1]
        loaders.dataset_list.clear()
        loaders.split_list.clear()
        if isinstance(ended[-1].result, Dataset):
            selection.choose(dataset=ended[-1].result.id)
        st.rerun()
    for number, entry in enumerate(registry().all):
        if not entry.over:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.progress(words.share(entry.done, entry.total or 0), text=entry.sentence())
                if entry in mine:
                    st.button(
                        "Cancel",
                        key=f"photos_cancel_{number}",
                        on_click=entry.cancel.set,
                        help="Stops the import; nothing of it is kept.",
                    )


def outcome() -> None:
    """What became of this visitor's last import, until the next one starts."""
    entry: Import | None = st.session_state.get(_SHOWN)
    if entry is None:
        return
    if entry.error:
        about = f"{words.plain(entry.name)}: " if entry.name else ""
        st.error(about + words.plain(entry.error), icon=":material/error:")
    elif isinstance(entry.result, Dataset):
        dataset = entry.result
        out = left_out(settings(), dataset.id)
        st.success(
            f"{words.plain(dataset.name)}: {words.count(dataset.photos, 'photo')} in "
            f"{words.count(len(dataset.classes), 'class', 'classes')}, {words.duration(entry.seconds)} for "
            f"{words.count(entry.done, 'file')}. They were turned upright, and what a phone writes of place and date "
            "was removed." + (f" {words.count(len(out), 'file')} left out, listed below." if len(out) else ""),
            icon=":material/check:",
        )
