"""A data folder with one of everything: photos, a split, a recipe, finished runs, a queued one. Made once, copied."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from core import augment, datasets
from core.records import (
    EnsembleSpec,
    Part,
    PartPredictions,
    Phase,
    Predictions,
    Recipe,
    RuleName,
    RunKind,
    RunSpec,
    Status,
    Step,
)
from core.runs import RunStore
from core.settings import Settings

CLASSES = ("ash", "oak")


class Home(NamedTuple):
    settings: Settings
    split: str
    queued: str  # id of the queued run
    finished: tuple[str, ...]  # ids of the finished ones


def settings_of(home: Path) -> Settings:
    return Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None)


def photos_into(folder: Path, each: int = 4, seed: int = 0) -> Path:
    """Class folders with so many small photos each."""
    random = np.random.default_rng(seed)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = random.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def answers(evaluation_id: str, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    parts = {
        part: PartPredictions(
            ids=tuple(f"{part}{number}" for number in range(6)),
            true=np.arange(6) % 2,
            probabilities=random.dirichlet([1, 1], size=6).astype(np.float32),
        )
        for part in (Part.VALIDATION, Part.TEST)
    }
    return Predictions(evaluation_id=evaluation_id, classes=CLASSES, parts=parts)


def spec_of(split, seed: int = 0) -> RunSpec:
    phase = Phase(frozen="all", epochs=2)
    return RunSpec(dataset=split.dataset, split=split.id, backbone="mobilenetv2", phases=(phase,), seed=seed)


def ensemble_of(home: Home) -> EnsembleSpec:
    return EnsembleSpec(members=tuple({"run": run} for run in home.finished), rule=RuleName.MEAN)


def recipe(name: str = "mine") -> Recipe:
    return Recipe(name=name, steps=(Step(operation="horizontal_flip"),))


@cache
def _made() -> Home:
    folder = Path(tempfile.mkdtemp(prefix="thaw-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = settings_of(folder / "home")
    dataset = datasets.import_folder(settings, photos_into(folder / "photos"), "Trees")
    split = datasets.make_split(settings, dataset)
    augment.save_recipe(settings, recipe())
    store = RunStore(settings)
    finished = []
    weights = folder / "weights"
    weights.write_bytes(b"weights" * 100)
    for seed in (0, 1):
        run, _ = store.submit(spec_of(split, seed), f"run {seed}", evaluation_id=split.evaluation_id)
        attempt = store.claim(run.id)
        for epoch in (1, 2):
            store.log_epoch(run.id, attempt, epoch, {"validation_accuracy": epoch / 4, "train_loss": 1 / epoch})
        files = {"trained.weights.h5": weights}
        store.finish(run.id, attempt, answers(split.evaluation_id, seed), {"validation_accuracy": 0.5}, files)
        finished.append(run.id)
    queued, _ = store.submit(spec_of(split, 2), "waits", evaluation_id=split.evaluation_id)
    store.create(RunKind.BROUGHT, "theirs", predictions=answers("elsewhere", 9))
    return Home(settings, split.id, queued.id, tuple(finished))


def copied(to: Path) -> Home:
    """The folder once more; its run store is opened by whoever uses it."""
    made = _made()
    shutil.copytree(made.settings.home, to)
    (to / "store.json").unlink()  # it names the folder it was made in
    return made._replace(settings=settings_of(to))


def told(home: Home) -> dict:
    """All that is good in the folder, as a person sees it; two of these are equal where nothing was lost."""
    settings = home.settings
    store = RunStore(settings, 5)
    runs = store.list()
    return {
        "runs": {run.id: (run.name, run.kind, run.status, run.spec, run.metrics, run.attempt) for run in runs},
        "histories": {run.id: store.history(run.id).fillna(-1).to_dict() for run in runs},
        "answers": {
            run.id: [part.probabilities.tolist() for part in store.predictions(run.id).parts.values()]
            for run in runs
            if run.status == Status.FINISHED
        },
        "datasets": {
            found.id: (found.name, found.version, datasets.photo_rows(settings, found.id).to_dict())
            for found in datasets.list_datasets(settings)
        },
        "splits": {
            split.id: datasets.split_rows(settings, split.id).to_dict()
            for found in datasets.list_datasets(settings)
            for split in datasets.list_splits(settings, found.id)
        },
        "recipes": [each.model_dump() for each in augment.list_recipes(settings)],
    }


def keeps(before: dict, after: dict) -> None:
    """Assert that all that was there is there as it was."""
    for kind in ("runs", "histories", "answers", "datasets", "splits"):
        assert {key: after[kind].get(key) for key in before[kind]} == before[kind], kind
    assert [each for each in before["recipes"] if each not in after["recipes"]] == []


def written_beside(home: Path) -> list[Path]:
    """What is only there while something is written."""
    names = [path for path in home.rglob("*") if ".part" in path.name or ".restoring" in path.name]
    pids = [path for path in home.rglob(".*") if path.suffix[1:].isdigit()]
    staged = [path for path in (home / "photos" / ".staging").glob("*") if path.suffix != ".lock"]
    return [*names, *pids, *staged, *(home / "tmp").glob("*")]
