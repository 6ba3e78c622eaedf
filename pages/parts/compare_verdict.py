"""The verdict above every view of the comparison: who is better, and what is not known."""

import streamlit as st

from core.evaluation import Comparison, Difference, settling
from core.evaluation.choices import ONE_SEED
from core.records import Run
from pages.parts import words

HIGHER, LOWER = ":green[▲]", ":red[▼]"
EACH = 3  # differences: up to here each has its whole sentence, more are gathered
SAME_NETWORK = (
    "This speaks of these trained models on these photos. Two trainings of the very same network often differ "
    "beyond the noise, photo by photo."
)
_HELP = (
    "A difference counts where both the 95 % interval and McNemar's exact test on the photos that only one of the two "
    "gets right say so."
)


def show(found: Comparison) -> None:
    """The claims, what would settle them, and what the seeds say of the settings behind the models."""
    differences = found.differences
    if len(differences) <= EACH:
        size = "####" if len(differences) == 1 else "######"
        for one in differences:
            # Of two runs the sentence names the higher one, of more the one that is set against the baseline.
            head = HIGHER if len(differences) == 1 and one.beyond_noise else sign(one)
            st.markdown(f"{size} {head} {words.plain(found.verdict(one))}", help=_HELP)
    else:
        st.markdown(f"#### {gathered(found)}", help=_HELP + " The view Figures has each interval.")
    pieces = [settled(found), SAME_NETWORK if differences else "", *choices(found)]
    st.caption(" ".join(words.plain(piece) for piece in pieces if piece))
    for note in found.notes:
        st.warning(words.plain(note), icon=":material/block:")


def baseline_chooser(runs: list[Run], letters: dict[str, str]) -> str | None:
    """The run that all others are set against; kept in the address. None while there is one run only."""
    ids = [run.id for run in runs]
    if len(ids) < 2:
        return None
    names = {run.id: f"{letters[run.id]} {run.name}" for run in runs}
    if st.session_state.get("baseline", ids[0]) not in ids:
        del st.session_state["baseline"]
    return st.selectbox(
        "Set against",
        ids,
        format_func=lambda run_id: names.get(run_id, ""),
        key="baseline",
        bind="query-params",
        width=220,
        help="The run that every other one is compared with: forty runs are 39 comparisons, not 780.",
    )


def sign(one: Difference) -> str:
    """Teal triangle up, brown triangle down, or a grey tilde."""
    if not one.beyond_noise:
        return ":gray[\\~]"
    return HIGHER if one.accuracy > 0 else LOWER


def gathered(found: Comparison) -> str:
    """ "▲ C, D are higher than A · ▼ B is lower · ~ E too close to call"."""
    base = found.letters[found.baseline]
    groups: dict[str, list[str]] = {}
    for one in found.differences:
        groups.setdefault(sign(one), []).append(found.letters[one.run])
    pieces = []
    for head, claim in ((HIGHER, f"higher than {base}"), (LOWER, f"lower than {base}")):
        if letters := groups.get(head):
            pieces.append(f"{head} {', '.join(letters)} {'is' if len(letters) == 1 else 'are'} {claim}")
    if letters := groups.get(":gray[\\~]"):
        pieces.append(f":gray[\\~] {', '.join(letters)} too close to call against {base}")
    return " · ".join(pieces)


def settled(found: Comparison) -> str:
    """What would settle what is open; of several only how many there are."""
    if len(found.differences) == 1:
        needed = settling(found.differences[0])
        return f"{needed}." if needed else ""
    open_ones = [(found.letters[one.run], settling(one)) for one in found.differences]
    told = [f"{letter}: {needed[0].lower()}{needed[1:]}." for letter, needed in open_ones if needed]
    return " ".join(told) if len(found.differences) <= EACH else ""


def choices(found: Comparison) -> list[str]:
    """What the seeds say, each sentence once."""
    told = list(dict.fromkeys(found.choices.values()))
    if len(told) > 1 and ONE_SEED in told:
        letters = [found.letters[run] for run, sentence in found.choices.items() if sentence == ONE_SEED]
        told.remove(ONE_SEED)
        return [*told, f"For {', '.join(letters)}: one seed, can't tell."]
    return told
