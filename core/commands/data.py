"""Photos: import, list, and the split."""

from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import dataset_json, finding_json
from core.commands.terminal import Json, counter, emit, say
from core.errors import NotDivided
from core.records import Dataset, Part, Split
from core.settings import settings

TOLD = 5  # paths of a finding in the readable list


def add(
    path: Annotated[str, typer.Argument(help="A folder or a zip: class folders, divided or not, or photos and a CSV.")],
    name: Annotated[str | None, typer.Option("--name", help="What the dataset is called from now on.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The dataset that the photos are added to.")] = None,
    labels: Annotated[str | None, typer.Option("--labels", help="A CSV of paths and labels, from elsewhere.")] = None,
    as_json: Json = False,
):
    """Import photos as a dataset (--name; a name that exists gets another version) or add them to one (--to).

    Folders train, validation and test with class folders inside are kept as a given split. A CSV with a column path and
    a column label, and perhaps split, says which photo is what; it lies at the top of the folder or zip.
    """
    from core import datasets

    if (name is None) == (to is None):
        raise typer.BadParameter("Give a name for a new dataset (--name) or the dataset to add to (--to).")
    source = datasets.allowed_path(settings(), path, visitor=False)
    parent = datasets.find_dataset(settings(), to) if to is not None else None
    found = datasets.import_path(
        settings(),
        source,
        parent.name if parent else name,
        report=counter("photos", "photos compared"),
        visitor=False,
        parent=parent,
        labels=_labels(labels),
    )
    for reason, paths in (("unreadable", found.unreadable), ("under two labels", found.two_labels)):
        if paths:
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            say(f"Left out, {reason}: {', '.join(paths[:5])}{more}")
    unlisted = int((datasets.left_out(settings(), found.id)["kind"] == "unlisted").sum())
    if unlisted:
        say(f"Left out, named by no row: {unlisted} photo(s)")
    given = datasets.given_split(settings(), found)
    if given is not None:
        say(f"The photos came divided: split {given.id}.")
        _say_notes(found, given)
    value = dataset_json(found) | {"given_split": given.id if given else None}
    emit(as_json, value, f"{found.name} v{found.version}: {found.photos} photos, id {found.id}")


def _labels(path: str | None) -> tuple[str, bytes] | None:
    from core import datasets

    if path is None:
        return None
    file = datasets.allowed_path(settings(), path, visitor=False)
    return file.name, datasets.read_labels(file)


def _say_notes(dataset: Dataset, given: Split) -> None:
    """What to know of a given split; near copies across its parts are counted, which takes a while the first time."""
    from core import datasets

    groups = datasets.near_copies_of(settings(), dataset, counter("photos compared"))
    for note in datasets.given_notes(settings(), dataset, given, groups):
        say(note)


def list_all(as_json: Json = False):
    """List the datasets."""
    from core import datasets

    found = datasets.list_datasets(settings())
    for damaged in datasets.damaged_datasets(settings()):
        say(str(damaged))
    lines = [f"{one.id}  {one.name} v{one.version}  {one.photos} photos in {len(one.classes)} classes" for one in found]
    emit(as_json, {"datasets": [dataset_json(one) for one in found]}, "\n".join(lines) or "No datasets yet.")


def audit(
    name: Annotated[str, typer.Argument(help="Name or id of a dataset.")],
    split_id: Annotated[str | None, typer.Option("--split", help="Tells near copies in several parts of it.")] = None,
    as_json: Json = False,
):
    """What is wrong with a dataset, or might be: unreadable files, copies, odd photos, uneven classes. Worst first."""
    from core import datasets
    from core.datasets.audit import audit

    dataset = datasets.find_dataset(settings(), name)
    chosen = named.split(dataset, split_id) if split_id is not None else None
    found = audit(settings(), dataset, chosen, counter("photos measured"))
    emit(as_json, {"findings": [finding_json(one) for one in found]}, "\n".join(map(_told, found)) or "Nothing found.")


def _told(finding) -> str:
    """A finding as a person reads it, with at most a handful of paths."""
    paths = [f"    {path}" for path in finding.photos[:TOLD]]
    if len(finding.photos) > TOLD:
        paths.append(f"    and {len(finding.photos) - TOLD:,} more")
    done = f" Decided: {finding.decision}." if finding.decision else ""
    return "\n".join([f"{finding.kind}: {finding.sentence}{done}", *paths])


def split(
    name: Annotated[str, typer.Argument(help="Name or id of a dataset.")],
    train: Annotated[float, typer.Option(help="Part of the photos to learn from.")] = 0.7,
    validation: Annotated[float, typer.Option(help="Part to choose on.")] = 0.15,
    test: Annotated[float, typer.Option(help="Part to report on.")] = 0.15,
    seed: Annotated[int, typer.Option(help="Which of the many possible splits.")] = 0,
    apart: Annotated[bool, typer.Option("--apart", help="Let near copies fall on different sides.")] = False,
    given: Annotated[bool, typer.Option("--given", help="The parts that the photos came in.")] = False,
    as_json: Json = False,
):
    """Make (or find) a split, stratified by class, near copies on one side."""
    from core import datasets

    dataset = datasets.find_dataset(settings(), name)
    report = counter("photos compared")
    if given:
        found = datasets.given_split(settings(), dataset, report)
        if found is None:
            raise NotDivided(name=dataset.name)
        _say_notes(dataset, found)
    else:
        found = datasets.make_split(settings(), dataset, (train, validation, test), seed, not apart, report)
    counts = {str(part): found.counts[part] for part in (Part.TRAIN, Part.VALIDATION, Part.TEST)}
    value = {
        "id": found.id,
        "evaluation_id": found.evaluation_id,
        "dataset": found.dataset,
        "counts": counts,
        "given": found.given,
        "together": found.together,
    }
    text = f"{found.id}  " + ", ".join(f"{count} {part}" for part, count in counts.items())
    if found.together:
        text += f"; {found.together} groups of near copies on one side each"
    emit(as_json, value, text)
