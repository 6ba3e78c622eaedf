"""How differently the members err: pairs of them, the floor and the ceiling of what they know together."""

import numpy as np
import streamlit as st

from core.charts import member_matrix, member_plane, oracle_bar
from core.ensembles.diversity import MEASURES, Diversity
from core.records import Part
from pages.parts import ensemble_matrix, ensembles, selection, words
from pages.parts.ensemble_choice import Choice

SHARES = ("disagreement", "double_fault")  # measures that are shares of the photos
ALIKE = ("q", "double_fault", "correlation")  # where a low value is what an ensemble lives on


def show(choice: Choice) -> None:
    """Another measure draws only the pairs anew. Raises what `core.ensembles.combine` raises."""
    if len(choice.spec.members) < 2:
        st.info("Being different takes two. Switch another member on.")
        return
    if choice.part == Part.TEST:
        selection.show_test(looking_at=f"ensemble {choice.spec.id}")
    found = ensembles.diversity_of(tuple(sorted(choice.spec.runs)), choice.part)
    accuracy = ensembles.accuracy(choice.spec, choice.part)
    st.markdown(f"##### {words.plain(bounds(found, accuracy, choice.part))}")
    _oracle(choice, found, accuracy)
    st.fragment(_pairs, key="ensemble_diversity_view")(choice, found)


def bounds(found: Diversity, accuracy: float, part: Part) -> str:
    """The ceiling, the floor and the ensemble between them, in words."""
    return (
        f"Someone is right on {words.percent(found.someone, found.photos)} {part} photos, the ceiling; all are right "
        f"on {words.percent(found.everyone)}, the floor. The ensemble reaches {words.percent(accuracy)}"
    )


def _oracle(choice: Choice, found: Diversity, accuracy: float) -> None:
    st.plotly_chart(
        oracle_bar.plot(oracle_bar.info(found.everyone, accuracy, found.someone, choice.part), selection.dark()),
        key="ensemble_oracle",
        config={"displayModeBar": False},
        alt=bounds(found, accuracy, choice.part),
    )
    st.caption(
        "All: every member is right. Some: some are right and some wrong, where a rule can win or lose. Empty: "
        "nobody is right, and no vote among these members can help."
    )


def _pairs(choice: Choice, found: Diversity) -> None:
    measure = st.segmented_control(
        "How two members differ",
        list(MEASURES),
        format_func=lambda name: MEASURES[name].title,
        default="disagreement",
        required=True,
        key="ensemble_diversity_measure",
        help=" ".join(f"{one.title}: {one.help[0].lower()}{one.help[1:]}" for one in MEASURES.values()),
    )
    st.caption(MEASURES[measure].help)
    _matrix(choice, found, measure)
    if len(found.runs) > 2:
        _plane(choice, found, measure)


def _matrix(choice: Choice, found: Diversity, measure: str) -> None:
    values = found.matrices[measure].copy()
    np.fill_diagonal(values, np.nan)  # a member beside itself says nothing
    called = ensembles.called(choice)
    names = [called[run] for run in found.runs]
    info = member_matrix.info(values, names, names, unit="%" if measure in SHARES else "", numbered=True)
    alt = f"{MEASURES[measure].title} of each pair of members"
    ensemble_matrix.show(info, "ensemble_diversity_matrix", "%{y} and %{x}: %{z}", alt)
    shares = measure in SHARES
    low, high = (f"{100 * end:.0f} %" if shares else f"{end:.2f}" for end in (info.low, info.high))
    st.caption(f"Members that err alike lie beside each other. The colours go from {low} to {high}.")


def _plane(choice: Choice, found: Diversity, measure: str) -> None:
    where = "to the left" if measure in ALIKE else "to the right"
    st.markdown(f"**Every pair of members**: an ensemble wants them high up and {where}, right and different")
    names, title = ensembles.called(choice), MEASURES[measure].title
    info = member_plane.info(found.pairs, names, measure, title, measure in SHARES, str(choice.part))
    st.plotly_chart(
        member_plane.plot(info, selection.dark()),
        key="ensemble_diversity_plane",
        config={"displayModeBar": False},
        alt="Mean accuracy of each pair of members against how differently the two err",
    )
