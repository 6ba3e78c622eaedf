"""Freeze sweeps: one plan with several cuts and seeds, queued together and gathered again from the runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core import models
from core.errors import BadSweep, TooManyFrozen
from core.evaluation.freeze_sweep import FIGURES, Sweep, Trained, sweep
from core.jobs import queue
from core.records import ENDED_EARLY, LOCAL, Part, Run, RunSpec, Status, Visitor
from core.settings import Settings

MOST_RUNS = 100  # of one sweep


@dataclass(frozen=True)
class Plan:
    specs: tuple[RunSpec, ...]  # seed by seed, so that a sweep cut short has whole seeds
    cuts: tuple[int, ...]  # ascending
    left_out: tuple[tuple[int, int], ...]  # (cut, the cut that trains the same weights and stands for it)


def plan(spec: RunSpec, cuts: Sequence[int], seeds: Sequence[int], phase: int = -1) -> Plan:
    """The plans of a sweep over how many layers phase `phase` freezes; twins are trained once.

    cuts : numbers of frozen layers, in any order. Raises BadSweep, TooManyFrozen.
    """
    phase %= len(spec.phases)
    backbone = models.backbone_of(spec)
    for k in cuts:
        if not 0 <= k <= backbone.layers:
            raise TooManyFrozen(phase=phase + 1, frozen=k, backbone=backbone.title, layers=backbone.layers)
    kept, left_out = [], []
    for k in sorted(set(cuts)):
        stands = next((other for other in kept if k in twins_of(spec, other, phase)), None)
        if stands is None:
            kept.append(k)
        else:
            left_out.append((k, stands))
    if len(kept) < 2:
        same = f"; {', '.join(map(str, sorted(set(cuts))))} train the same weights" if len(set(cuts)) > 1 else ""
        raise BadSweep(reason=f"it needs two cuts at least that differ{same}")
    if not seeds:
        raise BadSweep(reason="it needs a seed at least")
    if len(kept) * len(set(seeds)) > MOST_RUNS:
        raise BadSweep(reason=f"it would be {len(kept) * len(set(seeds))} trainings; {MOST_RUNS} may be")
    specs = tuple(_with(spec, k, seed, phase) for seed in dict.fromkeys(seeds) for k in kept)
    return Plan(specs, tuple(kept), tuple(left_out))


def _with(spec: RunSpec, k: int, seed: int, phase: int) -> RunSpec:
    phases = list(spec.phases)
    phases[phase] = phases[phase].model_copy(update={"frozen": k})
    return spec.model_copy(update={"phases": tuple(phases), "seed": seed})


def twins_of(spec: RunSpec, k: int, phase: int = -1) -> tuple[int, ...]:
    """All cuts that leave the same weights trainable as `k` does, `k` included."""
    moving = spec.phases[phase].train_batch_normalization or spec.weights is None
    return next(group for group in models.twins(models.backbone_of(spec), moving) if k in group)


def submit(
    settings: Settings,
    spec: RunSpec,
    cuts: Sequence[int],
    seeds: Sequence[int],
    visitor: Visitor = LOCAL,
    phase: int = -1,
) -> tuple[list[Run], Plan]:
    """Queue every training of the sweep, or join those that are there; all are checked before one is queued.

    Raises what `plan` and `core.jobs.queue.check` raise, TooManyWaiting and DiskQuota.
    """
    planned = plan(spec, cuts, seeds, phase)
    for one in planned.specs[: len(planned.cuts)]:
        queue.check(settings, one)
    checked, _ = queue.check(settings, spec)
    group = checked.sweep(phase % len(spec.phases))
    if not visitor.teacher and (new := _not_there(settings, planned.specs)):
        queue.admit(settings, visitor, more=new)
    return [queue.submit(settings, one, visitor=visitor, group=group)[0] for one in planned.specs], planned


def _not_there(settings: Settings, specs: Sequence[RunSpec]) -> int:
    """How many of the plans nobody trains or has trained."""
    store = queue.open_store(settings)
    return sum(store.joinable(queue.check(settings, one)[0]) is None for one in specs)


def key(spec: RunSpec, phase: int = -1) -> str:
    """Equal for all runs of one sweep; `spec` as it is stored."""
    return spec.sweep(phase % len(spec.phases))


def members(runs: Iterable[Run], spec: RunSpec, phase: int = -1) -> list[Run]:
    """The trained, running and queued runs that differ from `spec` in the cut of that phase and the seed alone."""
    wanted = key(spec, phase)
    return [
        run
        for run in runs
        if run.spec is not None
        and run.status not in (Status.FAILED, Status.CANCELLED)
        and len(run.spec.phases) == len(spec.phases)
        and key(run.spec, phase) == wanted
    ]


def frozen_of(run: Run, phase: int = -1) -> int:
    """Layers that the run's phase freezes, "all" as their number."""
    frozen = run.spec.phases[phase].frozen
    return models.backbone_of(run.spec).layers if frozen == "all" else frozen


def gathered(runs: Iterable[Run], spec: RunSpec, photos: int, phase: int = -1) -> Sweep | None:
    """The figures of all runs of the sweep that finished as planned; None where none did. photos: in validation."""
    finished = [
        run
        for run in members(runs, spec, phase)
        if run.status == Status.FINISHED and not run.metrics.get(ENDED_EARLY) and "trainable_parameters" in run.metrics
    ]
    called: dict[int, int] = {}  # first twin of a cut -> the least of them that was trained, which names all
    for k in sorted(frozen_of(run, phase) for run in finished):
        called.setdefault(twins_of(spec, k, phase)[0], k)
    named = [(run, called[twins_of(spec, frozen_of(run, phase), phase)[0]]) for run in finished]
    return sweep([_trained(run, k, photos) for run, k in named]) if finished else None


def _trained(run: Run, k: int, photos: int) -> Trained:
    def figures(part: Part) -> dict[str, float]:
        return {name: run.metrics[f"{part}_{name}"] for name in FIGURES}

    return Trained(
        run.id,
        k,
        run.spec.seed,
        run.metrics["trainable_parameters"],
        figures(Part.VALIDATION),
        figures(Part.TEST),
        photos,
    )
