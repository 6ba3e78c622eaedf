"""One photo's vote in pictures: the photo, its members' answers, how they add up, what a switch would change."""

import html

import numpy as np
import streamlit as st

from core.ensembles import EnsemblePart, Gain
from core.records import RuleName
from pages.parts import compare_thumbnails, words
from pages.parts.ensemble_choice import Choice

LARGE = 300  # px of the photo
CLASSES = 8  # bars; of more classes those that got the most
NAMED = 12  # members named in a sentence; of more the rest are counted
STYLE = """
<style>
.thaw-votes { display: grid; grid-template-columns: minmax(90px, 2fr) minmax(90px, 1.4fr) minmax(60px, 2fr) 3.6em;
  gap: 3px 10px; align-items: center; font-size: .9375rem; max-height: 400px; overflow-y: auto; max-width: 720px; }
.thaw-votes > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.thaw-votes .member { white-space: normal; font-size: .875rem; line-height: 1.2; }
.thaw-votes.classes { grid-template-columns: minmax(90px, 1.4fr) minmax(60px, 3fr) 5em; }
.thaw-votes .bar { background: rgba(128, 128, 128, .18); height: .8em; border-radius: 2px; }
.thaw-votes .bar i { display: block; height: 100%; border-radius: 2px; background: currentColor; opacity: .45; }
.thaw-votes .won .bar i, .thaw-votes .bar.won i { opacity: .9; }
.thaw-votes .number { text-align: right; }
</style>
"""
ADDED = {
    RuleName.VOTE: "Votes",
    RuleName.MEAN: "Mean of the probabilities",
    RuleName.WEIGHTED: "Weighted mean of the probabilities",
    RuleName.CLASSES: "Share of the weighted votes",
    RuleName.BAYES: "Probability, given what all said",
    RuleName.STACKING: "Probability, as learned",
}


def photo(gain: Gain, row: int, choice: Choice) -> None:
    """Large, with its true class and what the ensemble and its best member make of it."""
    true = choice.classes[gain.true[row]]
    content = compare_thumbnails.picture(gain.ids[row], LARGE)
    if content:
        alt = html.escape(f"A photo of {true}", quote=True)
        style = f"max-width:100%;min-width:min(100%,260px);max-height:{LARGE}px;border-radius:4px"
        st.html(f'<img class="thaw-vote-photo" src="data:image/jpeg;base64,{content}" alt="{alt}" style="{style}">')
    else:
        st.caption(
            f"Photo {words.plain(gain.ids[row][:12])} is not on this machine: its predictions were brought from "
            "elsewhere."
        )
    said = choice.classes[gain.predicted[row]]
    st.markdown(
        f"Photo {row + 1:,} of {len(gain.true):,} {choice.part} photos · true class **{words.plain(true)}** · "
        f"the ensemble says **{words.plain(said)}** {_mark(gain.true[row], gain.predicted[row])}"
    )


def members(choice: Choice, row: int, true: int) -> None:
    """Each member's answer and how sure it was."""
    st.markdown("**What each member says**")
    lines = []
    for run in sorted(choice.spec.runs, key=choice.found.ids.index):
        one = choice.predictions[run]
        shares = one.parts[choice.part].probabilities[row]
        said = int(shares.argmax())
        name, answer = html.escape(choice.names[run]), html.escape(choice.classes[said])
        sure = float(shares[said]) if one.has_probabilities else None
        lines.append(
            f'<span class="member" title="{html.escape(choice.names[run], quote=True)}">{name}</span>'
            f"<span>{_mark(true, said)} {answer}</span>"
            + (_bar(sure) if sure is not None else '<span style="opacity:.7">only its answer</span>')
            + f'<span class="number">{"" if sure is None else f"{100 * sure:.0f} %"}</span>'
        )
    st.html(f'{STYLE}<div class="thaw-votes">{"".join(lines)}</div>')


def fall(choice: Choice, answers: EnsemblePart, row: int) -> None:
    """What each class gets under the rule, the highest first."""
    rule, shares = choice.spec.rule, answers.probabilities[row]
    count = len(choice.spec.members)
    won, true = int(answers.predicted[row]), int(answers.true[row])
    order = sorted(range(len(shares)), key=lambda label: (-shares[label], label != won, label))
    order = [label for label in order if shares[label] > 0 or label == true][:CLASSES]
    if true not in order:
        order[-1] = true
    st.markdown(f"**How it falls**: {ADDED[rule].lower()}")
    lines = []
    for label in order:
        number = (
            f"{round(shares[label] * count)} of {count}" if rule == RuleName.VOTE else f"{100 * shares[label]:.1f} %"
        )
        name = html.escape(choice.classes[label]) + (" (true)" if label == true else "")
        lines.append(
            f"<span>{f'<b>{name}</b>' if label == won else name}</span>{_bar(float(shares[label]), label == won)}"
            f'<span class="number">{number}</span>'
        )
    st.html(f'{STYLE}<div class="thaw-votes classes">{"".join(lines)}</div>')
    if answers.tied[row]:
        top = np.flatnonzero(np.isclose(shares, shares.max()))
        level = " and ".join(words.plain(choice.classes[label]) for label in top[:CLASSES])
        how = "the highest mean probability decided" if rule == RuleName.VOTE else "the first class was taken"
        st.caption(f"Tied: {level} are level; {how}.")


def switches(choice: Choice, said: dict[str, int], gain: Gain, row: int) -> None:
    """One line a switch that changes the answer; the others are counted. said: run id -> class after the switch."""
    now, true = int(gain.predicted[row]), int(gain.true[row])
    on = set(choice.spec.runs)
    changed = [run for run in choice.found.ids if run in said and said[run] != now]
    for run in changed[:NAMED]:
        name, answer = words.plain(choice.names[run]), words.plain(choice.classes[said[run]])
        which = f"without {name}" if run in on else f"with {name}, which is off"
        st.markdown(f"- {which}: **{answer}** {_mark(true, said[run])}")
    if len(changed) > NAMED:
        st.caption(f"and {words.count(len(changed) - NAMED, 'more switch', 'more switches')} that change it")
    rest = len(said) - len(changed)
    if not said:
        st.caption("There is no other member to switch, and the last one can't leave.")
    elif not changed:
        st.caption(f"None of the {words.count(len(said), 'switch', 'switches')} changes this answer.")
    elif rest:
        st.caption(f"The other {words.count(rest, 'switch', 'switches')} would change nothing.")


def _bar(share: float, won: bool = True) -> str:
    width = f"{100 * min(max(share, 0), 1):.1f}%"
    return f'<span class="bar{" won" if won else ""}"><i style="width:{width}"></i></span>'


def _mark(true: int, said: int) -> str:
    return "✓" if true == said else "✗"
