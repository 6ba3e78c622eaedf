"""Audits that are going on: each dataset is looked at once, in a thread, while its page stays usable."""

import threading
import time
from dataclasses import dataclass, field

import streamlit as st

from core.datasets.audit import Finding, audit
from core.datasets.measures import measures
from core.datasets.near_copies import all_groups, groups_known
from core.errors import ThawError
from core.records import Dataset, Split
from core.settings import Settings, settings
from pages.parts import words

AT_ONCE = 10_000  # photos up to which an audit starts by itself; it takes some ten seconds
_A_SECOND = 700  # photos, for a first guess
_KEPT = 64  # audits that are remembered


@dataclass
class Audit:
    """The measuring of one dataset; written by its thread, read by the pages."""

    done: int = 0
    total: int = 0
    began: float = field(default_factory=time.monotonic)
    error: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def sentence(self) -> str:
        """ "Looking at the photos: 1,200 of 3,010 · 900 a second · 0:02 left"."""
        if not self.done:
            return "Looking at the photos"
        if self.done == self.total:
            return "Looking for near copies"
        rate = self.done / max(time.monotonic() - self.began, 0.1)
        left = words.duration((self.total - self.done) / rate)
        return f"Looking at the photos: {self.done:,} of {self.total:,} · {rate:,.0f} a second · {left} left"


@st.cache_resource(show_spinner=False)
def _audits() -> dict[str, Audit]:
    """The audits of this server, by dataset id."""
    return {}


def find(dataset: Dataset) -> Audit | None:
    """The audit of this dataset, going on or ended; None where none was started in this server."""
    return _audits().get(dataset.id)


def known(dataset: Dataset) -> bool:
    """Whether the findings are there at once."""
    going = find(dataset)
    return (going is not None and going.ended.is_set() and not going.error) or groups_known(settings(), dataset)


def start(dataset: Dataset) -> None:
    """Start an audit, unless the dataset's is going on."""
    audits, going = _audits(), find(dataset)
    if going is not None and not going.ended.is_set():
        return
    for old in [key for key, entry in audits.items() if entry.ended.is_set()][:-_KEPT]:
        del audits[old]
    audits[dataset.id] = entry = Audit()
    # The settings are read here: a thread that outlives its caller must not look at other ones.
    threading.Thread(target=_run, args=(entry, settings(), dataset), name="thaw-audit", daemon=True).start()


def _run(entry: Audit, home: Settings, dataset: Dataset) -> None:
    def report(done: int, total: int | None) -> None:
        entry.done, entry.total = done, total or 0

    try:
        measures(home, dataset, report)
        all_groups(home, dataset)
    except ThawError as error:
        entry.error = str(error)
    except Exception as error:  # a thread has nobody above it who could say so
        entry.error = f"The photos could not be looked at ({type(error).__name__})."
    entry.ended.set()


def findings(dataset: Dataset, split: Split | None) -> list[Finding]:
    """What was found, worst first; quick once `known`."""
    # The whole record: its decisions count, and what another import of the same photos left out.
    return _findings(dataset.model_dump_json(), split.id if split else "", dataset, split)


@st.cache_resource(max_entries=16, show_spinner=False)
def _findings(record: str, split_id: str, _dataset: Dataset, _split: Split | None) -> list[Finding]:  # noqa: ARG001
    # What is not read here is the cache's key; Streamlit leaves names with an underscore out of it.
    return audit(settings(), _dataset, _split)


def guess(dataset: Dataset) -> str:
    """About how long an audit would take: "1:20"."""
    return words.duration(dataset.photos / _A_SECOND)
