"""Photos: import, list, and the split."""

from typing import Annotated

import typer

from core.commands.json_objects import dataset_json
from core.commands.terminal import Json, counter, emit, say
from core.records import Part
from core.settings import settings


def add(
    path: Annotated[str, typer.Argument(help="A folder with one folder a class, or a zip of one.")],
    name: Annotated[str, typer.Option("--name", help="What the dataset is called from now on.")],
    as_json: Json = False,
):
    """Import photos from class folders or a zip."""
    from core import datasets

    source = datasets.allowed_path(settings(), path, visitor=False)
    found = datasets.import_path(settings(), source, name, report=counter("photos"), visitor=False)
    for reason, paths in (("unreadable", found.unreadable), ("under two labels", found.two_labels)):
        if paths:
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            say(f"Left out, {reason}: {', '.join(paths[:5])}{more}")
    emit(as_json, dataset_json(found), f"{found.name} v{found.version}: {found.photos} photos, id {found.id}")


def list_all(as_json: Json = False):
    """List the datasets."""
    from core import datasets

    found = datasets.list_datasets(settings())
    lines = [f"{one.id}  {one.name} v{one.version}  {one.photos} photos in {len(one.classes)} classes" for one in found]
    emit(as_json, {"datasets": [dataset_json(one) for one in found]}, "\n".join(lines) or "No datasets yet.")


def split(
    name: Annotated[str, typer.Argument(help="Name or id of a dataset.")],
    train: Annotated[float, typer.Option(help="Part of the photos to learn from.")] = 0.7,
    validation: Annotated[float, typer.Option(help="Part to choose on.")] = 0.15,
    test: Annotated[float, typer.Option(help="Part to report on.")] = 0.15,
    seed: Annotated[int, typer.Option(help="Which of the many possible splits.")] = 0,
    as_json: Json = False,
):
    """Make (or find) a split, stratified by class."""
    from core import datasets

    found = datasets.make_split(
        settings(), datasets.find_dataset(settings(), name), fractions=(train, validation, test), seed=seed
    )
    counts = {str(part): found.counts[part] for part in (Part.TRAIN, Part.VALIDATION, Part.TEST)}
    value = {"id": found.id, "evaluation_id": found.evaluation_id, "dataset": found.dataset, "counts": counts}
    emit(as_json, value, f"{found.id}  " + ", ".join(f"{count} {part}" for part, count in counts.items()))
