"""Lesson: how much the figures would lie if one member had been trained on another split of the same photos."""

import streamlit as st

from core.charts import leak_bars
from core.ensembles import learns
from core.errors import ThawError
from core.evaluation import part_figures
from core.records import Part, Run
from pages.parts import ensembles, selection, words
from pages.parts.ensemble_choice import Choice
from pages.parts.ensembles import Lie

USUAL_SHARE = 0.7  # of photos that train, where there is no split


def show(choice: Choice) -> None:
    """Every control draws nothing but this tab anew."""
    if choice.part == Part.TEST:
        selection.show_test(looking_at=f"ensemble {choice.spec.id}")
    st.warning(
        "Simulated: nothing here is real but the honest figures, and nothing is stored.", icon=":material/science:"
    )
    st.markdown(
        "One member was trained on **another split** of the same photos. It has seen many of the photos that judge it, "
        "and knows them by heart. What would the figures say?"
    )
    st.fragment(_view, key="ensemble_lesson_view")(choice)


def _view(choice: Choice) -> None:
    names = ensembles.called(choice)
    runs = {run.id: run for run in choice.found.runs if run.id in choice.predictions}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        member = st.selectbox(
            "Trained on another split",
            list(runs),
            format_func=lambda run: names.get(run, ""),
            key="ensemble_lesson_member",
            width=340,
            help="One of the members that are on.",
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=9999,
            value=0,
            key="ensemble_lesson_seed",
            width=120,
            help="Of the other split: which photos the member would have trained on.",
        )
    with st.container(horizontal=True):
        share = st.slider(
            "Photos that train",
            0,
            100,
            round(100 * training_share(choice)),
            format="%d %%",
            key=f"ensemble_lesson_share_{_evaluation(choice)[:8]}",
            width=320,
            help="Share of all photos in a training part: so likely each photo here would have been trained on.",
        )
        memory = st.slider(
            "Of those it knows",
            0,
            100,
            round(100 * remembered(runs[member])),
            format="%d %%",
            key=f"ensemble_lesson_memory_{member[:8]}",
            width=320,
            help="Its accuracy on photos it was trained on; at first that of its last epoch, where it was told.",
        )
    try:
        lie = ensembles.lie(choice.spec, choice.part, member, share / 100, memory / 100, int(seed))
        honest = ensembles.accuracy(choice.spec, choice.part)
    except ThawError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return
    alone = _alone(choice, member)
    st.markdown(f"##### {words.plain(told(honest, lie, choice))}")
    rows = [(names[member], alone, lie.alone)]
    if len(choice.spec.members) > 1:
        rows.append((f"Ensemble of {len(choice.spec.members)}", honest, lie.together))
    st.plotly_chart(
        leak_bars.plot(leak_bars.info(rows, choice.part), selection.dark()),
        key="ensemble_lesson_bars",
        config={"displayModeBar": False},
        alt="The honest accuracy of the member and of the ensemble, and what the leak would have made of it",
    )
    st.markdown(words.plain(explained(choice, member, alone, lie)))
    if learns(choice.spec):
        st.caption("This rule learns from validation whom to trust, so it would also have trusted the wrong member.")
    st.info(
        "Thaw never lets such a member in. What was tested on other photos has another evaluation id, and is refused "
        "with that reason. The report's vote of seven had one member of another split: 0.8789 on its own test photos "
        "was such a figure, and 0.8691 on the hidden ones.",
        icon=":material/shield:",
    )


def _alone(choice: Choice, member: str) -> float:
    of = choice.predictions[member]
    return part_figures(of.parts[choice.part], choice.classes, of.has_probabilities).accuracy


def _evaluation(choice: Choice) -> str:
    return next(iter(choice.predictions.values())).evaluation_id


def training_share(choice: Choice) -> float:
    """Share of the photos that train in the split these members were tested on; `USUAL_SHARE` where there is none."""
    split = selection.split()
    if split is None or split.evaluation_id != _evaluation(choice):
        return USUAL_SHARE
    return words.share(split.counts.get(Part.TRAIN, 0), sum(split.counts.values())) or USUAL_SHARE


def remembered(run: Run) -> float:
    """A run's accuracy on its training photos in the last epoch, 0 to 1; 1 where it is not known."""
    return min(max(run.metrics.get("train_accuracy", 1.0), 0.0), 1.0)


def told(honest: float, lie: Lie, choice: Choice) -> str:
    """The lie in one sentence."""
    who = "The ensemble" if len(choice.spec.members) > 1 else "The member"
    points = 100 * (lie.together - honest)
    shown = f"{who} would have shown {words.percent(lie.together)} instead of {words.percent(honest)}"
    return f"{shown}: {abs(points):.1f} points {'too many' if points >= 0 else 'too few'}"


def explained(choice: Choice, member: str, alone: float, lie: Lie) -> str:
    """How many photos the member would have known, and what that makes of its own figure."""
    name, photos = ensembles.called(choice)[member], len(choice.predictions[member].parts[choice.part].true)
    return (
        f"{name} would have been trained on {lie.known:,} of {photos:,} {choice.part} photos. "
        f"Alone it would have shown {words.percent(lie.alone)} instead of {words.percent(alone)}."
    )
