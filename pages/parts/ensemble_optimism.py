"""How much better the best of many sets looks than it is."""

import numpy as np
import streamlit as st

from core.charts import optimism_strips
from core.ensembles.subsets import DRAWS, Optimism, Subsets
from pages.parts import selection, words


def show(found: Subsets, optimism: Optimism) -> None:
    """How much better the best set looks than it is."""
    st.markdown(
        f"##### {words.plain(flattery(found, optimism))}",
        help=f"{DRAWS} times, validation photos are drawn with replacement, the best of the "
        f"{len(found.sets):,} sets is chosen by them and looked at on the photos that were not drawn, a good third. "
        "The more sets there are, the more the best one owes to luck.",
    )
    st.plotly_chart(
        optimism_strips.plot(optimism_strips.info(*optimism), selection.dark()),
        key="ensemble_subsets_optimism",
        config={"displayModeBar": False},
        alt="Accuracy of the chosen set on the photos it was chosen by and on others, over many draws",
    )


def flattery(found: Subsets, optimism: Optimism) -> str:
    """The optimism in one sentence, its interval with it."""
    chosen, unseen = float(np.mean(optimism.chosen)), float(np.mean(optimism.unseen))
    low, high = np.quantile(optimism.unseen, (0.025, 0.975))
    points = 100 * optimism.points
    looks = f"looks {points:.1f} points better than it is" if points >= 0.05 else "looks no better than it is"
    return (
        f"The best of {len(found.sets):,} sets {looks}: {words.percent(chosen)} on the photos it was chosen by, "
        f"{words.percent(unseen)} on photos it was not chosen by ({100 * low:.1f} to {100 * high:.1f})"
    )
