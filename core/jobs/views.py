"""Views of photos in the queue: a trained run's answers to drawn views of each photo, averaged, as a run of its own."""

from collections.abc import Iterable

from core.errors import BadViews, NoTrainedWeights
from core.jobs import queue
from core.jobs.queue import open_store
from core.models import backbone_of, speed
from core.records import LOCAL, Recipe, Run, RunKind, RunSpec, Status, ViewsSpec, Visitor
from core.records.ensemble import MOST_VIEWS
from core.runs import WEIGHTS
from core.runs.naming import NAME_LENGTH
from core.settings import Settings
from core.training.views import check_recipe, default_recipe

MOST_SEED = 2**31 - 1


def plan(settings: Settings, run: str, views: int, recipe: Recipe | None = None, seed: int = 0) -> ViewsSpec:
    """The views that are asked for, all that can be known of them before checked; the default recipe where None.

    run : id or name of a finished run that was trained here. Raises UnknownRun, AmbiguousRun, NoTrainedWeights,
    RunFileMissing, BadViews, NoViews, UnknownOperation, BadParameter.
    """
    source = open_store(settings).get(run)
    if source.kind != RunKind.TRAINED or source.spec is None:
        raise NoTrainedWeights(name=source.name, reason=f"it was not trained but is of the kind “{source.kind}”")
    if source.status != Status.FINISHED:
        raise NoTrainedWeights(name=source.name, reason=f"it is {source.status}")
    open_store(settings).file(source.id, WEIGHTS)
    for what, number, least, most in (("Views of a photo", views, 1, MOST_VIEWS), ("A seed", seed, 0, MOST_SEED)):
        if not least <= number <= most:
            raise BadViews(what=what, least=least, most=most, received=number)
    return ViewsSpec(run=source.id, views=views, recipe=check_recipe(recipe or default_recipe()), seed=seed)


def submit(settings: Settings, views: ViewsSpec, visitor: Visitor = LOCAL) -> tuple[Run, bool]:
    """Queue a plan of `plan`, or join the run that has it; returns the run and whether it was joined."""
    store = open_store(settings)
    source = store.get(views.run)
    asked = name(source, views), visitor.id
    return store.submit_views(
        views, *asked, evaluation_id=source.evaluation_id, admit=lambda: queue.admit(settings, visitor)
    )


def name(source: Run, views: ViewsSpec) -> str:
    """What such a run is called: "Xception, 8 views"; what differs from the usual is told too."""
    recipe = f" ({views.recipe.name or 'own recipe'})" if views.recipe.id != default_recipe().id else ""
    ending = f", {views.views} view{'s' if views.views > 1 else ''}{recipe}{f', seed {views.seed}' * bool(views.seed)}"
    return f"{source.name[: NAME_LENGTH - len(ending)]}{ending}"


def of(runs: Iterable[Run], source: str) -> list[Run]:
    """The runs of views of this run, in the order given."""
    return [run for run in runs if run.views is not None and run.views.run == source]


def guess_seconds(settings: Settings, runs: Iterable[Run], spec: RunSpec, photos: int, views: int) -> float | None:
    """
    Seconds that `views` views of so many photos, and the photos as they are, may take on this machine.

    From the newest of `runs`, any list, that are views of a network of the same kind and photo size, else from what the
    backbone was measured to answer; None where neither is known.
    """
    runs = list(runs)
    specs = {run.id: run.spec for run in runs if run.spec is not None}
    for run in runs:
        theirs, rate = specs.get(run.views.run) if run.views else None, run.metrics.get("photos_per_second")
        if theirs and rate and run.status == Status.FINISHED and _alike(theirs, spec):
            return photos * (views + 1) / rate
    measured = speed.known(settings, backbone_of(spec), spec.input_size)
    if measured is None:
        return None
    return photos * (views + 1) / measured.infer * (spec.input_size / measured.size) ** 2


def _alike(one: RunSpec, other: RunSpec) -> bool:
    return (backbone_of(one).key, one.input_size) == (backbone_of(other).key, other.input_size)
