"""A block of a home-made network: a row of controls."""

import streamlit as st

from pages.parts import train_network

KINDS = {"convolutions": "convolutions", "inception": "inception"}
POOLINGS = {"max": "max", "average": "average", "none": "none"}
NORMAL = {"none": "none", "before": "before ReLU", "after": "after ReLU"}


def row(position: int, entry: dict) -> None:
    """One line; `train_network.heard` takes over what its widgets say."""
    values, shown = entry["values"], "visible" if position == 0 else "collapsed"
    inception = values["kind"] == "inception"

    def key(field: str) -> str:
        return train_network.key(entry, field)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"train_block_row_{position}"):
        st.markdown(f"**{position + 1}**", width=22)
        st.number_input(
            "How many",
            1,
            8,
            values["convolutions"],
            key=key("convolutions"),
            label_visibility=shown,
            width=92,
            help="Convolutions or modules of this block, one after the other.",
        )
        st.selectbox(
            "Of what",
            list(KINDS),
            index=list(KINDS).index(values["kind"]),
            format_func=KINDS.get,
            key=key("kind"),
            label_visibility=shown,
            width=148,
            help="A convolution looks for patterns of one size; an inception module for several sizes side by side "
            "(1x1, 3x3, 5x5 and pooling).",
        )
        st.number_input(
            "Filters",
            1,
            1024,
            values["filters"],
            step=16,
            key=key("filters"),
            label_visibility=shown,
            width=86,
            help="Patterns that each of them looks for, and channels that it gives. An inception module shares its "
            "filters out: a multiple of 16.",
        )
        st.number_input(
            "Kernel",
            1,
            15,
            values["kernel"],
            step=2,
            key=key("kernel"),
            label_visibility=shown,
            disabled=inception,
            width=84,
            help="Width and height, in pixels, of what a filter sees at once. Inception modules have their own.",
        )
        st.selectbox(
            "Pooling",
            list(POOLINGS),
            index=list(POOLINGS).index(values["pooling"] or "none"),
            format_func=POOLINGS.get,
            key=key("pooling"),
            label_visibility=shown,
            width=112,
            help="Halves width and height after the block: of each four pixels the largest or their average is kept.",
        )
        more = st.popover("More", width=82, key=key("more"), on_change="rerun")
        if more.open:
            with more:
                _more(entry, key)
        st.caption(_used(values), width=72)


def _used(values: dict) -> str:
    """What of the rest is used. Not the button's label: a popover with another label is another one, and shut."""
    pieces = [
        "norm" if values["batch_normalization"] else "",
        "skip" if values["skip"] else "",
        f"drop {values['dropout']:.0%}" if values["dropout"] else "",
    ]
    return " · ".join(piece for piece in pieces if piece)


def _more(entry: dict, key) -> None:
    values, number = entry["values"], entry["id"]
    st.segmented_control(
        "Batch normalisation",
        list(NORMAL),
        default=values["batch_normalization"] or "none",
        format_func=NORMAL.get,
        required=True,
        key=key("batch_normalization"),
        help="Brings what a convolution gives to one scale, before or after the activation (ReLU): deep networks train "
        "faster and at higher rates.",
    )
    st.toggle(
        "Skip connection",
        values["skip"],
        key=key("skip"),
        help="What enters the block is added before its last activation, so that it has to learn only the difference.",
    )
    st.slider(
        "Dropout",
        0.0,
        0.9,
        float(values["dropout"]),
        0.05,
        key=key("dropout"),
        help="Share of values left out at random at the end of the block in each training step.",
    )
    with st.container(horizontal=True, gap="xsmall"):
        last = len(train_network.entries())
        for label, icon, action, arguments, off in (
            ("Earlier", "arrow_upward", train_network.move, (number, -1), False),
            ("Later", "arrow_downward", train_network.move, (number, 1), False),
            ("Copy", "content_copy", train_network.copy, (number,), last >= train_network.MOST_BLOCKS),
            ("Remove", "delete", train_network.remove, (number,), last == 1),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                on_click=action,
                args=arguments,
                key=key(label.lower()),
                disabled=off,
            )
