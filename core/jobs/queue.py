"""What goes into the queue and out of it: plans are checked before they are queued, and equal plans share one run."""

import re
from functools import lru_cache

from pydantic import ValidationError

from core import augment, datasets, models
from core.errors import BadSpec, NoSplit, NoTrainedWeights, OtherSplit, RunNotActive, WeightsMismatch
from core.jobs import quotas, supervision, turns
from core.records import LOCAL, Part, Phase, Run, RunKind, RunSpec, Status, Visitor
from core.runs import WEIGHTS, RunStore
from core.runs.sentences import PAGE_SECONDS
from core.settings import Settings
from core.training import copies
from core.training.epoch import check_batch_fits

ALL = 10**9  # runs in a list: what is queued is told, whatever else there is


@lru_cache(maxsize=4)
def open_store(settings: Settings) -> RunStore:
    """The run store, kept open: what it knows of earlier runs is slow to read again. A person waits for it."""
    return RunStore(settings, PAGE_SECONDS)


def resolve_spec(settings: Settings, raw: dict) -> RunSpec:
    """
    The plan in `raw` as people write it, with ids in place of names.

    `dataset` may be a name, `split` a beginning of its id or missing (the newest), a phase's `recipe` a name,
    `weights` the beginning of a run's id. Raises UnknownRun,
    BadSpec, NoSplit, UnknownDataset, UnknownSplit, UnknownRecipe.
    """
    if not isinstance(raw, dict):
        raise BadSpec(reason=f"it must be one JSON object. Received: {type(raw).__name__}")
    raw = dict(raw)
    if not isinstance(raw.get("dataset"), str):
        raise BadSpec(reason="dataset must be the name or id of a dataset")
    dataset = datasets.find_dataset(settings, raw["dataset"])
    raw["dataset"] = dataset.id
    if raw.get("split") is None:
        found = datasets.list_splits(settings, dataset.id)
        if not found:
            raise NoSplit(dataset=dataset.name)
        raw["split"] = found[-1].id
    elif isinstance(raw["split"], str):
        raw["split"] = datasets.find_split(settings, raw["split"], dataset.id).id
    if isinstance(raw.get("weights"), str) and re.fullmatch("[0-9a-f]{6,32}", raw["weights"]):
        raw["weights"] = open_store(settings).get(raw["weights"]).id
    if isinstance(raw.get("phases"), list):
        raw["phases"] = [_with_recipe(settings, phase) for phase in raw["phases"]]
    try:
        return RunSpec.model_validate(raw)
    except ValidationError as error:
        raise BadSpec(reason=_sentence(error)) from error


def _with_recipe(settings: Settings, phase):
    if isinstance(phase, dict) and isinstance(phase.get("recipe"), str):
        return phase | {"recipe": augment.find_recipe(settings, phase["recipe"]).model_dump(mode="json")}
    return phase


def _sentence(error: ValidationError) -> str:
    first, *more = error.errors()
    where = ".".join(str(step) for step in first["loc"]) or "the plan"
    rest = f" ({len(more)} more)" if more else ""
    if first["type"] == "value_error":  # a sentence of the record's own, with what was received
        return f"{where}: {first['ctx']['error']}{rest}"
    return f"{where}: {first['msg'].lower()}. Received: {str(first.get('input'))[:80]}{rest}"


def check(settings: Settings, spec: RunSpec) -> tuple[RunSpec, str]:
    """
    Everything about a plan that can be known before it is queued; no Keras is loaded.

    Returns the plan as it is stored (registry's backbone name, hash of the weights) and the evaluation id. Raises what
    `core.models.check`, `core.augment.validate`, `find_dataset` and `find_split` raise, BatchOfOne,
    BatchTooLarge and TooManyCopies.
    """
    dataset = datasets.find_dataset(settings, spec.dataset)
    split = datasets.find_split(settings, spec.split, dataset.id)
    phases = tuple(
        phase if phase.recipe is None else phase.model_copy(update={"recipe": augment.validate(phase.recipe.active)})
        for phase in spec.phases
    )
    rows = datasets.split_rows(settings, split.id, dataset.id)
    counts = datasets.class_counts(rows, dataset.classes)[str(Part.TRAIN)].tolist()
    for number, phase in enumerate(phases, start=1):
        if phase.recipe is not None:
            augment.check_batch(phase.recipe, phase.batch_size)
        check_batch_fits(phase, number, counts)
        copies.check_size(phase, spec.input_size, counts)
    spec = spec.model_copy(update={"dataset": dataset.id, "split": split.id, "phases": phases})
    if models.is_run_id(spec.weights):
        spec = _from_run(settings, spec)
    return models.check(settings, spec, len(dataset.classes)), split.evaluation_id


def _from_run(settings: Settings, spec: RunSpec) -> RunSpec:
    """The spec with the content hash of the earlier run it starts from."""
    run = lender(settings, spec)
    kept = models.keep_run(settings, run.spec, open_store(settings).file(run.id, WEIGHTS))
    return spec.model_copy(update={"weights_hash": kept})


def lender(settings: Settings, spec: RunSpec) -> Run:
    """The earlier run whose weights the plan starts from; dataset, split and backbone must be that run's.

    Raises UnknownRun, NoTrainedWeights, OtherSplit, WeightsMismatch.
    """
    run = open_store(settings).get(spec.weights)
    if run.kind != RunKind.TRAINED or run.spec is None:
        raise NoTrainedWeights(name=run.name, reason=f"it was {run.kind}")
    if run.status != Status.FINISHED:
        raise NoTrainedWeights(name=run.name, reason=f"it is {run.status}")
    if (run.spec.dataset, run.spec.split) != (spec.dataset, spec.split):
        received = spec.split[:8] if spec.split != run.spec.split else f"dataset {spec.dataset[:8]}"
        raise OtherSplit(name=run.name, trained=run.spec.split[:8], received=received)
    backbone, theirs = models.backbone_of(spec), models.backbone_of(run.spec)
    if theirs.key != backbone.key:
        raise WeightsMismatch(name=run.name, backbone=backbone.title, reason=f"it is a run of {theirs.title}")
    return run


def lenders(settings: Settings, spec: RunSpec) -> list[Run]:
    """Finished runs that a plan for these photos, this split and this backbone can start from, newest first."""
    return [
        run
        for run in open_store(settings).list(status=Status.FINISHED, kind=RunKind.TRAINED)
        if run.spec is not None
        and (run.spec.dataset, run.spec.split, run.spec.backbone) == (spec.dataset, spec.split, spec.backbone)
        and models.backbone_of(run.spec).key == models.backbone_of(spec).key
    ]


def submit(
    settings: Settings,
    spec: RunSpec,
    name: str = "",
    visitor: Visitor = LOCAL,
    again: bool = False,
    group: str = "",
) -> tuple[Run, bool]:
    """Check the plan and queue it, or join the run that has it; returns the run and whether it was joined.

    A join costs the visitor nothing; a new run may raise TooManyWaiting, DiskQuota, besides what `check` raises.
    """
    spec, evaluation_id = check(settings, spec)
    return open_store(settings).submit(
        spec,
        name or default_name(spec),
        visitor.id,
        evaluation_id=evaluation_id,
        again=again,
        group=group,
        admit=lambda: admit(settings, visitor),
    )


def admit(settings: Settings, visitor: Visitor, more: int = 1) -> None:
    """Raises TooManyWaiting or DiskQuota where the visitor may not queue so many jobs more."""
    store = open_store(settings)
    quotas.check_waiting(settings, store, visitor, more)
    quotas.check_disk(settings, store, visitor)


def default_name(spec: RunSpec) -> str:
    """What a run is called that nobody named: "Xception, all frozen, then first 100 frozen, 96 px"."""
    steps = ", then ".join(_freezing(phase) for phase in spec.phases)
    seed = f", seed {spec.seed}" if spec.seed else ""
    return f"{models.backbone_of(spec).title}, {steps}, {spec.input_size} px{seed}"[:200]


def _freezing(phase: Phase) -> str:
    if phase.frozen == "all":
        return "all frozen"
    return f"first {phase.frozen} frozen" if phase.frozen else "all layers train"


def cancel(settings: Settings, run: str, visitor: Visitor = LOCAL) -> Run:
    """
    Cancel a run by id or name: a queued one at once, a running one within 5 s by its supervisor.

    Where no supervisor is left that could, the run is cancelled here. Raises RunNotActive, UnknownRun, NotYours.
    """
    store = open_store(settings)
    found = store.get(run)
    quotas.check_rights(visitor, found)
    if found.status.over:
        raise RunNotActive(name=found.name, status=found.status)
    store.request_stop(found.id)
    if found.home == store.home and not store.cancel(found.id, while_queued=True):
        with supervision.as_supervisor(settings) as alone:
            if alone:
                store.cancel(found.id)
    return store.get(found.id)


def finish(settings: Settings, run: str, visitor: Visitor = LOCAL) -> Run:
    """Ask a running training, by id or name, to end now with its best epoch; a queued one is cancelled.

    So are views, of which there is nothing to keep before they are all answered. Raises RunNotActive, UnknownRun,
    NotYours.
    """
    store = open_store(settings)
    found = store.get(run)
    quotas.check_rights(visitor, found)
    if found.status == Status.QUEUED or (found.kind == RunKind.VIEWS and not found.status.over):
        return cancel(settings, run, visitor)
    if found.status.over:
        raise RunNotActive(name=found.name, status=found.status)
    store.request_stop(found.id, keep=True)
    return store.get(found.id)


def retry(settings: Settings, run: str, visitor: Visitor = LOCAL) -> Run:
    """Queue a failed or cancelled run again; it goes on from its last checkpoint.

    Raises RunNotRetryable, UnknownRun, NotYours, TooManyWaiting, DiskQuota.
    """
    store = open_store(settings)
    found = store.get(run)
    quotas.check_rights(visitor, found)
    admit(settings, visitor)
    return store.requeue(found.id)


def waiting(settings: Settings) -> list[Run]:
    """The queued runs of this data folder, the next one first."""
    store = open_store(settings)
    return turns.in_turn(store.list(home=store.home, limit=ALL))
