"""What a network is and how fast this machine is with it: a line under the form, and the button that measures."""

import streamlit as st

from core.models import Backbone, find_backbone, speed
from core.models.weights import at_hand
from core.settings import settings
from pages.parts import loaders, words

LARGEST = 1024  # px, the largest input size that a plan can have


def line(backbone: str | Backbone, size: int) -> None:
    """What the network is and costs, with what a measurement under way is at."""
    busy = speed.newest() is not None and not speed.newest().over
    st.fragment(_facts, run_every=1.0 if busy else None)(backbone, size, busy)


def _facts(backbone: str | Backbone, size: int, busy: bool) -> None:
    """What the network is and costs. Looks every second while a measurement is under way."""
    newest = speed.newest()
    if busy and newest.over:
        st.rerun()
    text = facts(backbone, size)
    if busy:
        text += f" · measuring {words.plain(find_backbone(newest.backbone).title)} at {newest.input_size} px …"
    elif newest is not None and newest.failure and _same(newest, backbone, size):
        text += f" · not measured: {words.plain(newest.failure)}"
    st.caption(text)


def facts(backbone: str | Backbone, size: int) -> str:
    """ "MobileNetV2: 154 layers, 2.3 M weights · photos from 32 px · 9 MB to download ..."."""
    network, measured = find_backbone(backbone), speed.known(settings(), backbone, size)
    pieces = [
        f"{words.plain(network.title)}: {network.layers} layers, {network.parameters / 1e6:.1f} M weights",
        f"photos from {network.minimum} px" if network.minimum <= LARGEST else "it pools every photo away",
    ]
    if network.pretrained:
        size_of = f"{network.download.megabytes} MB"
        here = at_hand(settings(), network)
        pieces.append(f"its {size_of} are on this machine" if here else f"{size_of} to download at the first start")
    if measured:
        pieces.append(
            f"this machine looks at {_rate(measured.infer)} and trains {_rate(measured.train)} photos a second "
            f"at {measured.size} px"
        )
    return " · ".join(pieces)


def _rate(photos: float) -> str:
    return f"{photos:,.0f}" if photos >= 10 else f"{photos:.1f}"


def measure(backbone: str | Backbone, size: int) -> None:
    """The button that times the network here."""
    st.markdown("**Speed**: photos a second through this network, and what an epoch takes for each cut of the map")
    _button("Measure on this machine", backbone, size)


def offer(backbone: str | Backbone, size: int) -> None:
    """The same, quiet, where the time is missed."""
    _button("How long is an epoch here?", backbone, size, type="tertiary")


def _button(label: str, backbone: str | Backbone, size: int, **looks) -> None:
    newest, small = speed.newest(), size < find_backbone(backbone).minimum
    training = any(not run.status.over for run in loaders.runs())
    measuring = newest is not None and not newest.over
    st.button(
        label,
        icon=":material/speed:",
        on_click=lambda: speed.start(settings(), backbone, size),
        disabled=small or training or measuring,
        help="A training is under way: measured now, both would be slow."
        if training
        else "Runs the network with random weights for half a minute, a large one for some minutes, in the "
        "background; the map and the line under the form then show what it takes on this machine.",
        **looks,
    )


def _same(newest: speed.Measuring, backbone: str | Backbone, size: int) -> bool:
    return (find_backbone(newest.backbone), newest.input_size) == (find_backbone(backbone), size)
