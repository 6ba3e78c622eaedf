"""A freeze sweep from the plan on the Train screen: the same plan with several cuts and seeds."""

import streamlit as st

from core.errors import ThawError
from core.jobs import sweep as sweeps
from core.models import Backbone, backbone_of, blocks
from core.records import RunSpec
from core.settings import settings
from pages.parts import loaders, visitors, words

_MESSAGE = "_train_sweep_message"
SUGGESTED = 5  # cuts, the deepest narrow ones


def sweep(spec: RunSpec, wrong: bool) -> None:
    """The form under Start, and what became of the last press."""
    with st.expander("Sweep: how many layers should stay frozen?", icon=":material/linear_scale:"):
        st.caption(
            "Trains this plan once for each cut of its last phase and each seed. Seeds show how far two trainings of "
            "the same plan differ: three of each cut are the least that can tell two cuts apart."
        )
        backbone = backbone_of(spec)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = st.text_input(
                "Frozen layers, with commas",
                ", ".join(map(str, suggestions(backbone))),
                key=f"train_sweep_cuts_{backbone.key}",
                width=330,
                help=f"0 to {backbone.layers}. Cuts that train the same weights, as before and after a pooling layer, "
                "are trained once.",
            )
            seeds = st.number_input(
                "Seeds of each", 1, 10, 3, key="train_sweep_seeds", width=140, help="Counted up from the plan's seed."
            )
            cuts = numbers(text)
            planned = _planned(spec, cuts, seeds)
            pressed = st.button(
                "Queue the sweep",
                key="train_sweep_start",
                icon=":material/playlist_add:",
                disabled=wrong or planned is None,
                help="Queues all of them and returns at once; those that have a run already are joined.",
            )
        if planned is not None:
            st.caption(described(planned))
        if pressed and planned is not None:
            submit(spec, cuts, seeds)
            st.rerun()
        if message := st.session_state.pop(_MESSAGE, None):
            kind, said = message
            (st.error if kind == "error" else st.success)(words.plain(said))


def suggestions(backbone: str | Backbone) -> list[int]:
    """The ends of the last blocks: cuts where a single tensor crosses, so that the part before them can be kept."""
    ends = [block.last + 1 for block in blocks(backbone) if block.cuts and block.parameters]
    return ends[-SUGGESTED:]


def numbers(text: str) -> list[int] | None:
    """The cuts that were typed; None where they are no whole numbers."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if not pieces or not all(piece.isdecimal() and len(piece) < 6 for piece in pieces):
        return None
    return [int(piece) for piece in pieces]


def _planned(spec: RunSpec, cuts: list[int] | None, seeds: int) -> sweeps.Plan | None:
    if cuts is None:
        st.error("Give whole numbers with commas between, such as 6, 8, 10.", icon=":material/error:")
        return None
    try:
        return sweeps.plan(spec, cuts, range(spec.seed, spec.seed + seeds))
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None


def described(planned: sweeps.Plan) -> str:
    """ "6 trainings: 3 cuts, 2 seeds of each. 11 trains the same weights as 10 and is left out."."""
    seeds = len({spec.seed for spec in planned.specs})
    text = (
        f"{words.count(len(planned.specs), 'training')}: {words.count(len(planned.cuts), 'cut')}, "
        f"{words.count(seeds, 'seed')} of each."
    )
    return text + "".join(
        f" {k} trains the same weights as {same} and is left out." for k, same in planned.left_out[:4]
    )


def submit(spec: RunSpec, cuts: list[int], seeds: int) -> None:
    try:
        with st.spinner("Looking at the plans …"):
            runs, _ = sweeps.submit(settings(), spec, cuts, range(spec.seed, spec.seed + seeds), visitors.current())
    except ThawError as error:
        st.session_state[_MESSAGE] = ("error", str(error))
    else:
        done = sum(run.status.over for run in runs)
        waiting = f"{words.count(len(runs) - done, 'training')} queued"
        there = f", {done} were there already" if done else ""
        st.session_state[_MESSAGE] = (
            "good",
            f"{waiting}{there}. As they finish, open one of them: its page on Compare has the view “Sweep”.",
        )
    loaders.runs.clear()
