"""The per-class table of an ensemble: its recall, and what each class wins or loses against the best member."""

import pandas as pd
import streamlit as st

from core.charts.colours import palette
from core.charts.layout import labels
from core.ensembles import Gain
from pages.parts import results, selection, words

FITS, LETTERS = 9, 17  # letters of a class name that fit a small column, and a wide one


def gain_words(gain: float, beyond_noise: bool) -> str:
    """ "▲ +8.1", "▼ -3.0" beyond the noise, "~ +1.2" inside it, "=" where nothing changed; in points."""
    points = f"{100 * gain:+.1f}"
    if points in ("+0.0", "-0.0"):
        return "="
    return f"{('▲' if gain > 0 else '▼') if beyond_noise else '~'} {points}"


def show(gain: Gain, best_name: str, height: int | None = None) -> None:
    """Draw the table on the part that `gain` is of."""
    table = gain.per_class
    gains = [gain_words(*pair) for pair in zip(table["recall_gain"], table["beyond_noise"], strict=True)]
    shown = pd.DataFrame(
        {
            "class": labels(table["class"], LETTERS),
            "recall": 100 * table["recall"],
            "gain": gains,
            "precision": 100 * table["precision"],
            "f1": 100 * table["f1"],
            "support": table["support"],
        }
    )
    class_width = 130 if table["class"].str.len().max() > FITS else "small"
    st.dataframe(
        shown.style.map(_colour, subset=["gain"]),
        hide_index=True,
        height=height or "auto",
        key=f"ensemble_classes_{gain.part}",
        column_config={
            "class": st.column_config.TextColumn("Class", width=class_width, pinned=True),
            "recall": results.rate_column("Recall", "Of the photos of this class, how many the ensemble finds."),
            "gain": st.column_config.TextColumn(
                "vs best",
                width="small",
                help=f"Recall against {words.plain(best_name)}, the best member, in points. A triangle: more than "
                "chance explains, all classes considered. ~: inside the noise.",
            ),
            "precision": results.rate_column("Precision", "Of the photos taken for this class, how many are of it."),
            "f1": results.rate_column("F1", "The harmonic mean of precision and recall: low when either is."),
            "support": st.column_config.NumberColumn("Photos", width=62, help="Photos of this class in the part."),
        },
        alt="Recall, gain over the best member, precision and F1 a class",
    )
    for note in gain.figures.notes:
        st.caption(words.plain(note))


def _colour(text: str) -> str:
    colours = palette(selection.dark())
    shade = {"▲": colours.better, "▼": colours.worse}.get(text[0], colours.quiet)
    return f"color: {shade}"
