"""What a plan will cost on this machine, told from what like plans cost."""

from collections.abc import Callable, Iterable

from core.records import Run, RunSpec, Status


def guess_seconds(runs: Iterable[Run], spec: RunSpec, photos: int, photos_of: Callable[[str], int]) -> float | None:
    """
    Seconds that training `spec` on `photos` training photos may take; None where nothing like it was trained here.

    `runs`, newest first, are this machine's; `photos_of(split id)` gives a split's training photos. Like is a plan
    with the same backbone, input size and frozen layers, augmented in the same phases: its seconds an epoch and photo
    are taken over.
    """
    for run in runs:
        seconds = run.metrics.get("seconds")
        if run.status == Status.FINISHED and run.spec and seconds and _alike(run.spec, spec):
            epochs = run.metrics.get("epochs") or run.spec.epochs
            return seconds / (epochs * max(photos_of(run.spec.split), 1)) * spec.epochs * photos
    return None


def _alike(one: RunSpec, other: RunSpec) -> bool:
    def shape(spec: RunSpec):
        phases = [(phase.frozen, phase.recipe is None or not phase.recipe.steps) for phase in spec.phases]
        return spec.backbone, spec.input_size, phases

    return shape(one) == shape(other)
