"""What each member that is on brings: its fair share of what all know together, and what leaving it out costs."""

import pandas as pd
import streamlit as st

from core.charts import contribution_bars
from core.ensembles import adds
from core.ensembles.contributions import EXACT, ORDERS
from core.errors import NoSubsets
from core.records import Part, RuleName, Weighting
from pages.parts import ensembles, selection, words
from pages.parts.ensemble_choice import Choice

_HELP = (
    "A member's fair share (Shapley 1953): members come one after the other, and each is given what the accuracy rises "
    "by when it comes, averaged over all orders in which they could come. Left out: what all lose without it. Two "
    "twins cost little when one is left out, and share fairly what both know."
)


def show(choice: Choice) -> None:
    """Raises what `core.ensembles.scores` raises."""
    if not adds(choice.spec.rule):
        st.info(words.plain(str(NoSubsets())))
        return
    if len(choice.spec.members) < 2:
        st.info("With one member there is nothing to share out. Switch another one on.")
        return
    if choice.part == Part.TEST:
        selection.show_test(looking_at=f"ensemble {choice.spec.id}")
    table, nobody = _computed(choice)
    st.markdown(f"##### {words.plain(claim(table, choice))}", help=_HELP)
    info = contribution_bars.info(table, ensembles.called(choice), choice.part)
    st.plotly_chart(
        contribution_bars.plot(info, selection.dark()),
        key="ensemble_contributions",
        config={"displayModeBar": False},
        alt="What each member brings, in points of accuracy",
    )
    for sentence in (summed(table, nobody, choice), how(table, choice)):
        st.caption(words.plain(sentence))


def _computed(choice: Choice) -> tuple[pd.DataFrame, float]:
    with ensembles.told("what each member brings") as report:
        return ensembles.contributions_of(choice.spec, choice.part, report)


def claim(table: pd.DataFrame, choice: Choice) -> str:
    """Who brings most, and who costs."""
    most = table.loc[table["shapley"].idxmax()]
    harms = table[table["left_out"] < 0]
    names = ensembles.called(choice)
    first = f"{names[most['run']]} brings most: {100 * most['shapley']:+.1f} points"
    if harms.empty:
        return first
    worst = harms.loc[harms["left_out"].idxmin()]
    count = "" if len(harms) == 1 else f" ({len(harms)} such members)"
    name = names[worst["run"]]
    return f"{first}. Without {name} the others would be {-100 * worst['left_out']:.1f} points better{count}"


def summed(table: pd.DataFrame, nobody: float, choice: Choice) -> str:
    """From saying the most frequent class to what all know."""
    answers = next(iter(choice.predictions.values())).parts[choice.part]
    frequent = choice.classes[int(pd.Series(answers.true).mode().iloc[0])] if len(answers.true) else ""
    shares = float(table["shapley"].sum())
    return (
        f"Always saying {frequent} would be right on {words.percent(nobody, len(answers.true))} {choice.part} photos. "
        f"The {len(table)} shares add {100 * shares:+.1f} points to that: {words.percent(nobody + shares)}, "
        "the ensemble's accuracy."
    )


def how(table: pd.DataFrame, choice: Choice) -> str:
    """Whether the shares are exact."""
    m = len(table)
    exact = (
        f"Exact: all {2**m - 1:,} sets of these {m} members were looked at."
        if m <= EXACT
        else f"Beyond {EXACT} members the shares are estimates, from {ORDERS} orders drawn; lines are 95 % intervals."
    )
    optimised = choice.spec.rule == RuleName.WEIGHTED and choice.spec.weighting == Weighting.OPTIMISED
    return f"{exact} Every set uses the weights optimised for all of them." if optimised else exact
