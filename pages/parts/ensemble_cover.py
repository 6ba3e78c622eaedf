"""Which member knows which class: the cover matrix, the specialists, what each adds, and a choice by all that."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import member_matrix
from core.charts.layout import labels
from core.ensembles.selection import Cover
from core.records import Part
from pages.parts import ensemble_cover_choice, ensemble_matrix, ensemble_rescues, ensembles, results, selection, words
from pages.parts.ensemble_choice import Choice

MEASURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}
_HELP = (
    "Recall: of the photos of a class, how many the member finds. Precision: of the photos it takes for the class, how "
    "many are of it. F1 is low when either is: by recall alone, whoever always says one class is its specialist."
)


def show(choice: Choice) -> None:
    """Another measure or class draws nothing but this tab anew."""
    if choice.part == Part.TEST:
        selection.show_test(looking_at=f"cover of {choice.spec.id}")
    st.fragment(_view, key="ensemble_cover_view")(choice)


def _view(choice: Choice) -> None:
    runs = ensembles.listed(choice)
    found = ensembles.cover_of(runs, choice.part)
    measure = st.segmented_control(
        "Measure",
        list(MEASURES),
        format_func=MEASURES.get,
        default="f1",
        required=True,
        key="ensemble_cover_measure",
        help=_HELP,
    )
    st.markdown(f"##### {words.plain(claim(found, choice.spec.runs, ensembles.called(choice)))}")
    _matrix(choice, found, runs, measure)
    ensemble_cover_choice.show(choice, runs, measure)
    ensemble_rescues.show(choice, runs)
    names = ensembles.called(choice)
    _specialists(found, names)
    _gains(choice, found, runs, measure, names)


def _matrix(choice: Choice, found: Cover, runs: tuple[str, ...], measure: str) -> None:
    st.markdown(f"**Who knows which class?** {MEASURES[measure]} in % of {choice.part} photos")
    names, rows = ensembles.called(choice), [found.runs.index(run) for run in runs]
    best = found.specialists(measure)
    marked = [(runs.index(best[name]), column) for column, name in enumerate(choice.classes)]
    info = member_matrix.info(
        getattr(found, measure)[rows],
        [names[run] for run in runs],
        choice.classes,
        low=0.0,
        high=1.0,
        marked=marked,
        strong=[run in choice.predictions for run in runs],
    )
    alt = f"{MEASURES[measure]} of each class, a row a member"
    ensemble_matrix.show(info, "ensemble_cover_matrix", f"%{{y}}, %{{x}}: {MEASURES[measure]} %{{z}}", alt)
    st.caption(
        "A frame marks the specialist of each class, the best of all on the list; names in bold are on. "
        f"What those who are on reach at their best classes: {words.percent(found.covered(choice.spec.runs, measure))} "
        "on average."
    )


def _specialists(found: Cover, names: dict[str, str]) -> None:
    st.markdown("**Specialists**", help="Who finds most of a class, and whose word for it can be trusted most.")
    rows = {"class": labels(found.classes, 24), "photos": found.support}
    for measure in ("recall", "precision"):
        rows[measure] = [names[run] for run in found.specialists(measure).values()]
        rows[f"{measure}_value"] = 100 * getattr(found, measure).max(axis=0)
    rows["said"] = _said(found)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="ensemble_cover_specialists",
        column_config={
            "class": st.column_config.TextColumn("Class", width=100, pinned=True),
            "photos": st.column_config.NumberColumn("Photos", width=62),
            "recall": st.column_config.TextColumn("Finds most", width=205),
            "recall_value": results.rate_column("Recall", "Of the photos of this class, how many it finds."),
            "precision": st.column_config.TextColumn("Most trusted", width=205),
            "precision_value": results.rate_column("Precision", "Of those it takes for this class, how many are."),
            "said": st.column_config.NumberColumn(
                "of", width=45, help="Photos that the most trusted takes for this class: of two, both are easily right."
            ),
        },
        alt="The specialist of each class by recall and by precision",
    )


def _said(found: Cover) -> list[int]:
    """How many photos the most trusted member of each class takes for it."""
    best, columns = found.precision.argmax(axis=0), np.arange(len(found.classes))
    right, precision = found.recall[best, columns] * found.support, found.precision[best, columns]
    return np.rint(np.divide(right, precision, out=np.zeros(len(columns)), where=precision > 0)).astype(int).tolist()


def _gains(choice: Choice, found: Cover, runs: tuple[str, ...], measure: str, names: dict[str, str]) -> None:
    st.markdown(
        "**What each adds to the others**",
        help="The mean over the classes of what the best of those who are on reaches. Who is on would take so much "
        "away when it leaves; who is off would bring so much.",
    )
    gains = found.gains(choice.spec.runs, measure)
    order = sorted(runs, key=lambda run: (-gains[run], runs.index(run)))
    st.dataframe(
        pd.DataFrame(
            {
                "member": [names[run] for run in order],
                "on": ["on" if run in choice.predictions else "off" for run in order],
                "gain": [100 * gains[run] for run in order],
            }
        ),
        hide_index=True,
        width=560,
        key="ensemble_cover_gains",
        column_config={
            "member": st.column_config.TextColumn("Member", width=320, pinned=True),
            "on": st.column_config.TextColumn("Now", width=50),
            "gain": st.column_config.NumberColumn(f"Adds, points of {_said_as(measure)}", format="%+.1f", width=160),
        },
        alt="What each member adds to what the others cover",
    )


def _said_as(measure: str) -> str:
    return "F1" if measure == "f1" else measure


def claim(found: Cover, on: Sequence[str], names: dict[str, str]) -> str:
    """The class that those who are on find least of, even the best of them."""
    rows = [found.runs.index(run) for run in on if run in found.runs]
    there = np.flatnonzero(found.support)
    if not rows or not len(there):
        return "No photo has a class here"
    best = found.recall[rows].max(axis=0)
    weak = int(there[best[there].argmin()])
    who = names[found.runs[rows[int(found.recall[rows, weak].argmax())]]]
    photos = int(found.support[weak])
    if best[weak] >= 1:
        return "Every class has a member that is on and misses none of its photos"
    return (
        f"{found.classes[weak]} is covered worst: of its {words.count(photos, 'photo')}, the best of those who are on "
        f"finds {words.percent(best[weak])} ({who})"
    )
