"""The jobs under the training plan: running, queued, done; they move without a reload."""

import streamlit as st

from core.charts import class_recalls, learning_curves
from core.errors import ThawError
from core.evaluation import reading
from core.jobs import queue, turns
from core.jobs.service import job_log, supervisor_state
from core.records import ENDED_EARLY, NOT_A_NUMBER, Run, Status
from core.serving import pace
from core.settings import settings
from core.training.epoch import MOST_RECALLS
from pages.parts import comparisons, loaders, run_words, selection, visitors, words

SHOWN_QUEUED, SHOWN_OVER = 10, 6
CURVES, CLASSES = "Curves", "Classes"
FINISH = "Ends the training now and keeps its best epoch. Such a run is not taken for one that trained its whole plan."
GOES_ON, BEGINS_AGAIN = "it goes on from its last checkpoint.", "it begins again, with the same draws."


def jobs() -> None:
    """All jobs of this store. Looks again every second as long as one is under way."""
    active = any(not run.status.over for run in _all())
    st.fragment(_jobs, run_every=pace(1.0) if active else None)(active)


def _all() -> list[Run]:
    return [run for run in loaders.store().list() if run.kind.made_by_job]


def _jobs(polling: bool) -> None:
    runs = _all()
    if polling != any(not run.status.over for run in runs):
        loaders.runs.clear()
        st.rerun()  # begin to look every second, or leave off
    if not runs:
        st.caption("No training yet. What you start is listed here and goes on when you close the page.")
        return
    _supervision(polling)
    for run in runs:
        if run.status == Status.RUNNING:
            running(run)
    queued = turns.in_turn(runs)
    for position, run in enumerate(queued[:SHOWN_QUEUED], start=1):
        queued_card(run, position)
    if len(queued) > SHOWN_QUEUED:
        st.caption(f"and {words.count(len(queued) - SHOWN_QUEUED, 'more job')} in the queue")
    over = sorted((run for run in runs if run.status.over), key=lambda run: run.ended or run.created, reverse=True)
    for run in over[:SHOWN_OVER]:
        _over(run)
    if len(over) > SHOWN_OVER:
        st.caption(f"Older ones ({len(over) - SHOWN_OVER:,}) are on the Compare page.")


def _supervision(active: bool) -> None:
    state = supervisor_state(settings())["state"]
    if active and state == "none":
        st.warning(
            "Nobody takes jobs at the moment: the server that does is starting, or was stopped. What is queued waits.",
            icon=":material/hourglass_disabled:",
        )


def running(run: Run) -> None:
    """The card of a running job."""
    with st.container(border=True, key=f"train_job_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            since = f" · started {words.ago(run.started)}" if run.started else ""
            again = f" · attempt {run.attempt}" if run.attempt > 1 else ""
            st.markdown(f"**{words.plain(run.name)}**{_whose(run)}{since}{again}", width="stretch")
            if run.spec:  # views have nothing to keep before they are all answered
                _finish(run)
            _cancel(run)
        st.progress(words.share_done(run), text=words.progress_sentence(run))
        if run.spec is None:
            st.caption(words.live_sentence(run.progress) or "Starting …")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(words.live_sentence(run.progress) or "Starting …", width="stretch")
            view = _view(run) if run.progress.epoch else CURVES
        if view == CLASSES:
            _classes(run)
        else:
            _curves(run)
        for remark in comparisons.remarks(run)[:1]:
            st.caption(remark.sentence)


def _view(run: Run) -> str:
    return st.segmented_control(
        "Shown of this job",
        [CURVES, CLASSES],
        default=CURVES,
        required=True,
        key=f"train_view_{run.id}",
        label_visibility="collapsed",
        help="Loss and accuracy, or which share of each class's validation photos was right after each epoch.",
    )


def _curves(run: Run) -> None:
    info = learning_curves.info({run.name: comparisons.history(run)}, run_words.phase_marks(run.spec), run.spec.epochs)
    st.plotly_chart(
        learning_curves.plot(info, selection.dark(), height=260),
        key=f"train_curves_{run.id}",
        config={"displayModeBar": False},
        alt=f"Loss and accuracy of {run.name} so far, epoch {run.progress.epoch} of {run.progress.epochs}",
    )


def _classes(run: Run) -> None:
    recalls = comparisons.recalls(run)
    if recalls.empty:
        st.caption(f"Recall by class is told an epoch for up to {MOST_RECALLS} classes.")
        return
    st.plotly_chart(
        class_recalls.plot(class_recalls.info(recalls), selection.dark()),
        key=f"train_classes_{run.id}",
        config={"displayModeBar": False},
        alt=f"Validation recall of each class by epoch, epoch {run.progress.epoch} of {run.progress.epochs}",
    )


def queued_card(run: Run, position: int) -> None:
    """The card of a job that waits; position counts from 1."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"train_job_{run.id}"):
        turn = "is next" if position == 1 else f"is number {position} in the queue"
        st.markdown(f"**{words.plain(run.name)}**{_whose(run)} {turn}", width="stretch")
        _cancel(run)


def _over(run: Run) -> None:
    with st.container(border=True, key=f"train_job_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            when = words.ago(run.ended or run.created)
            st.markdown(f"**{words.plain(run.name)}**{_whose(run)} · {_outcome(run)} · {when}", width="stretch")
            if run.status == Status.FINISHED:
                if st.button("Open", key=f"train_open_{run.id}", help="Its figures, class by class, on Compare."):
                    open_result(run.id)
            else:
                st.button(
                    "Retry",
                    key=f"train_retry_{run.id}",
                    on_click=_act,
                    args=(queue.retry, run.id),
                    **_theirs(run, "Queues it again; " + (GOES_ON if run.spec else BEGINS_AGAIN)),
                )
        if ended := reading.no_number(run.metrics):
            st.warning(words.plain(ended.sentence), icon=":material/warning:")
        if run.status == Status.FAILED:
            st.error(words.plain(run.error or "It stopped without a word."), icon=":material/error:")
            if log := job_log(settings(), run.id):
                with st.expander("What it wrote last"):
                    st.code(log, language=None, wrap_lines=True)


def _whose(run: Run) -> str:
    return words.plain(visitors.of(run))


def _theirs(run: Run, help: str) -> dict:
    """`disabled` and `help` of a button that changes a job: only its visitor and the teacher may."""
    if visitors.may_change(run):
        return {"disabled": False, "help": help}
    return {"disabled": True, "help": f"It belongs to {run.owner or 'whoever sits at the computer itself'}."}


def _outcome(run: Run) -> str:
    if run.status != Status.FINISHED:
        return str(run.status)
    accuracy = run.metrics.get("validation_accuracy")
    took = f" in {words.duration(run.metrics['seconds'])}" if "seconds" in run.metrics else ""
    early, blown_up = "", run.metrics.get(NOT_A_NUMBER)
    if run.metrics.get(ENDED_EARLY):
        early = f", ended in epoch {blown_up:.0f}" if blown_up else ", ended by hand"
    return (f"validation {words.percent(accuracy)}" if accuracy is not None else "finished") + took + early


def _finish(run: Run) -> None:
    """End it with what it has; offered once there is an epoch to keep."""
    if run.finish_requested:
        st.caption("Ending with its best epoch …", width="content")
    elif not run.stop_requested:
        st.button(
            "Finish now",
            key=f"train_finish_{run.id}",
            on_click=_act,
            args=(queue.finish, run.id),
            **_theirs(run, FINISH) | ({"disabled": True} if run.progress.epoch < 1 else {}),
        )


def _cancel(run: Run) -> None:
    if run.stop_requested:
        st.caption("Stopping …", width="content")
    else:
        st.button(
            "Cancel",
            key=f"train_cancel_{run.id}",
            on_click=_act,
            args=(queue.cancel, run.id),
            **_theirs(run, f"Stops within seconds. When tried again {GOES_ON if run.spec else BEGINS_AGAIN}"),
        )


def _act(action, run_id: str) -> None:
    try:
        action(settings(), run_id, visitors.current())
    except ThawError as error:
        st.toast(words.plain(str(error)), icon=":material/error:")
    loaders.runs.clear()


def open_result(run_id: str) -> None:
    """Tick this run and go to Compare."""
    selection.set_runs([run_id])
    selection.go("compare.py")
