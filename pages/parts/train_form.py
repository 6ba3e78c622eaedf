"""The controls of a training plan that hold for all its phases: preset, network, weights, photo size, head."""

import streamlit as st

from core.models import BACKBONES, backbone_of
from core.records import HOME_MADE, Head, RunSpec
from core.training import PRESETS
from pages.parts import train_network, train_plan, train_speed, words

_NETWORKS = [next(iter(BACKBONES)), HOME_MADE, *list(BACKBONES)[1:]]  # home-made ones side by side
_KNOWN = "ImageNet: a million photos of 1,000 things. A file comes from the operator's THAW_WEIGHTS folder. "


def network(spec: RunSpec) -> RunSpec:
    """Preset, backbone, weights, input size, and the rest under More; returns the plan they say."""
    spec = train_network.heard(spec)
    key, backbone = f"train_{train_plan.ids()[0]}", backbone_of(spec)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Start from",
            list(PRESETS),
            index=list(PRESETS).index(train_plan.FIRST),
            format_func=lambda name: PRESETS[name].title,
            key=train_plan.PRESET,
            on_change=train_plan.load_preset,
            width=330,
            help="A ready plan; everything below can be changed. Those named Report are what a student report trained.",
        )
        st.selectbox(
            "Network",
            _NETWORKS,
            index=_NETWORKS.index(spec.backbone),
            format_func=lambda name: "Home-made, block by block" if name == HOME_MADE else BACKBONES[name].label,
            key=train_plan.backbone_key(),
            on_change=train_plan.choose_backbone,
            args=(train_plan.backbone_key(),),
            width=300,
            help=f"The backbone: what turns a photo into features. {backbone.help}",
        )
        weights = _weights(spec, key)
        size = st.number_input(
            "Photo size",
            8,
            1024,
            spec.input_size,
            step=16,
            key=f"{key}_size",
            width=140,
            help="Input size in pixels. Larger shows more and costs more: twice the size is four times the work.",
        )
        with st.popover("More"):
            head, seed = _more(spec, key)
            train_speed.measure(backbone, size)
    with st.container(horizontal=True, vertical_alignment="center"):
        train_speed.line(backbone, size)
        if backbone.design is not None and spec.network is None:
            st.button(
                "Change its blocks",
                type="tertiary",
                icon=":material/edit:",
                on_click=train_plan.change_blocks,
                help="Makes a home-made network of the same blocks and head, to be changed block by block.",
            )
    return spec.model_copy(update={"weights": weights, "input_size": size, "head": head, "seed": seed})


def preset_note(spec: RunSpec) -> None:
    """What the chosen preset is, what the report got with it, and the way back to it."""
    preset = PRESETS[st.session_state.get(train_plan.PRESET) or train_plan.FIRST]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(preset.help + (f" Reported: {preset.report}." if preset.report else ""), width="content")
        if not train_plan.is_preset(spec):
            st.button("Undo changes", type="tertiary", icon=":material/undo:", on_click=train_plan.load_preset)


def _weights(spec: RunSpec, key: str) -> str | None:
    pretrained = backbone_of(spec).pretrained
    runs = train_plan.lenders(spec)
    files = ["imagenet", *train_plan.weights_files(spec.backbone)] if pretrained else []
    options = [*files, *runs, ""]
    called = {"": "none (random)", "imagenet": "ImageNet"} | {run: f"run {name}" for run, name in runs.items()}
    if (spec.weights or "") not in options:
        options.append(spec.weights)
    chosen = st.selectbox(
        "Weights",
        options,
        index=options.index(spec.weights or ""),
        format_func=lambda name: called.get(name, name),
        key=f"{key}_weights",
        disabled=len(options) == 1,
        width=210,
        help="What the network knows before it sees your photos. "
        + (_KNOWN if pretrained else "")
        + "A run: what one of yours on these photos and this split has learnt, so that it trains on from there.",
    )
    return chosen or None


def _more(spec: RunSpec, key: str) -> tuple[Head, int]:
    st.markdown("**Head**: what follows the backbone")
    pooling = st.segmented_control(
        "Pooling",
        ["average", "flatten"],
        default=spec.head.pooling,
        required=True,
        key=f"{key}_pooling",
        help="Average: one number a feature map, few weights. Flatten: every place keeps its own weight.",
    )
    dense = st.text_input(
        "Dense layers",
        ", ".join(map(str, spec.head.dense)),
        key=f"{key}_dense",
        help="Units of each, with commas: 256, or 512, 128. Empty: the classes follow at once.",
    )
    dropout = st.slider(
        "Dropout",
        0.0,
        0.9,
        spec.head.dropout,
        0.05,
        key=f"{key}_dropout",
        help="Share of features left out at random in each training step, against learning by heart.",
    )
    normal = st.toggle(
        "Batch normalisation",
        spec.head.batch_normalization,
        key=f"{key}_bn",
        help="After each dense layer.",
    )
    seed = st.number_input(
        "Seed",
        0,
        2**31 - 1,
        spec.seed,
        key=f"{key}_seed",
        help="Start weights and draws follow from it. Another seed shows how much is luck.",
    )
    units = [text.strip() for text in dense.split(",") if text.strip()]
    if not all(text.isdecimal() and 1 <= int(text) <= 8192 for text in units):
        st.error(f"Dense layers must be whole numbers from 1 to 8192. Received: {words.plain(dense[:40])}")
        units = spec.head.dense
    head = Head(pooling=pooling, dense=tuple(map(int, units)), dropout=dropout, batch_normalization=normal)
    return head, seed
