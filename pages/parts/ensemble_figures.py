"""The Figures tab: an ensemble beside its best and its mean member, by class, what it confuses, photos won and lost."""

import numpy as np
import streamlit as st

from core.charts import confusion_difference, ensemble_bar
from core.ensembles import Gain, gain_over_best
from core.records import EnsembleSpec, Part
from pages.parts import ensemble_photos, ensemble_table, loaders, results, selection, style, words
from pages.parts.ensemble_choice import Choice

MATRIX, TABLE = 390, 450  # px
SQUARE = 12  # classes: up to here the matrix is as high as wide
LONG = 12  # letters: longer class names take the room of the colour scale
OF_ENSEMBLE, DIFFERENCE = "Of the ensemble", "Difference from the best member's"


def gain(choice: Choice, part: Part) -> Gain:
    """The ensemble beside its best member; kept by what decides it. Raises what `gain_over_best` raises."""
    return _gain(choice.spec, part, choice.predictions, choice.names)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={EnsembleSpec: lambda spec: spec.id})
def _gain(spec: EnsembleSpec, part: Part, _predictions: dict, _names: dict[str, str]) -> Gain:
    return gain_over_best(spec, _predictions, part, _names)


def headline(choice: Choice) -> None:
    """The one big figure: validation; the test figure small beside it where it may be seen. Below, single members."""
    validation = gain(choice, Part.VALIDATION)
    text = f"of {validation.figures.photos:,} validation photos are right"
    if selection.show_test(looking_at=f"ensemble {choice.spec.id}"):
        test = gain(choice, Part.TEST)
        text += f" · test: {words.percent(test.figures.accuracy, test.figures.photos)}"
    style.figure(words.percent(validation.figures.accuracy), text)
    if len(choice.spec.members) > 1:
        accuracies = [loaders.figures(run, Part.VALIDATION).accuracy for run in choice.spec.runs]
        best = words.plain(choice.names[validation.best])
        st.markdown(
            f"Best single member: **{words.percent(validation.best_figures.accuracy)}** ({best}) · "
            f"mean member: **{words.percent(float(np.mean(accuracies)))}**"
        )


def show(choice: Choice) -> None:
    found = gain(choice, choice.part)
    best = choice.names[found.best]
    _bar(choice, found)
    _verdict(choice, found, best)
    several = len(choice.spec.members) > 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = results.numbers_switch("ensemble")
        which = _which() if several else OF_ENSEMBLE
    with st.container(horizontal=True):  # on a narrow page the table goes below the matrix
        left, right = st.container(width=MATRIX), st.container(width=TABLE)
    with left:
        if which == DIFFERENCE:
            _difference(found, best, numbers)
        else:
            _matrix(found, numbers)
    with right:
        ensemble_table.show(found, best)
    if several:
        ensemble_photos.show(found, choice.classes, best)


def _which() -> str:
    return st.segmented_control(
        "Confusion matrix",
        [OF_ENSEMBLE, DIFFERENCE],
        default=OF_ENSEMBLE,
        required=True,
        key="ensemble_matrix_of",
        help="The difference shows where the ensemble puts more photos than its best member, and where fewer.",
    )


def _room(found: Gain) -> tuple[int | None, bool]:
    """Height in px, and whether the class names are long."""
    long = found.per_class["class"].str.len().max() > LONG
    return None if len(found.per_class) > SQUARE else MATRIX + 20 if long else MATRIX - 45, long


def _matrix(found: Gain, numbers: str) -> None:
    height, long = _room(found)
    key = f"ensemble_matrix_{found.part}"
    results.matrix(found.figures, numbers, height, key=key, name="the ensemble", scale=not long)


def _difference(found: Gain, best: str, numbers: str) -> None:
    classes = tuple(found.per_class["class"])
    by = {"shares": "row", "columns": "column"}.get(numbers, "counts")
    height, _ = _room(found)
    figure = _picture(found.best_figures.confusion, found.figures.confusion, classes, by, selection.dark(), height)
    alt = f"Where the ensemble puts more photos than {best}, and where fewer."
    results.chart(figure, len(classes), f"ensemble_difference_{found.part}", alt)
    st.caption(
        f"The ensemble less {words.plain(best)}, the best member. Better is more on the diagonal and fewer beside it."
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _picture(first: np.ndarray, second: np.ndarray, classes: tuple[str, ...], by: str, dark: bool, height: int | None):
    info = confusion_difference.difference(first, second, classes, by)
    return confusion_difference.plot(info, dark, height, names=("the best member", "the ensemble"))


def _bar(choice: Choice, found: Gain) -> None:
    accuracies = {run: (choice.names[run], loaders.figures(run, found.part).accuracy) for run in choice.spec.runs}
    info = ensemble_bar.info(accuracies, found.figures.accuracy, found.best, found.figures.photos, found.part)
    st.plotly_chart(
        ensemble_bar.plot(info, selection.dark()),
        key=f"ensemble_bar_{found.part}",
        config={"displayModeBar": False},
        alt=f"Accuracy of the ensemble beside its best single member on {found.part} photos",
    )


def _verdict(choice: Choice, found: Gain, best: str) -> None:
    """Is the gain real, and how many photos were tied."""
    if len(choice.spec.members) == 1:
        st.write(f"{words.plain(best)} alone is not an ensemble yet: switch on another member.")
        return
    if alike(choice, found.part):
        st.info(
            f"All {len(choice.spec.members)} members answer every {found.part} photo alike, so there is nothing to "
            "gain. Switch on a member that errs differently: another network, another cut, other augmentation."
        )
        return
    sentence = words.plain(found.verdict(best))
    if found.difference.beyond_noise:
        sentence = f":green[▲ {sentence}]" if found.difference.accuracy > 0 else f":red[▼ {sentence}]"
    st.markdown(
        f"{sentence}. {_ties(choice, found)}",
        help="The best member is the one with the highest validation accuracy. Members are chosen on validation, which "
        "flatters the ensemble a little; the test photos tell how much.",
    )


def _ties(choice: Choice, found: Gain) -> str:
    if not found.ties:
        return "No ties."
    vote = choice.spec.rule == "vote"
    where = "went to the tied class with the highest mean probability" if vote else "went to the first class"
    return f"{words.count(found.ties, f'{found.part} photo')} tied; {'it' if found.ties == 1 else 'each'} {where}."


def alike(choice: Choice, part: Part) -> bool:
    """Whether all members say the same of every photo."""
    answers = [choice.predictions[run].parts[part].predicted for run in choice.spec.runs]
    return all(np.array_equal(answers[0], other) for other in answers[1:])
