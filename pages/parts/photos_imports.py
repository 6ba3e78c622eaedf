"""What this visitor imports and divides: how far it is, and what came of it. What belongs to an import is shown at the
top of the page, what belongs to a split beside its controls.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import datasets
from core.records import Dataset, Split
from core.settings import settings
from pages.parts import loaders, selection, words
from pages.parts.photos_registry import IMPORT, SPLIT, Import, Report, registry

__all__ = ["IMPORT", "SPLIT", "failed", "outcome", "progress", "refuse", "registry", "running", "start"]

_MINE = "photos_imports"  # what this visitor started and has not been told the end of
_SHOWN = "photos_imported"  # place -> the last one that ended


def start(name: str, work: Callable[[Report], Any], place: str = IMPORT, patience: float = 0.0) -> None:
    """Start something for this visitor; the page shows how far it is and then what came of it.

    It is waited for so many seconds, for what is mostly quick.
    """
    entry = registry().start(name, work, place)
    st.session_state.setdefault(_MINE, []).append(entry)
    st.session_state.setdefault(_SHOWN, {}).pop(place, None)
    if patience and entry.ended.wait(patience):
        _tell_ended(place)


def refuse(error: str) -> None:
    """Tell this visitor why an import was not even started."""
    st.session_state.setdefault(_SHOWN, {})[IMPORT] = Import("", seconds=0.0, error=error)


def running(place: str = IMPORT) -> bool:
    """Whether the page has something to show there, of anybody, or the end of this visitor's to tell."""
    return any(not entry.over and entry.place == place for entry in registry().all) or bool(_mine(place))


def failed() -> bool:
    """Whether this visitor's last import ended with an error."""
    return bool(getattr(_last(IMPORT), "error", ""))


def _mine(place: str) -> list[Import]:
    return [entry for entry in st.session_state.get(_MINE, []) if entry.place == place]


def _last(place: str) -> Import | None:
    return st.session_state.get(_SHOWN, {}).get(place)


def _tell_ended(place: str) -> bool:
    """Choose what came of this visitor's work that ended; whether any did."""
    ended = [entry for entry in _mine(place) if entry.over]
    if not ended:
        return False
    st.session_state[_MINE] = [entry for entry in st.session_state[_MINE] if entry not in ended]
    st.session_state.setdefault(_SHOWN, {})[place] = ended[-1]
    loaders.dataset_list.clear()
    loaders.split_list.clear()
    result = ended[-1].result
    if isinstance(result, Dataset):
        selection.choose(dataset=result.id)
    elif isinstance(result, Split):
        selection.choose(dataset=result.dataset, split=result.id)
    return True


@st.fragment(run_every=0.5)
def progress(place: str = IMPORT) -> None:
    """A bar for each that is going on in this server; when one of this visitor's ends, what came of it is chosen."""
    if _tell_ended(place):
        st.rerun()
    mine = _mine(place)
    for number, entry in enumerate(registry().all):
        if not entry.over and entry.place == place and (entry in mine or place == IMPORT):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.progress(words.share(entry.done, entry.total or 0), text=entry.sentence())
                if entry in mine:
                    st.button(
                        "Cancel",
                        key=f"photos_cancel_{place}_{number}",
                        on_click=entry.cancel.set,
                        help="Stops it; nothing of it is kept.",
                    )


def outcome(place: str = IMPORT) -> None:
    """What became of this visitor's last import or split, until the next one starts."""
    entry = _last(place)
    if entry is None:
        return
    if entry.error:
        about = f"{words.plain(entry.name)}: " if entry.name else ""
        st.error(about + words.plain(entry.error), icon=":material/error:")
    elif isinstance(entry.result, Dataset):
        dataset = entry.result
        out = datasets.left_out(settings(), dataset.id)
        st.success(
            f"{words.plain(dataset.name)}: {words.count(dataset.photos, 'photo')} in "
            f"{words.count(len(dataset.classes), 'class', 'classes')}, {words.duration(entry.seconds)} for "
            f"{words.count(entry.files, 'file')}. They were turned upright, and what a phone writes of place and date "
            "was removed." + (f" {words.count(len(out), 'file')} left out, listed below." if len(out) else ""),
            icon=":material/check:",
        )
