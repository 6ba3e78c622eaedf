"""What a plan will cost on this machine, told from what like plans cost."""

from collections.abc import Callable, Iterable, Sequence

from core.models import backbone_of
from core.records import Phase, Run, RunSpec, Status
from core.training.epoch import photos_an_epoch


def guess_seconds(runs: Iterable[Run], spec: RunSpec, counts_of: Callable[[RunSpec], Sequence[int]]) -> float | None:
    """
    Seconds that training `spec` may take; None where nothing like it was trained here.

    `runs`, newest first, are this machine's; `counts_of(spec)` gives the training photos a class of a plan's split.
    Like is a plan with the same backbone, input size and frozen layers, augmented in the same phases: its seconds a
    photo shown are taken over.
    """
    for run in runs:
        seconds = run.metrics.get("seconds")
        if run.status == Status.FINISHED and run.spec and seconds and _alike(run.spec, spec):
            done = (run.metrics.get("epochs") or run.spec.epochs) / run.spec.epochs
            shown = done * _photos_shown(run.spec, counts_of(run.spec))
            return seconds / max(shown, 1) * _photos_shown(spec, counts_of(spec))
    return None


def _photos_shown(spec: RunSpec, counts: Sequence[int]) -> int:
    return sum(phase.epochs * photos_an_epoch(phase, counts) for phase in spec.phases)


def _alike(one: RunSpec, other: RunSpec) -> bool:
    def shape(spec: RunSpec):
        phases = [(phase.frozen, _drawn_anew(phase)) for phase in spec.phases]
        return backbone_of(spec).key, spec.input_size, phases

    return shape(one) == shape(other)


def _drawn_anew(phase: Phase) -> bool:
    return bool(phase.recipe and phase.recipe.active.steps and not phase.fixed_copies)
