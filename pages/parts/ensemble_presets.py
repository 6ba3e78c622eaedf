""" "Choose for me": members chosen on validation by one click, each way with its sentence."""

from collections import Counter
from collections.abc import Callable

import streamlit as st

from core.ensembles import scores
from core.ensembles.kinds import families, networks, report_seven
from core.ensembles.selection import Path, Stage, backward, by_confusion, cover, forward
from core.ensembles.voting import Scores
from core.errors import ThawError
from core.records import EnsembleSpec, Member, Part, RuleName, Weighting
from pages.parts import ensemble_rules, ensemble_weights, selection, words
from pages.parts.ensemble_members import Candidates

BEST = 3
WIDE = 220  # px of a button
_SAID = "_ensemble_chosen"  # (run ids, sentence) of the last choice made here


def menu(found: Candidates) -> None:
    """The popover with all the ways, and nothing else of the page's height."""
    with st.popover("Choose for me", icon=":material/auto_fix_high:", key="ensemble_presets"):
        st.caption("Every choice is made on validation photos; test photos only say how good it was.")
        count, best = len(found.runs), min(BEST, len(found.runs))
        with st.container(horizontal=True):
            for label, key, on in (("All", "all", found.ids), ("None", "none", [])):
                st.button(label, key=f"ensemble_choose_{key}", on_click=_put, args=(found, on), width=WIDE)
        _entry(
            f"Best {best}",
            "best",
            "The members with the highest validation accuracy, however alike they are.",
            lambda: _put(found, found.ids[:best], f"The {best} best single members."),
        )
        _report(found)
        _entry(
            "Greedy selection",
            "greedy",
            "Whoever helps the mean most comes next, again and again (Caruana 2004). Who is taken several times weighs "
            "more, so this sets a weighted mean with weights by hand.",
            lambda: _greedy(found),
        )
        _entry(
            "Leave out one by one",
            "backward",
            "Starts with everybody under the mean and leaves out, again and again, whoever is missed least.",
            lambda: _backward(found),
        )
        number = st.number_input(
            "Members",
            min_value=1,
            max_value=count,
            value=best,
            key="ensemble_confusion_number",
            width=WIDE,
            help="How many members the choice by confusion takes.",
        )
        _entry(
            "Best by confusion",
            "confusion",
            "Members that together know every class: whoever raises the mean over the classes of the best "
            "specialist's F1 most comes next.",
            lambda: _by_confusion(found, number),
        )
        _without_family(found)


def told(found: Candidates) -> None:
    """What was chosen last, as long as it is what is on."""
    chosen, sentence = st.session_state.get(_SAID, ((), ""))
    if sentence and set(chosen) == set(found.on):
        st.caption(sentence)


def _entry(label: str, key: str, sentence: str, choose: Callable[[], None], disabled: bool = False) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.button(label, key=f"ensemble_choose_{key}", on_click=choose, disabled=disabled, width=WIDE)
        st.caption(sentence, width="stretch")


def _put(found: Candidates, on: list[str], sentence: str = "") -> None:
    found.switch(on)
    st.session_state[_SAID] = (tuple(on), sentence and f"{sentence} Chosen on validation.")


def _report(found: Candidates) -> None:
    """The report's majority vote of seven, as far as there are such members."""
    chosen, missing = report_seven(found.ids, networks(found.runs))
    lacks = f"Missing here: {words.plain(', '.join(missing))}." if missing else "All are here."
    _entry(
        "The report's seven kinds",
        "report",
        "The best member of each: Xception, VGG16, VGG19, ResNet, EfficientNet and two home-made networks. " + lacks,
        lambda: _put(found, chosen, f"The report's kinds. {lacks}"),
        disabled=not chosen,
    )


def _without_family(found: Candidates) -> None:
    known = families(found.ids, networks(found.runs))
    if not known:
        return
    family = st.selectbox(
        "Family",
        list(known),
        key="ensemble_family",
        width=WIDE,
        help="Networks of one plan often err alike; what is an ensemble worth without them?",
    )
    rest = [run for run in found.ids if run not in known.get(family, ())]
    _entry(
        f"None of {words.plain(family or '')}",
        "family",
        f"Everybody but the {words.count(len(known.get(family, ())), 'member')} of this family.",
        lambda: _put(found, rest, f"Everybody but {words.plain(family or '')}."),
    )


def _selected(found: Candidates, way: Callable[[Scores], Path]) -> Stage | None:
    """The best stage of a selection among everybody under the mean; None, and the reason said, where there is none."""
    everybody = EnsembleSpec(rule=RuleName.MEAN, members=tuple(Member(run=run) for run in found.ids))
    try:
        return way(scores(everybody, found.predictions, Part.VALIDATION)).best
    except ThawError as error:
        st.session_state[_SAID] = (tuple(found.on), words.plain(str(error)))
        return None


def _backward(found: Candidates) -> None:
    best = _selected(found, backward)
    if best is None:
        return
    st.session_state[ensemble_rules.RULE] = str(RuleName.MEAN)
    left_out = len(found.ids) - len(best.members)
    _put(
        found,
        [run for run in found.ids if run in best.members],
        f"The mean of everybody without {words.count(left_out, 'member')} is the best that leaving out came by: "
        f"{words.percent(best.accuracy)} of the validation photos.",
    )


def _greedy(found: Candidates) -> None:
    best = _selected(found, forward)
    if best is None:
        return
    times = Counter(best.members)
    st.session_state[ensemble_rules.RULE] = str(RuleName.WEIGHTED)
    st.session_state[ensemble_rules.WEIGHTING] = str(Weighting.HAND)
    ensemble_weights.put({run: float(count) for run, count in times.items()})
    _put(
        found,
        [run for run in found.ids if run in times],
        f"Greedy selection took {words.count(len(times), 'member')} in {words.count(times.total(), 'step')}; "
        "the weights say how often.",
    )


def _by_confusion(found: Candidates, number: int) -> None:
    # The number's own callback has not run yet where it was typed and this clicked at once.
    number = int(st.session_state.get("ensemble_confusion_number") or number)
    chosen = by_confusion(cover(found.predictions), min(number, len(found.runs)))
    reached = chosen[-1][1]
    _put(
        found,
        [run for run, _ in chosen],
        f"Together the specialists of {words.count(len(chosen), 'member')} reach a mean F1 of {100 * reached:.1f} "
        "over the classes.",
    )


def everyone(found: Candidates) -> None:
    """One primary button where nobody is on."""
    count = len(found.runs)
    st.button(
        f"Switch {'all ' if count > 2 else ''}{words.count(count, 'member')} on",
        type="primary",
        on_click=selection.set_runs,
        args=(found.ids,),
    )
