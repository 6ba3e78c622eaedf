"""One model as its own ensemble: its answers to several views of each photo, averaged."""

import streamlit as st

from core.augment import list_recipes
from core.errors import ThawError, UnknownBackbone
from core.jobs import queue, turns
from core.jobs import views as jobs
from core.records import Recipe, Run, RunKind, Status, ViewsSpec
from core.serving import pace
from core.settings import settings
from core.training.views import CHOICES, check_recipe, default_recipe, reason_against
from pages.parts import ensemble_views_result, loaders, train_jobs, visitors, words
from pages.parts.ensemble_choice import Choice

USUAL = 8  # views


def show(choice: Choice) -> None:
    """Draw the tab: choose a member and views, see what they will cost, start them, and see what they brought."""
    st.markdown(
        "The same network looks at each photo several times, mirrored and shifted a little, and its answers are "
        "averaged (test-time augmentation). The winner of the challenge did so. Nothing is trained; each view costs as "
        "long as the photo itself."
    )
    trained = [run for run in choice.found.runs if run.kind == RunKind.TRAINED]
    if not trained:
        st.info("None of these members was trained here, so there is no network to look again. Train one on Train.")
        return
    wanted = _wanted(choice, trained)
    source = next(run for run in trained if run.id == wanted.run)
    found = _has(wanted)
    if found is None:
        _start(choice, source, wanted)
    elif not found.status.over:
        key = f"ensemble_views_job_{found.id}"
        st.fragment(_moving, run_every=pace(1.0), key=key)(found.id)
    elif found.status == Status.FINISHED:
        ensemble_views_result.show(choice, source, found)
    else:
        _again(found)


def _wanted(choice: Choice, trained: list[Run]) -> ViewsSpec:
    """What the controls say."""
    on = set(choice.found.on)
    names = {run.id: run.name for run in trained}
    first = next((number for number, run in enumerate(trained) if run.id in on), 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox(
            "Whose answers",
            list(names),
            index=first,
            format_func=names.get,
            key="ensemble_views_run",
            help="A member that was trained here, best on validation first.",
        )
        known = {run.views.views for run in jobs.of(loaders.runs(), source)}
        views = st.segmented_control(
            "Views of each photo",
            sorted({*CHOICES, *known}),
            default=USUAL,
            required=True,
            key="ensemble_views_number",
            help="Drawn views; the photo as it is comes on top.",
        )
        with st.popover("More"):
            recipe, seed = _recipe(), _seed()
    return ViewsSpec(run=source, views=views, recipe=recipe, seed=seed)


def _recipe() -> Recipe:
    usable, left_out = [default_recipe()], []
    for recipe in list_recipes(settings()):
        if reason := reason_against(recipe):
            left_out.append(f"{words.plain(recipe.name)}: {reason}")
        elif recipe.active.id not in {each.id for each in usable}:
            usable.append(check_recipe(recipe))
    by_id = {recipe.id: recipe for recipe in usable}
    chosen = st.selectbox(
        "How views are drawn",
        list(by_id),
        format_func=lambda recipe: by_id[recipe].name if recipe in by_id else "",
        key="ensemble_views_recipe",
        help="A recipe that the network was trained with, or a weaker one, helps most. Save others on Augment.",
    )
    if left_out:
        st.caption("Not on this list: " + "; ".join(left_out) + ".")
    return by_id.get(chosen, usable[0])


def _seed() -> int:
    return st.number_input(
        "Seed",
        min_value=0,
        max_value=jobs.MOST_SEED,
        value=0,
        step=1,
        key="ensemble_views_seed",
        help="Another seed draws other views; the same one gives the same answers again.",
    )


def _has(wanted: ViewsSpec) -> Run | None:
    """The run that has these views: one that is finished or on its way, else the newest that came to nothing."""
    same = [run for run in jobs.of(loaders.runs(), wanted.run) if run.views.id == wanted.id]
    alive = [run for run in same if run.status in (Status.FINISHED, Status.QUEUED, Status.RUNNING)]
    return next(iter([*alive, *same]), None)


def _start(choice: Choice, source: Run, wanted: ViewsSpec) -> None:
    st.caption(cost(choice, source, wanted))
    st.button(
        f"See each photo in {words.count(wanted.views, 'view')}",
        type="primary",
        key="ensemble_views_start",
        on_click=_queue,
        args=(wanted,),
    )


def cost(choice: Choice, source: Run, wanted: ViewsSpec) -> str:
    """What the views will take, before anybody starts them."""
    photos = sum(len(part.ids) for part in choice.found.predictions[source.id].parts.values())
    text = f"{photos:,} validation and test photos, each seen {wanted.views + 1} times"
    try:
        seconds = jobs.guess_seconds(settings(), loaders.runs(), source.spec, photos, wanted.views)
    except UnknownBackbone:
        seconds = None
    if seconds is None:
        return f"{text}. How long that takes is not known yet: measure this network's speed on Train, or start."
    ahead = turns.ahead(loaders.runs(), visitors.current().id)
    waits = f", and {words.count(ahead, 'job')} ahead of it" if ahead else ""
    return f"{text}: about {words.rough(max(seconds, 1))} on this machine{waits}."


def _queue(wanted: ViewsSpec) -> None:
    try:
        source = loaders.run(wanted.run)
        planned = jobs.plan(settings(), source.id, wanted.views, wanted.recipe, wanted.seed)
        jobs.submit(settings(), planned, visitors.current())
    except ThawError as error:
        st.toast(words.plain(str(error)), icon=":material/error:")
    loaders.runs.clear()


def _moving(run_id: str) -> None:
    """The job's card; looks every second until the job is over."""
    try:
        run = loaders.run(run_id)
    except ThawError:  # deleted meanwhile
        run = None
    if run is None or run.status.over:
        loaders.runs.clear()
        st.rerun()
    if run.status == Status.RUNNING:
        train_jobs.running(run)
    else:
        waiting = [each.id for each in queue.waiting(settings())]
        train_jobs.queued_card(run, waiting.index(run.id) + 1 if run.id in waiting else len(waiting) + 1)


def _again(run: Run) -> None:
    """Views that failed or were cancelled: why, and one button."""
    if run.status == Status.FAILED:
        st.error(words.plain(run.error or "The views stopped without a word."), icon=":material/error:")
    else:
        st.info("These views were cancelled, so there are no answers.")
    st.button("Try again", type="primary", key="ensemble_views_again", on_click=_retry, args=(run.id,))


def _retry(run_id: str) -> None:
    try:
        queue.retry(settings(), run_id, visitors.current())
    except ThawError as error:
        st.toast(words.plain(str(error)), icon=":material/error:")
    loaders.runs.clear()
