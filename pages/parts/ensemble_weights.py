"""Weights by hand: a short text in the address, "1,0.5,2", in the order in which the members were switched on."""

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts import selection

KEY = "ensemble_weights"
MOST = 1000.0  # as `core.records.Member` has it
_KNOWN = "_ensemble_weights_known"  # by run id: a member that is switched off and on again keeps its weight
_READ = "_ensemble_weights_read"  # the text as it was when it was last read


def weights() -> dict[str, float]:
    """Weight of each ticked run, 0 to `MOST`; draws the text that the address holds."""
    ticked = selection.runs()
    known = st.session_state.setdefault(_KNOWN, {})
    text = st.session_state.get(KEY, st.query_params.get(KEY, ""))
    if text != st.session_state.get(_READ):  # typed, or from an address
        known.update(read(text, ticked))
    written = write(known, ticked)
    if text != written:
        st.session_state[KEY] = written
    # The first time, an address with junk in it still stands in the box: it was read, and is tidy the next time.
    st.session_state[_READ] = st.text_input(
        "All weights",
        key=KEY,
        bind="query-params",
        width=220,
        max_chars=2000,
        help="One number a member, 0 to 1,000, in the order in which they were switched on. Members at 0 don't count; "
        "only the ratios matter.",
    )
    return {run: known.get(run, 1.0) for run in ticked}


def put(by_run: Mapping[str, float]) -> None:
    """Set weights; for callbacks."""
    st.session_state[_KNOWN] = st.session_state.get(_KNOWN, {}) | dict(by_run)
    # What stands in the text is older than this, and must not be read once more.
    st.session_state[_READ] = st.session_state.get(KEY, "")


def read(text: str, runs: Sequence[str]) -> dict[str, float]:
    """Run id -> weight; what is no number from 0 to `MOST`, and what is missing, is 1."""
    pieces = text.split(",")
    return {run: _number(pieces[place]) if place < len(pieces) else 1.0 for place, run in enumerate(runs)}


def _number(piece: str) -> float:
    try:
        value = float(piece.strip()[:20])
    except ValueError:
        return 1.0
    return min(max(value, 0.0), MOST) if math.isfinite(value) else 1.0


def write(known: Mapping[str, float], runs: Sequence[str]) -> str:
    """ "1,0.5,2"."""
    return ",".join(f"{known.get(run, 1.0):.6g}" for run in runs)
