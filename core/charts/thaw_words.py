"""What the thaw map says of a cut, in words."""

from collections.abc import Iterable
from typing import NamedTuple


class Cut(NamedTuple):
    """A choice of what stays frozen, standing for all cuts that train the same weights."""

    k: int  # first so many layers stay frozen
    keeps: bool  # whether a single tensor crosses, so that the prefix can run once and its output be kept
    share: float  # of the weights that train, 0..1
    twins: tuple[int, ...] = ()  # other k that train the same weights
    seconds: float | None = None  # of an epoch on this machine; None where that was not measured
    kept: bool = False  # whether these seconds count on kept outputs


def sentence(k: int, layers: int, head: bool) -> str:
    """What stays frozen, in LOOK's words."""
    if k >= layers:
        return f"all {layers} layers stay frozen" + (", only the head trains" if head else "")
    if k <= 1:  # the input layer alone has nothing to freeze
        return "all layers train"
    return f"first {k} of {layers} layers stay frozen"


def percent(share: float) -> str:
    """ "12 %", "less than 1 %"."""
    return "less than 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def an_epoch(seconds: float, kept: bool = False) -> str:
    """ "about 0:05 an epoch, kept", "under a second an epoch"."""
    return (
        ("under a second" if seconds < 0.95 else f"about {clock(seconds)}") + " an epoch" + (", kept" if kept else "")
    )


def same_as(k: int, twins: Iterable[int]) -> str:
    """The twins of k in words: "117", "112 to 115 or 117"; empty where it has none."""
    named = []
    for side in ([twin for twin in twins if twin < k], [twin for twin in twins if twin > k]):
        named += [f"{side[0]} to {side[-1]}"] if len(side) > 2 else map(str, side)
    return " or ".join(named)


def clock(seconds: float) -> str:
    """ "0:05", "4:10", "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def short(seconds: float) -> str:
    """As `clock`, and "< 1 s", for a figure that reads HTML."""
    return "&lt; 1 s" if seconds < 0.95 else clock(seconds)


def said(cut: Cut, layers: int, head: bool) -> str:
    """ "first 116 of 132 layers stay frozen", then what that means."""
    pieces = [
        f"{percent(cut.share)} of the weights train",
        an_epoch(cut.seconds, cut.kept) if cut.seconds is not None else "",
        f"same as {same_as(cut.k, cut.twins)}" if cut.twins and cut.k > 1 else "",
    ]
    return f"<b>{sentence(cut.k, layers, head)}</b><br>" + " · ".join(piece for piece in pieces if piece)
