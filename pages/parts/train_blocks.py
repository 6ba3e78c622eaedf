"""The blocks of a home-made network: a row each, the way to more of them, and a drawing of what they are."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import network_drawing
from core.models import DESIGNS, backbone_of, home_made
from core.models.advice import advice
from core.models.thaw import frozen_layers
from core.records import Phase, RunSpec
from pages.parts import selection, train_block_row, train_layers, train_network, train_plan, words

# A block stays on one line; below 1,100 px the drawing goes under the blocks.
_STYLE = """
<style>
[class*="st-key-train_block_row_"] { flex-wrap: nowrap; }
[class*="st-key-train_block_row_"] > .stElementContainer:first-child { padding-bottom: .55rem; }
[class*="st-key-train_block_row_"] [data-testid="stCaptionContainer"] { margin: 0; }
[class*="st-key-train_block_row_"] [data-testid="stCaptionContainer"] p { font-size: .75rem; line-height: 1.2; }
.st-key-train_drawing { overflow: auto; align-items: center; }
.st-key-train_drawing > * { flex-shrink: 0; }
/* Streamlit gives all text of a graph one small size; Graphviz has left room for these. */
.st-key-train_drawing svg text { font-size: SMALLpx; }
.st-key-train_drawing svg text[font-weight="bold"] { font-size: LARGEpx; }
@media (max-width: 1100px) {
  .st-key-train_blocks > div > .stHorizontalBlock { flex-direction: column; }
  .st-key-train_blocks > div > .stHorizontalBlock > .stColumn { width: 100%; flex: 1 1 auto; }
}
</style>
""".replace("SMALL", str(network_drawing.SMALL)).replace("LARGE", str(network_drawing.LARGE))


def blocks() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The editor; returns the places under it and beside it."""
    st.html(_STYLE)
    with st.container(key="train_blocks"):
        left, right = st.columns([3, 2], gap="medium")
    with left:
        _design()
        _, wrong = train_network.built()
        for position, entry in enumerate(train_network.entries()):
            train_block_row.row(position, entry)
            if entry["id"] in wrong:
                st.error(f"Block {position + 1}: {wrong[entry['id']]}", icon=":material/error:")
        st.button(
            "Add a block",
            icon=":material/add:",
            on_click=train_network.add,
            key="train_block_add",
            disabled=len(train_network.entries()) >= train_network.MOST_BLOCKS,
            help=f"As the last one, to be changed; up to {train_network.MOST_BLOCKS} blocks.",
        )
    return left, right


def described(spec: RunSpec, classes: int, under: DeltaGenerator, beside: DeltaGenerator | None) -> None:
    """What is known to go badly with such a network, and, where it is home-made, its drawing."""
    with under:
        for sentence in advice(backbone_of(spec), spec.head, classes, spec.input_size):
            st.info(sentence, icon=":material/lightbulb:")
    if beside is not None:
        with beside:
            _drawing(spec, classes, train_layers.shown_phase(spec))


def _drawing(spec: RunSpec, classes: int, phase: Phase) -> None:
    """The network from photo to class, for the photo size of the plan, frozen as in `phase`."""
    backbone = backbone_of(spec)
    frozen = frozen_layers(backbone, phase.frozen)
    info = network_drawing.info(home_made.layers(backbone.design), spec.input_size, spec.head, classes, frozen)
    # A longer one than the rows beside it scrolls.
    height = max(640, 180 + 48 * len(train_network.entries()))
    st.html(f"<style>.st-key-train_drawing {{ max-height: {height}px; }}</style>")
    with st.container(key="train_drawing", border=True):
        st.graphviz_chart(
            network_drawing.plot(info, selection.dark()),
            alt=f"{backbone.title}, layer by layer from photo to class: {words.freezing(phase, backbone.layers)}",
        )
    if train_network.problem():
        st.caption("Drawn is the last network that could be built.")


def _design() -> None:
    chosen, key = train_network.design(), train_plan.design_key()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Blocks from",
            list(DESIGNS),
            index=list(DESIGNS).index(chosen) if chosen else None,
            format_func=lambda name: DESIGNS[name].network.name,
            key=key,
            on_change=train_plan.choose_design,
            args=(key,),
            placeholder="your own",
            width=270,
            help="A ready network to start from; it replaces the blocks and the head. "
            + (DESIGNS[chosen].help if chosen else "These blocks are your own."),
        )
        st.text_input(
            "Name",
            train_network.name(),
            max_chars=train_network.NAME_LENGTH,
            key=train_network.name_key(),
            placeholder="Home-made CNN",
            width=270,
            help="What its runs are called. Two networks of equal blocks are the same network, whatever their names.",
        )
