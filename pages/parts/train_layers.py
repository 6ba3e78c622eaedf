"""Every layer of the plan's network, numbered as the frozen layers are counted."""

import streamlit as st

from core.charts.colours import palette
from core.models import backbone_of
from core.models.layer_list import FROZEN, TRAINS, layer_list, shapes_at
from core.records import Phase, RunSpec
from pages.parts import selection

HEIGHT = 420  # px; more rows scroll


def shown_phase(spec: RunSpec) -> Phase:
    """The phase that the thaw map shows."""
    position = st.session_state.get(f"train_map_phase_{len(spec.phases)}") or 0
    return spec.phases[position]


def layers(spec: RunSpec) -> None:
    """Folded until it is asked for: some networks have hundreds."""
    backbone, phase = backbone_of(spec), shown_phase(spec)
    place = st.expander(
        f"Layers: all {backbone.layers}", icon=":material/format_list_numbered:", key="train_layers", on_change="rerun"
    )
    if not place.open:
        return
    normal = phase.train_batch_normalization or spec.weights is None
    found, size = layer_list(backbone, phase.frozen, spec.input_size, normal), shapes_at(backbone, spec.input_size)
    colours = palette(selection.dark())
    paint = {FROZEN: f"color: {colours.frozen}", TRAINS: f"color: {colours.thawing}"}
    with place:
        st.dataframe(
            found.style.map(lambda state: paint.get(state, ""), subset=["state"]),
            hide_index=True,
            height=min(HEIGHT, 38 * (len(found) + 1)),
            column_config={
                "number": st.column_config.NumberColumn(
                    "Number", help="Freezing so many layers freezes up to this one.", width="small"
                ),
                "name": "Layer",
                "type": "Type",
                "block": "Block",
                "output": st.column_config.TextColumn(f"Output at {size} px", help="Height × width × channels."),
                "weights": st.column_config.NumberColumn("Weights", format="localized"),
                "state": st.column_config.TextColumn(
                    "In this phase", help="Empty: a layer without weights, so nothing to freeze."
                ),
            },
            key="train_layers_table",
        )
