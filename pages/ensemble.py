"""Ensemble: switch members on and off and watch what they know together."""

import streamlit as st

from core.charts import ensemble_bar
from core.ensembles import RULES, Gain, gain_over_best
from core.errors import ThawError
from core.records import EnsembleSpec, Member, Part, RuleName
from pages.parts import ensemble_members, ensemble_photos, ensemble_table, loaders, results, selection, style, words
from pages.parts.ensemble_members import Candidates

MEMBERS, MATRIX, TABLE = 340, 390, 450  # px
SQUARE = 12  # classes: up to here the matrix is as high as wide
LONG = 12  # letters: longer class names take the room of the colour scale


def combined(found: Candidates) -> None:
    """The right side: everything that moves when a member is switched."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = st.segmented_control(
            "How they decide",
            [str(rule) for rule in RULES],
            format_func=lambda name: RULES[RuleName(name)].title,
            default="vote",
            required=True,
            key="ensemble_rule",
            bind="query-params",
            help="A vote only counts who said what; the mean also weighs how sure each member was.",
        )
        part = results.part_switch("ensemble")
        numbers = results.numbers_switch("ensemble")
    st.caption(RULES[RuleName(rule)].help)
    members = {run_id: found.predictions[run_id] for run_id in found.on}
    names = {run_id: found.name(run_id) for run_id in members}
    spec = EnsembleSpec(rule=RuleName(rule), members=tuple(Member(run=run_id) for run_id in members))
    try:
        gain = gain_over_best(spec, members, part, names)
        headline(gain, spec, members, names)
    except ThawError as error:
        st.error(f"{words.plain(str(error))} Switch it off on the left.", icon=":material/error:")
        return
    bar(gain, names)
    verdict(gain, names[gain.best], len(members), rule)
    with st.container(horizontal=True):  # on a narrow page the table goes below the matrix
        left, right = st.container(width=MATRIX), st.container(width=TABLE)
    with left:
        long = gain.per_class["class"].str.len().max() > LONG
        height = None if len(gain.per_class) > SQUARE else MATRIX + 20 if long else MATRIX - 45
        key = f"ensemble_matrix_{part}"
        results.matrix(gain.figures, numbers, height, key=key, name="the ensemble", scale=not long)
    with right:
        ensemble_table.show(gain, names[gain.best])
    if len(members) > 1:
        ensemble_photos.show(gain, members[gain.best].classes, names[gain.best])


def headline(gain: Gain, spec: EnsembleSpec, members: dict, names: dict[str, str]) -> None:
    """The one big figure: validation; the test figure small beside it where it may be seen."""
    validation = gain if gain.part == Part.VALIDATION else gain_over_best(spec, members, Part.VALIDATION, names)
    text = f"of {validation.figures.photos:,} validation photos are right"
    if selection.show_test(looking_at=f"ensemble {spec.id}"):
        test = gain if gain.part == Part.TEST else gain_over_best(spec, members, Part.TEST, names)
        text += f" · test: {words.percent(test.figures.accuracy, test.figures.photos)}"
    style.figure(words.percent(validation.figures.accuracy), text)


def bar(gain: Gain, names: dict[str, str]) -> None:
    accuracies = {run_id: (name, loaders.figures(run_id, gain.part).accuracy) for run_id, name in names.items()}
    info = ensemble_bar.info(accuracies, gain.figures.accuracy, gain.best, gain.figures.photos, gain.part)
    st.plotly_chart(
        ensemble_bar.plot(info, selection.dark()),
        key=f"ensemble_bar_{gain.part}",
        config={"displayModeBar": False},
        alt=f"Accuracy of the ensemble beside its best single member on {gain.part} photos",
    )


def verdict(gain: Gain, best_name: str, members: int, rule: str) -> None:
    """Is the gain real, and how many photos were tied."""
    if members == 1:
        st.write(f"{words.plain(best_name)} alone is not an ensemble yet: switch on another member.")
        return
    sentence = words.plain(gain.verdict(best_name))
    if gain.difference.beyond_noise:
        sentence = f":green[▲ {sentence}]" if gain.difference.accuracy > 0 else f":red[▼ {sentence}]"
    ties = words.count(gain.ties, f"{gain.part} photo")
    where = "went to the tied class with the highest mean probability" if rule == "vote" else "went to the first class"
    tied = f"{ties} tied; {'it' if gain.ties == 1 else 'each'} {where}." if gain.ties else "No ties."
    st.markdown(
        f"{sentence}. {tied}",
        help="The best member is the one with the highest validation accuracy. Members are chosen on validation, which "
        "flatters the ensemble a little; the test photos tell how much.",
    )


def greyed() -> None:
    """A picture of what will be here."""
    st.html('<div class="thaw-figure" style="opacity:.35">– % <small>of the validation photos are right</small></div>')


def nobody_on(found: Candidates) -> None:
    everyone = [run.id for run in found.runs]
    greyed()
    st.info("Nobody is switched on. Switch members on at the left and watch the accuracy.")
    st.button(
        f"Switch {'all ' if len(everyone) > 2 else ''}{words.count(len(everyone), 'member')} on",
        type="primary",
        on_click=selection.set_runs,
        args=(everyone,),
    )


def empty(found: Candidates) -> None:
    """No run was tested on the chosen photos: what will be here, why it is not yet, one button."""
    greyed()
    st.write("Here several models answer together, and you see whether that beats the best of them alone.")
    split = selection.split()
    where = f"on split {split.id[:8]} of {words.plain(selection.dataset().name)}" if split else "yet"
    st.info(f"There is no finished run {where}. Train two or more, with different backbones or settings.")
    if st.button("Train a model", type="primary", key="ensemble_train_first"):
        selection.go("train.py")
    ensemble_members.show_out(found.out)


def page() -> None:
    with st.container(horizontal=True, gap="large", wrap=False):
        left, right = st.container(width=MEMBERS), st.container()
    with left:
        found = ensemble_members.candidates()
        if found.runs:
            ensemble_members.switches(found)
            if st.button("Train another member", key="ensemble_train_more", icon=":material/model_training:"):
                selection.go("train.py")
    with right:
        if not found.runs:
            empty(found)
        elif not found.on:
            nobody_on(found)
        else:
            combined(found)


page()
