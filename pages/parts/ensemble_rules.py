"""How the members decide together: the rule, its sentence and formula, and where weights come from."""

from typing import NamedTuple

import streamlit as st

from core.ensembles import RULES, learns, member_weights
from core.errors import ThawError
from core.records import EnsembleSpec, Member, RuleName, Weighting
from pages.parts import ensemble_weights
from pages.parts.ensemble_members import Candidates

RULE, WEIGHTING = "ensemble_rule", "ensemble_weighting"
WEIGHTINGS = {Weighting.ACCURACY: "validation accuracy", Weighting.OPTIMISED: "optimised", Weighting.HAND: "by hand"}
_LEARNED = (
    "It learns from the validation photos, so each fifth of them is answered by what the other four teach: "
    "the validation figure speaks of photos it did not learn from."
)


class Decision(NamedTuple):
    """What was chosen, before it is known who is on."""

    rule: RuleName
    weighting: Weighting
    by_hand: dict[str, float]  # by run id; of ticked runs

    def spec(self, on: list[str]) -> EnsembleSpec:
        """`on`: at least one run id."""
        members = tuple(Member(run=run, weight=self.by_hand.get(run, 1.0)) for run in on)
        return EnsembleSpec(rule=self.rule, weighting=self.weighting, members=members)

    @property
    def hand(self) -> bool:
        return self.rule == RuleName.WEIGHTED and self.weighting == Weighting.HAND


def choose() -> Decision:
    """Draw the rule's switch and, under the weighted mean, where the weights come from."""
    rule = RuleName(
        st.segmented_control(
            "How they decide",
            [str(rule) for rule in RULES],
            format_func=lambda name: RULES[RuleName(name)].title,
            default="vote",
            required=True,
            key=RULE,
            bind="query-params",
            help="A vote only counts who said what; the means also weigh how sure each member was; the others learn "
            "from validation whom to trust with what.",
        )
    )
    weighting, by_hand = _weighting() if rule == RuleName.WEIGHTED else (Weighting.ACCURACY, {})
    return Decision(rule, weighting, by_hand)


def _weighting() -> tuple[Weighting, dict[str, float]]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        weighting = Weighting(
            st.segmented_control(
                "Weights",
                [str(one) for one in WEIGHTINGS],
                format_func=lambda name: WEIGHTINGS[Weighting(name)].capitalize(),
                default=str(Weighting.ACCURACY),
                required=True,
                key=WEIGHTING,
                bind="query-params",
                help="Validation accuracy: who is right more often counts more. Optimised: the weights under which "
                "the validation labels are the most likely. By hand: set each at its member.",
            )
        )
        return weighting, ensemble_weights.weights() if weighting == Weighting.HAND else {}


def _explain(rule: RuleName) -> None:
    said = RULES[rule]
    st.markdown(f"**{said.title}.** {said.help}")
    st.latex(said.formula)
    st.caption(
        "m: a member, M of them; x: a photo; k: a class; p: a probability; s: the class a member says; w: a weight."
    )


def sentence(spec: EnsembleSpec) -> None:
    """What the chosen rule does, how validation is answered where it learns from it, and the formula on demand."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"{RULES[spec.rule].help} {_LEARNED if learns(spec) else ''}", width="stretch")
        with st.popover("How it works", icon=":material/function:"):
            _explain(spec.rule)


def shown_weights(decision: Decision, found: Candidates) -> dict[str, float]:
    """Weight of each member that is on, of sum 1, under the weighted mean; nothing under the others."""
    if decision.rule != RuleName.WEIGHTED or decision.hand or not found.on:
        return {}
    try:
        return _weights(decision.spec(found.on), found.predictions)
    except ThawError:  # said where the figures would be
        return {}


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={EnsembleSpec: lambda spec: spec.id})
def _weights(spec: EnsembleSpec, _predictions: dict) -> dict[str, float]:
    return member_weights(spec, _predictions)
