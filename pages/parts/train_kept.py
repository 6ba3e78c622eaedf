"""What trainings keep on disk since it can be computed again: how much, and a way to delete it."""

import pandas as pd
import streamlit as st

from core.errors import UnknownBackbone
from core.models import find_backbone
from core.settings import settings
from core.training import kept
from core.training.kept import Entry
from pages.parts import visitors, words

ROWS = 8  # shown without scrolling
_MENU = "train_kept"


def kept_outputs() -> None:
    """The button; what it opens is looked up only then."""
    menu = st.popover("Kept outputs", icon=":material/inventory_2:", key=_MENU, on_change="rerun")
    if menu.open:
        with menu:
            _entries(kept.entries(settings()))


def _entries(found: list[Entry]) -> None:
    if not found:
        st.caption("Nothing is kept yet. What frozen layers make of the photos is kept when a training first needs it.")
        return
    size = sum(entry.bytes for entry in found)
    st.markdown(f"**{_size(size)}** of at most {_size(kept.LIMIT)}")
    st.caption(
        "What frozen layers made of the photos, fixed augmented copies, and photos at their size for training, shared "
        "by all runs. What was not used for longest goes first when the space is used up."
    )
    chosen = _table(found)
    doomed = chosen or found
    label = f"Delete {words.count(len(chosen), 'ticked one')}" if chosen else "Delete all"
    st.button(
        f"{label} ({_size(sum(entry.bytes for entry in doomed))})",
        key="train_kept_delete",
        icon=":material/delete:",
        disabled=not visitors.current().teacher,
        on_click=_delete,
        args=(doomed,),
        help="No run and no result is lost: what a training needs again is computed again. A job that reads one goes "
        "on, and its bytes come free when the job ends.",
    )


def _table(found: list[Entry]) -> list[Entry]:
    """The entries, and which of them are ticked."""
    rows = [{"What": _what(entry), "Size": _size(entry.bytes), "Last used": words.ago(entry.used)} for entry in found]
    picked = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * min(len(found), ROWS),
        # Other rows are another table: ticks are kept by place.
        key="train_kept_" + "_".join(entry.id[:6] for entry in found[:20]) + f"_{len(found)}",
        on_select="rerun",
        selection_mode="multi-row",
        alt="Kept outputs; tick rows to delete those only",
    )
    return [found[row] for row in picked.selection.rows if row < len(found)]


def _delete(doomed: list[Entry]) -> None:
    gone = kept.delete(settings(), doomed)
    freed = f"Deleted {words.count(len(gone), 'kept output')}: {_size(sum(entry.bytes for entry in gone))}."
    busy = len(doomed) - len(gone)
    st.toast(freed + (f" {busy} stayed, since a job computes it just now." if busy else ""), icon=":material/check:")


def _what(entry: Entry) -> str:
    """ "Xception, output of 116 layers", "photos at 96 px", "augmented copies"."""
    if entry.kind == "decoded":
        return f"photos at {entry.input_size} px"
    if entry.kind == "copies":
        return "augmented copies"
    try:
        title = find_backbone(entry.backbone or "").title
    except UnknownBackbone:
        title = "home-made network"
    return f"{title}, output of {entry.layers} layers"


def _size(size: int) -> str:
    return words.memory(size / 2**20)
