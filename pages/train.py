"""Train: freeze, thaw, start; below, the jobs."""

import streamlit as st

from core.charts import thaw_map
from core.errors import ThawError, UnknownRun
from core.jobs import queue, turns
from core.jobs.cost import guess_seconds
from core.models import blocks
from core.records import Dataset, Part, Run, RunSpec, Split, Status
from core.settings import settings
from core.training.epoch import photos_an_epoch
from pages.parts import (
    loaders,
    selection,
    train_blocks,
    train_cuts,
    train_form,
    train_jobs,
    train_kept,
    train_layers,
    train_map,
    train_phases,
    train_plan,
    train_sweep,
    visitors,
    warmup,
    words,
)

_MESSAGE = "_train_message"


def plan(dataset: Dataset, split: Split) -> None:
    """The form, the thaw map, the cost line and Start."""
    spec = train_form.network(train_plan.current(dataset, split))
    note = st.container()
    network = train_blocks.blocks() if spec.network is not None else None
    above = st.container()
    spec = train_phases.phases(spec)
    train_plan.keep(spec)
    classes = len(dataset.classes)
    wrong = train_plan.problem(spec, classes)
    with note:
        train_form.preset_note(spec)
        if wrong and wrong[0] not in ("phases", "blocks"):  # a block's stands beside it
            st.error(words.plain(wrong[1]), icon=":material/error:")
    train_blocks.described(spec, classes, *(network or (note, None)))
    with above:
        train_map.freezing_map(spec, classes)
        train_layers.layers(spec)
    if wrong and wrong[0] == "phases":
        st.error(words.plain(wrong[1]), icon=":material/error:")
    start(spec, split, wrong)
    train_sweep.sweep(spec, wrong is not None)


def start(spec: RunSpec, split: Split, wrong: tuple[str, str] | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=wrong is not None,
            help=wrong[1] if wrong else "Queues the training and returns at once. You can leave the page meanwhile.",
        )
        again = st.toggle(
            "Train again if it has a run",
            key="train_again",
            help="An equal plan is not trained twice: you join its run. This trains it once more.",
            width="content",
        )
        st.caption(cost(spec, split), width="content")
    if pressed:
        with st.spinner("Looking at the plan …"):
            submit(spec, again)
        st.rerun()
    message()


def cost(spec: RunSpec, split: Split) -> str:
    """ "2,105 training photos, 4,232 an epoch, 24 epochs · about 4:10 on this machine · 2 jobs ahead"."""
    photos, counts = split.counts[Part.TRAIN], loaders.training_counts(spec.split, spec.dataset)
    shown = {photos_an_epoch(phase, counts) for phase in spec.phases}
    an_epoch = "" if shown == {photos} else ", " + " or ".join(f"{each:,}" for each in sorted(shown)) + " an epoch"
    runs = loaders.runs()
    seconds = guess_seconds(runs, spec, lambda plan: loaders.training_counts(plan.split, plan.dataset))
    seconds = seconds or train_cuts.plan_seconds(spec, split)
    ahead = turns.ahead(runs, visitors.current().id)
    pieces = [
        f"{words.count(photos, 'training photo')}{an_epoch}, {words.count(spec.epochs, 'epoch')}",
        f"about {words.duration(seconds)} on this machine" if seconds else "nothing like it was timed here yet",
        f"{words.count(ahead, 'job')} ahead" if ahead else "",
    ]
    return " · ".join(piece for piece in pieces if piece)


def submit(spec: RunSpec, again: bool) -> None:
    try:
        run, joined = queue.submit(settings(), spec, visitor=visitors.current(), again=again)
    except ThawError as error:
        st.session_state[_MESSAGE] = (str(error), None)
    else:
        st.session_state[_MESSAGE] = (joined_sentence(run) if joined else "", run.id)
        if not joined:
            st.toast("Queued. You see it in the list of jobs, here and on every other page.", icon=":material/check:")
    loaders.runs.clear()


def joined_sentence(run: Run) -> str:
    if run.status == Status.RUNNING:
        return f"This plan is already training, started {words.ago(run.started or run.created)}: you follow it below."
    if run.status == Status.QUEUED:
        return f"This plan is already queued, since {words.ago(run.created)}: you follow it below."
    return "This plan is already trained: its result is ready."


def message() -> None:
    """What became of the last Start."""
    text, run_id = st.session_state.get(_MESSAGE, ("", None))
    if not text:
        return
    if run_id is None:
        st.error(words.plain(text), icon=":material/error:")
        return
    try:
        over = loaders.run(run_id).status.over
    except UnknownRun:  # deleted since
        del st.session_state[_MESSAGE]
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(words.plain(text), icon=":material/group:", width="stretch")
        if st.button("Open its result", key="train_open_joined", disabled=not over):
            train_jobs.open_result(run_id)


def empty(sentence: str, button: str) -> None:
    """What will be here, why it is not yet, one button."""
    st.info(sentence)
    if st.button(button, type="primary", icon=":material/photo_library:"):
        selection.go("photos.py")
    st.html("<style>.st-key-train_empty { opacity: .3; filter: grayscale(1); pointer-events: none; }</style>")
    with st.container(key="train_empty"):
        bands = [(block.name, block.layers, block.parameters) for block in blocks("xception")]
        st.plotly_chart(
            thaw_map.plot(thaw_map.info(bands, 66), selection.dark()),
            key="train_empty_map",
            config={"staticPlot": True},
            alt="A greyed network: what stays frozen and what thaws will be set here",
        )


chosen, chosen_split = selection.dataset(), selection.split()
if chosen is None:
    empty(
        "The demo photos are being drawn, which takes some twenty seconds after the first start. Then you can train."
        if warmup.drawing()
        else "There are no photos yet. With photos and a split you choose here what a network learns from them.",
        "Go to the photos",
    )
elif chosen_split is None:
    empty(f"{words.plain(chosen.name)} has no split yet, so nobody knows which photos train.", "Make a split")
else:
    plan(chosen, chosen_split)
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader("Jobs", anchor=False, width="stretch")
    train_kept.kept_outputs()
train_jobs.jobs()
if st.button("Go on: compare runs", icon=":material/grid_on:", help="Every finished run, side by side."):
    selection.go("compare.py")
