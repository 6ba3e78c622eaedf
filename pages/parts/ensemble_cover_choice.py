"""Members chosen by what they confuse: those that together cover each class best, and how they were found."""

import numpy as np
import streamlit as st

from core.ensembles.selection import Cover, by_confusion
from core.records import Part
from pages.parts import ensembles, selection, words
from pages.parts.ensemble_choice import Choice

USUAL = 3  # members
CLASSES_TOLD = 2  # that a member was taken for
_ALONE = {
    "recall": "Careful: by recall alone, a member that says one class too often is that class's specialist. F1 counts "
    "false alarms as well.",
    "precision": "Careful: by precision alone, a member that says a class once and is right is its specialist. F1 "
    "counts missed photos as well.",
}
LEAST = 0.0005  # a smaller rise is not told


def show(choice: Choice, runs: tuple[str, ...], measure: str) -> None:
    """A number, a button, and the path to the set; chosen on validation, whatever part is looked at."""
    found = ensembles.cover_of(runs, Part.VALIDATION)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = st.number_input(
            "Members",
            min_value=1,
            max_value=len(runs),
            value=min(USUAL, len(runs)),
            key="ensemble_cover_most",
            width=130,
            help="First whoever is best over all classes, then whoever raises the classes' best figures most.",
        )
        path = by_confusion(found, int(most), measure)
        chosen = [run for run, _ in path]
        if st.button(
            "Switch on the set that covers the classes best",
            key="ensemble_cover_switch",
            disabled=set(chosen) == set(choice.spec.runs),
            help="Chosen on validation photos. Switches all other members off.",
        ):
            selection.set_runs(chosen)
            st.rerun()
    st.caption(words.plain(told(path, found, measure, ensembles.called(choice))))
    if measure != "f1":
        st.caption(_ALONE[measure])


def told(path: tuple[tuple[str, float], ...], found: Cover, measure: str, names: dict[str, str]) -> str:
    """ "Xception (63.1 %), then VGG16 for Species3 (66.0 %)": whom the way took, and for which classes."""
    values = getattr(found, measure)
    reached = np.zeros(len(found.classes))
    pieces = []
    for position, (run, mean) in enumerate(path):
        own = values[found.runs.index(run)]
        rise = own - reached
        best = [place for place in np.argsort(-rise, kind="stable")[:CLASSES_TOLD].tolist() if rise[place] > LEAST]
        reasons = " and ".join(found.classes[place] for place in best)
        what = "" if position == 0 else f" for {reasons}" if best else ", which adds nothing"
        pieces.append(f"{names[run]}{what} ({words.percent(mean)})")
        reached = np.maximum(reached, own)
    title = "F1" if measure == "f1" else measure
    return f"By validation {title}, mean over the classes of the best member's: {', then '.join(pieces)}."
