"""Start: from nothing to a trained model in three clicks, the result in place."""

import streamlit as st

from core.charts import learning_curves
from core.errors import ThawError
from core.jobs import queue
from core.records import Dataset, Run, Split, Status
from core.serving import pace
from core.settings import settings
from core.training import preset_spec
from pages.parts import loaders, results, selection, visitors, warmup, words

PRESET = "first"


def first_model(dataset: Dataset, split: Split) -> None:
    """The button, or the model that it trained, in its place."""
    spec = preset_spec(PRESET, dataset.id, split.id, counts=loaders.training_counts(split.id, dataset.id))
    ticked = set(selection.runs())
    mine = next((run for run in loaders.runs() if run.spec_id == spec.id and run.id in ticked), None)
    if mine is None:
        offer(dataset, split, spec)
    elif mine.status == Status.FINISHED:
        results.show_result(mine.id, compact=True)
        next_steps()
    elif mine.status.over:
        st.error(f"This training is {mine.status}: {words.plain(mine.error or 'somebody stopped it')}")
        offer(dataset, split, spec)
    else:
        st.fragment(follow, run_every=pace(0.7))(mine.id)


def offer(dataset: Dataset, split: Split, spec) -> None:
    st.write(
        "See what each choice does to an image classifier: augmentation, freezing, ensembling, on your own photos."
    )
    st.button(
        f"Train a first model on {words.plain(dataset.name)}",
        type="primary",
        icon=":material/play_arrow:",
        on_click=train,
        args=(dataset, split, spec),
        help="A small network learns from scratch, in well under a minute. You can leave the page meanwhile.",
    )
    st.caption(
        f"{words.count(dataset.photos, 'photo')} of {words.count(len(dataset.classes), 'class', 'classes')}: "
        f"it learns from {words.count(split.counts['train'], 'photo')}, is chosen by "
        f"{split.counts['validation']:,} and judged by {split.counts['test']:,} it has never seen."
    )
    sample(dataset)


def train(dataset: Dataset, split: Split, spec) -> None:
    try:
        run, _ = queue.submit(settings(), spec, name=f"First model on {dataset.name}", visitor=visitors.current())
    except ThawError as error:
        st.session_state["start_error"] = str(error)
    else:
        loaders.runs.clear()
        selection.choose(dataset=dataset.id, split=split.id, runs=[run.id])


def sample(dataset: Dataset) -> None:
    """One photo a class, so that a visitor sees what the words are about."""
    rows = loaders.photo_rows(dataset.id).groupby("label").head(1).head(8)
    for column, row in zip(st.columns(8), rows.itertuples(), strict=False):
        with column:
            st.image(loaders.thumbnail(row.id, 192), width="stretch")
            st.caption(words.plain(dataset.classes[row.label]))


def follow(run_id: str) -> None:
    """The training as it goes; when it is over the page draws the result."""
    run = loaders.run(run_id)
    if run.status.over:
        loaders.runs.clear()
        st.rerun()
    st.subheader(f"Training: {words.plain(run.name)}", anchor=False)
    st.progress(words.share_done(run), text=words.progress_sentence(run))
    info = learning_curves.info({run.name: loaders.store().history(run.id)}, planned=run.progress.epochs)
    st.plotly_chart(
        learning_curves.plot(info, selection.dark(), height=430),
        key="start_curves",
        config={"displayModeBar": False},
        alt="Loss and accuracy of the running training, epoch by epoch",
    )


def next_steps() -> None:
    see, thaw, own = st.columns(3)
    with see:
        st.page_link("augment.py", label="See what augmentation does to a photo", icon=":material/auto_awesome:")
    with thaw:
        st.page_link("train.py", label="Train better: freeze and thaw a network", icon=":material/model_training:")
    with own:
        st.page_link("photos.py", label="Bring your own photos", icon=":material/photo_library:")


def recent() -> None:
    """For someone coming back: the last runs and where to go on."""
    last: list[Run] = loaders.runs()[:5]
    if not last:
        return
    st.subheader("Last runs", anchor=False)
    for run in last:
        with st.container(horizontal=True, vertical_alignment="center"):
            opened = st.button(
                words.plain(run.name),
                key=f"start_open_{run.id}",
                type="tertiary",
                help="Opens this run's own page on the Compare screen.",
            )
            st.caption(words.run_sentence(run))
            if opened:
                selection.set_runs([run.id])
                selection.go("compare.py")
    st.page_link("compare.py", label="Go on: compare the runs", icon=":material/grid_on:")


@st.fragment(run_every=0.7)
def drawing() -> None:
    """The first start of a server: the demo photos are being drawn. The frame looks when they are there."""
    state = warmup.state
    st.progress(
        words.share(state.done, state.total),
        text=f"Drawing the demo photos: {state.done:,} of {state.total:,}" if state.total else "Starting the server",
    )
    st.skeleton(height=430)


def no_photos() -> None:
    if warmup.state.demo_error:
        st.error(f"The demo photos could not be drawn: {words.plain(warmup.state.demo_error)}. Your own photos work.")
    st.info("There are no photos yet. Bring some, sorted in one folder a class.")
    if st.button("Add photos", type="primary"):
        selection.go("photos.py")


if message := st.session_state.pop("start_error", None):
    st.error(message)
chosen, split = selection.dataset(), selection.split()
if chosen is None and warmup.drawing():
    drawing()
elif chosen is None:
    no_photos()
elif split is None:
    st.info(f"{words.plain(chosen.name)} has no split yet: which photos train, and which judge the result?")
    if st.button("Make a split", type="primary"):
        selection.go("photos.py")
else:
    first_model(chosen, split)
if not selection.runs():
    recent()
