"""The home-made network that is being made: its blocks as the screen edits them.

They are kept apart from the plan, so that neither a page switch nor a block that can't be built loses anything: the
plan holds the last network that could be.
"""

import itertools

import streamlit as st
from pydantic import ValidationError

from core.models import DESIGNS
from core.records import MOST_CONVOLUTIONS, ConvBlock, HomeMade, RunSpec

MOST_BLOCKS = 24  # what a HomeMade takes
NAME_LENGTH = 60
CHANGED = ", changed"
_BLOCKS = "_train_blocks"
_NAME = "_train_network_name"
_number = itertools.count()


def take(network: HomeMade | None) -> None:
    """Edit this network from now on; None where the plan has no home-made one."""
    st.session_state[_BLOCKS] = [_entry(block) for block in network.blocks] if network else []
    st.session_state[_NAME] = network.name if network else ""


def entries() -> list[dict]:
    """The blocks as they stand: an id, and the values of a ConvBlock."""
    return st.session_state.get(_BLOCKS, [])


def key(entry: dict, field: str) -> str:
    """Key of the widget of a block's field."""
    return f"train_block_{entry['id']}_{field}"


def name_key() -> str:
    """Key of the name's box; another one when the name came from elsewhere."""
    return f"train_network_name_{design() or ''}_{entries()[0]['id']}"


def name() -> str:
    return st.session_state.get(_NAME, "")


def heard(spec: RunSpec) -> RunSpec:
    """Take over what the widgets say before anything is drawn that speaks of it; the plan with the network they say."""
    if spec.network is None:
        return spec
    _hear()
    found, _ = built()
    return spec if found is None else spec.model_copy(update={"network": found})


def _hear() -> None:
    if not entries():
        return
    said = st.session_state.get(name_key())
    if said is not None:
        st.session_state[_NAME] = said.strip()[:NAME_LENGTH]
    for entry in entries():
        for field in entry["values"]:
            value = st.session_state.get(key(entry, field))
            if value is not None:
                entry["values"][field] = _meant(field, value)
    _rename()


def _meant(field: str, value):
    """A widget has no choice None: it says "none"."""
    return None if value == "none" and field in ("pooling", "batch_normalization") else value


def _rename() -> None:
    """A ready design's name is that of its blocks alone."""
    now, known = name().removesuffix(CHANGED), design()
    ready = {DESIGNS[each].network.name for each in DESIGNS}
    if now in ready:
        same = known is not None and DESIGNS[known].network.name == now
        st.session_state[_NAME] = now if same else now + CHANGED


def built() -> tuple[HomeMade | None, dict[int, str]]:
    """The network that the blocks are, or what is wrong: a sentence by the id of the block."""
    blocks, wrong = [], {}
    for entry in entries():
        try:
            blocks.append(ConvBlock.model_validate(entry["values"]))
        except ValidationError:
            wrong[entry["id"]] = _sentence(entry)
    if wrong:
        return None, wrong
    try:
        return HomeMade(name=name(), blocks=tuple(blocks)), {}
    except ValidationError:
        total, last = sum(block.convolutions for block in blocks), entries()[-1]["id"]
        return None, {
            last: f"At most {MOST_CONVOLUTIONS} convolutions or modules may stand in one network. "
            f"Received: {total}. Leave a block out, or choose fewer in some."
        }


def _sentence(entry: dict) -> str:
    filters = entry["values"]["filters"]
    below = max(filters // 16, 1) * 16
    return (
        f"An inception module shares its filters out by sixteenths. Received: {filters}. "
        f"Choose {below} or {below + 16}."
    )


def problem() -> str | None:
    """What is wrong with the first block that can't be built, with its number."""
    _, wrong = built()
    for position, entry in enumerate(entries(), start=1):
        if entry["id"] in wrong:
            return f"Block {position}: {wrong[entry['id']]}"
    return None


def design() -> str | None:
    """The ready design that the blocks are, whatever its name; None where they are one's own."""
    found = [entry["values"] for entry in entries()]
    for each, ready in DESIGNS.items():
        if [block.model_dump() for block in ready.network.blocks] == found:
            return each
    return None


def add() -> None:
    """One more block at the end, as the last one; a callback."""
    if entries():
        copy(entries()[-1]["id"])


def copy(number: int) -> None:
    """The same block once more behind it; a callback."""
    _hear()
    place = _place(number)
    if place is not None and len(entries()) < MOST_BLOCKS:
        entries().insert(place + 1, {"id": next(_number), "values": dict(entries()[place]["values"])})


def remove(number: int) -> None:
    """Take a block out, unless it is the only one; a callback."""
    place = _place(number)
    if place is not None and len(entries()) > 1:
        del entries()[place]


def move(number: int, by: int) -> None:
    """One place earlier (-1) or later (1); a callback."""
    place = _place(number)
    if place is not None:
        entries().insert(max(place + by, 0), entries().pop(place))


def _place(number: int) -> int | None:
    """None where a browser speaks of a block that is gone."""
    return next((place for place, entry in enumerate(entries()) if entry["id"] == number), None)


def _entry(block: ConvBlock) -> dict:
    """Its id is new each time, so that no old widget's value comes back."""
    return {"id": next(_number), "values": block.model_dump()}
