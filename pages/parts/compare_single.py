"""One run's own page inside the Compare screen."""

import streamlit as st

from core.charts import class_recalls, learning_curves
from core.evaluation import reading
from core.records import Run, Status
from core.settings import settings
from pages.parts import (
    compare_cells,
    compare_epochs,
    compare_photos,
    compare_sweep,
    comparisons,
    ensemble_saved,
    results,
    run_words,
    selection,
    train_plan,
    words,
)

FIGURES, PHOTOS, CURVES, SETTINGS, SWEEP = "Classes and confusions", "Photos", "Curves", "Settings", "Sweep"


def show_run(run: Run) -> None:
    """Everything about one run, whatever became of it."""
    st.subheader(words.plain(run.name), anchor=False)
    if run.status != Status.FINISHED:
        not_finished(run)
        return
    results.headline(run)
    if run.ensemble:
        ensemble_saved.about(run)
    swept = compare_sweep.found_for(run)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        view = choose_view(run, swept is not None)
        if view in (FIGURES, PHOTOS):
            part = results.part_switch("compare_single")
        if view == FIGURES:
            show = results.numbers_switch("compare_single")
    ended = reading.no_number(run.metrics)
    if ended and view != CURVES:  # there it is the first thing that the curves say
        st.warning(words.plain(ended.sentence), icon=":material/warning:")
    if view == CURVES:
        curves(run)
    elif view == SETTINGS:
        decided(run)
    elif view == SWEEP:
        compare_sweep.show(run, swept)
    elif view == PHOTOS:
        compare_photos.show(compare_cells.shown_of(run, part), [run])
    else:
        results.matrix_and_photos(run, part, show)


def choose_view(run: Run, swept: bool) -> str:
    """Which view is open; only that one computes."""
    trained = [CURVES, SETTINGS] if run.spec else []
    return st.segmented_control(
        "View",
        [FIGURES, PHOTOS, *trained, *([SWEEP] if swept else [])],
        default=FIGURES,
        required=True,
        key=f"compare_single_view{'_swept' if swept else '' if run.spec else '_brought'}",
        help="How the run does now, also photo by photo, how it learned, what it was told, and how it stands among "
        "other cuts of its plan.",
    )


def not_finished(run: Run) -> None:
    """A run without figures: where it is, or why it came to nothing."""
    if run.status == Status.FAILED:
        st.error(words.plain(run.error or "The training failed without saying why."), icon=":material/error:")
        if log := log_lines(run):
            with st.expander("Log of the training"):
                st.code(log, language=None, wrap_lines=True)
        st.caption("Try it again from the Train page; it goes on from its last checkpoint.")
    elif run.status == Status.CANCELLED:
        st.info("This job was cancelled, so there are no figures. It can be tried again from the Train page.")
    else:
        st.progress(words.share_done(run), text=words.progress_sentence(run))
        st.caption("Figures come when it is finished. The Train page shows it moving.")
    if run.spec:
        curves(run)
        decided(run)


def log_lines(run: Run) -> str:
    """The last lines a failed training wrote; empty where it left none."""
    from core.jobs.service import job_log

    return job_log(settings(), run.id)


def curves(run: Run) -> None:
    """Loss and accuracy by epoch."""
    history = comparisons.history(run)
    if history.empty and run.status.over:
        st.caption("No epoch of this run was finished, so there is no curve.")
        return
    planned = 0 if run.status.over else run.spec.epochs
    info = learning_curves.info({run.name: history}, run_words.phase_marks(run.spec), planned)
    st.plotly_chart(
        learning_curves.plot(info, selection.dark(), height=380),
        key="compare_curves",
        config={"displayModeBar": False},
        alt="Loss and accuracy of train and validation by epoch",
    )
    for remark in comparisons.remarks(run):
        st.markdown(remark.sentence)
    recalls = comparisons.recalls(run)
    if not recalls.empty:
        st.plotly_chart(
            class_recalls.plot(class_recalls.info(recalls), selection.dark()),
            key="compare_recalls",
            config={"displayModeBar": False},
            alt="Validation recall of each class by epoch",
        )
    if run.status == Status.FINISHED:
        compare_epochs.show(run)


def decided(run: Run) -> None:
    """Settings left, what they cost right."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        lines(run_words.settings(run))
        if st.button(
            "Train again with a change",
            key="compare_train_again",
            icon=":material/edit:",
            help="Opens Train with this plan filled in, on these photos and this split.",
        ):
            train_plan.load(run.spec.model_copy(update={"weights_hash": None}))
            selection.choose(dataset=run.spec.dataset, split=run.spec.split)
            selection.go("train.py")
    with right:
        lines(run_words.cost(run) | run_words.made_with(comparisons.environment(run)))


def lines(pairs: dict[str, str]) -> None:
    """A name and its value a line."""
    st.markdown("\n\n".join(f":gray[{name}:] {words.plain(value)}" for name, value in pairs.items()))
