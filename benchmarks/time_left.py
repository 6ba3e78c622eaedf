"""The time left that a job tells after its second epoch, beside the time that it then really took.

On real photos, each plan first as the machine has never seen it, then once more with another seed. The bound is 25 %.
Photos and weights come from THAW_PHOTOS and THAW_WEIGHTS.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import training  # sets what TensorFlow reads at its import

BOUND = 0.25


def plans(dataset, split):
    from core.models import DESIGNS
    from core.records import Phase, RunSpec

    warm = Phase(frozen="all", epochs=6, batch_size=32, learning_rate=1e-3)
    thawed = Phase(frozen=116, epochs=3, batch_size=32, learning_rate=1e-4, recipe=training.recipe())
    fields = {"dataset": dataset.id, "split": split.id, "input_size": training.SIZE}
    head = DESIGNS["vanilla"].head
    yield (
        "vanilla, 6 epochs, augmented",
        RunSpec(
            backbone="vanilla",
            head=head,
            phases=(Phase(epochs=6, batch_size=32, recipe=training.recipe()),),
            **fields,
        ),
    )
    yield (
        "MobileNetV2, 6 epochs frozen, then 3 from layer 116, augmented",
        RunSpec(backbone="mobilenetv2", weights="imagenet", phases=(warm, thawed), **fields),
    )


def told(settings, dataset, split, rows, spec) -> tuple[float, float]:
    """(seconds left as told right after the second epoch, seconds that were left)."""
    from core.training.trainer import train

    found = []

    def report(progress, metrics):
        if metrics is not None and progress.epoch == 2:
            found.extend((progress.eta_seconds, time.perf_counter()))

    folder = Path(tempfile.mkdtemp(dir=settings.home)) / "attempt-1"
    train(settings, spec, dataset.classes, rows, folder, report, lambda: False, split.evaluation_id)
    return found[0], time.perf_counter() - found[1]


def main() -> None:
    from core.models import check

    if not training.SPECIES.is_dir() or not training.WEIGHTS.is_dir():
        print(f"left out: {training.SPECIES} or {training.WEIGHTS} is not here")
        return
    with tempfile.TemporaryDirectory() as home:
        settings, dataset, split, rows = training.prepared(Path(home), training.ALL)
        for name, spec in plans(dataset, split):
            for seed, when in ((0, "never seen"), (1, "seen once")):
                plan = check(settings, spec.model_copy(update={"seed": seed}), len(dataset.classes))
                said, took = told(settings, dataset, split, rows, plan)
                print(
                    f"{name}, {when}: {said:.0f} s told, {took:.0f} s taken: {said / took:.2f} "
                    f"(bound {1 - BOUND:.2f} to {1 + BOUND:.2f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
