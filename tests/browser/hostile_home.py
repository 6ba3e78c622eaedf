"""A data folder in which everything that a visitor may name has a name made to harm; made without training anything."""

import io

import numpy as np
from PIL import Image

from core import datasets
from core.augment.library import save_recipe
from core.ensembles.saved import save as save_ensemble
from core.evaluation import figures_by_part
from core.records import (
    EnsembleSpec,
    Member,
    Part,
    PartPredictions,
    Phase,
    Predictions,
    Recipe,
    Run,
    RunKind,
    RunSpec,
    Step,
)
from core.runs import RunStore
from core.runs.costs_store import save_costs
from core.settings import Settings

# Class names: no slash is allowed in them. Whatever is not inert sets window.pwned, or makes an element of "pwned".
CLASSES = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1;alert(1)",
    "[pwned](javascript:window.pwned=1)",
    ":red[pwned] *pwned* **pwned** `pwned` ~~pwned~~",
    "$pwned$ and $$pwned$$",
    "<b>pwned<b><a href='javascript:window.pwned=1'>pwned",
    "=cmd|' C calc'!A0",
    "'\"';}{pwned\"'`\u00e4",
    "n" * 60,
)
# Where a slash may be.
LONGER = (
    "<script>window.pwned=1</script>",
    "<a href='http://evil.example/'>pwned</a><img src=http://evil.example/x.png>",
    "![pwned](http://evil.example/x.png) [pwned](http://evil.example/)",
    ":material/skull: http://evil.example/pwned <svg/onload=window.pwned=1>",
    *CLASSES,
)
TOGETHER = (" ".join(LONGER[:3]), " ".join(LONGER[3:7]))  # of a run, whose name may be longer
PHOTOS = 8  # a class


def photo(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def build(settings: Settings) -> dict[str, Run]:
    """Fill the folder; runs by what they are: trained, brought, failed, queued, ensemble."""
    bad = [(name, "<img src=x onerror=window.pwned=1>.jpg", io.BytesIO(b"no photo")) for name in CLASSES[:3]]
    dataset = datasets.import_files(settings, [*_files(CLASSES), *bad], CLASSES[0])
    datasets.import_files(settings, _files(CLASSES[:3]), CLASSES[5])
    split = datasets.make_split(settings, dataset, together=False)
    recipes = [save_recipe(settings, Recipe(name=name[:60], steps=(Step(operation="horizontal_flip"),)))
               for name in LONGER[:4]]  # fmt: skip
    store = RunStore(settings)
    runs, rows = {}, datasets.split_rows(settings, split.id, dataset.id)
    for seed, name in enumerate(TOGETHER):
        phase = Phase(epochs=2, recipe=recipes[seed])
        spec = RunSpec(dataset=dataset.id, split=split.id, backbone="vanilla", phases=(phase,), seed=seed)
        run, _ = store.submit(spec, name, owner=name, evaluation_id=split.evaluation_id)
        attempt = store.claim(run.id)
        for epoch in (1, 2):
            store.log_epoch(run.id, attempt, epoch, {f"{part}{of}": 0.3 * epoch for part in ("", "validation_")
                                                    for of in ("accuracy", "loss")})  # fmt: skip
        predictions = answers(rows, dataset.classes, split.evaluation_id, seed)
        store.finish(run.id, attempt, predictions, metrics(predictions) | {"seconds": 3.0})
        store.set_tags(run.id, [each[:40] for each in LONGER])
        store.set_note(run.id, "\n".join((name, "# pwned", "* pwned", "> pwned", "1. pwned", *LONGER)))
        runs[f"trained {seed}"] = store.get(run.id)
    predictions = answers(rows, dataset.classes, split.evaluation_id, 99)
    brought = store.create(RunKind.BROUGHT, LONGER[1], predictions=predictions, metrics=metrics(predictions))
    failed = store.create(RunKind.TRAINED, LONGER[0])
    store.fail(failed.id, store.claim(failed.id), "Stopped: " + " ".join(LONGER))
    members = tuple(Member(run=runs[f"trained {seed}"].id) for seed in range(2))
    ensemble, _ = save_ensemble(store, EnsembleSpec(members=members), LONGER[1])
    for name in LONGER[:4]:
        save_costs(settings, name[:60], dataset.classes, 1 - np.eye(len(dataset.classes)))
    return runs | {"brought": brought, "failed": failed, "ensemble": ensemble}


def _files(classes):
    return [
        (name, f"{LONGER[number % 4].replace('/', '')} {number}.png", io.BytesIO(photo(100 * label + number)))
        for label, name in enumerate(classes)
        for number in range(PHOTOS)
    ]


def answers(rows, classes, evaluation: str, seed: int) -> Predictions:
    random = np.random.default_rng(seed)
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        mine = rows[rows["part"] == part.value].sort_values("id")
        sharp = random.random((len(mine), len(classes))) + 1.5 * np.eye(len(classes))[mine["label"]] * random.random()
        shares = sharp / sharp.sum(axis=1, keepdims=True)
        parts[part] = PartPredictions(ids=tuple(mine["id"]), true=mine["label"].to_numpy(), probabilities=shares)
    return Predictions(evaluation_id=evaluation, classes=tuple(classes), parts=parts)


def metrics(predictions: Predictions) -> dict[str, float]:
    found = figures_by_part(predictions)
    return {f"{part}_{name}": value for part, one in found.items() for name, value in one.summary.items()}
