"""Plans, runs, and what is done with one run."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import run_json, short_run_json
from core.commands.terminal import Json, emit, say
from core.errors import BadSpec, PathNotFound, TrainingFailed
from core.records import Part, Run, RunSpec, Status
from core.runs.naming import has_tag
from core.settings import settings


def spec(
    preset: Annotated[str, typer.Option(help="One of `spec --list`.")] = "first",
    dataset: Annotated[str | None, typer.Option(help="Name or id; the demo photos where none is named.")] = None,
    split_id: Annotated[str | None, typer.Option("--split", help="Its newest split where none is named.")] = None,
    list_presets: Annotated[bool, typer.Option("--list", help="List the presets.")] = False,
    as_json: Json = False,
):
    """Print a ready training plan (RunSpec) as JSON, to edit and pass to `train`."""
    from core import datasets
    from core.training import PRESETS, preset_spec

    if list_presets:
        presets = [{"name": p.name, "title": p.title, "help": p.help, "report": p.report} for p in PRESETS.values()]
        emit(as_json, {"presets": presets}, "\n".join(f"{p['name']:24} {p['title']}" for p in presets))
        return
    chosen = named.dataset(dataset)
    split = named.split(chosen, split_id)
    counts = datasets.class_counts(datasets.split_rows(settings(), split.id, chosen.id), chosen.classes)
    made = preset_spec(preset, chosen.id, split.id, counts=counts[str(Part.TRAIN)].tolist())
    print(json.dumps(made.model_dump(mode="json", exclude={"weights_hash"}), indent=None if as_json else 2))


def train(
    file: Annotated[Path, typer.Argument(metavar="SPEC.json", help='A RunSpec as `spec` prints it; "-" reads it.')],
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to the end; works without a server.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Train once more although this plan has a run.")] = False,
    name: Annotated[str, typer.Option(help="What the run is called.")] = "",
    as_json: Json = False,
):
    """Queue a training plan, or join the run that has it; prints the run's id."""
    from core.jobs import queue, service

    run, joined = queue.submit(settings(), read_spec(file), name=name, again=again)
    if joined:
        say(f"This plan has a run already, {run.status}: joined it (--again trains once more).")
    if wait:
        with service.ensure_supervisor(settings()):
            run = follow(run)
        if run.status != Status.FINISHED:
            raise TrainingFailed(reason=f"run {run.id} is {run.status}. {run.error or ''}".strip())
        emit(as_json, run_json(named.run_store(), run) | {"joined": joined}, run.id)
        return
    if not run.status.over and service.supervisor_state(settings())["state"] == "none":
        say("It is queued. No server takes jobs now: start one with `make run`, or add --wait.")
    emit(as_json, {"id": run.id, "name": run.name, "status": run.status, "joined": joined}, run.id)


def runs(
    tag: Annotated[str | None, typer.Option(help="Only runs with this tag.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that were deleted instead.")] = False,
    as_json: Json = False,
):
    """List the runs, newest first."""
    store = named.run_store()
    found = [run for run in store.deleted() if tag is None or has_tag(run, tag)] if deleted else store.list(tag=tag)
    lines = [f"{run.id[:8]}  {run.status:10} {_accuracy(run):>7}  {run.name}{_tags(run)}" for run in found]
    emit(as_json, {"runs": [short_run_json(run) for run in found]}, "\n".join(lines) or "No runs yet.")


def show(run: str, as_json: Json = False):
    """Everything about one run, validation and test figures included."""
    found = named.run_store().get(run)
    value = run_json(named.run_store(), found)
    lines = [f"{found.name} ({found.id}) is {found.status}{_tags(found)}", *filter(None, (found.error, found.note))]
    if found.ensemble:
        lines.append(_members(found))
    for part, figures in value["metrics"].items():
        lines.append(f"{part}: " + ", ".join(f"{k} {v:.4f}" for k, v in figures.items() if v is not None))
    for part, rows in value["per_class"].items():
        lines += ["", f"{part:24} precision  recall  f1      photos"]
        lines += [
            f"{row['class'][:24]:24} {row['precision']:.4f}     {row['recall']:.4f}  {row['f1']:.4f}  {row['support']}"
            for row in rows
        ]
    emit(as_json, value, "\n".join(lines))


def cancel(run: str, as_json: Json = False):
    """Stop a run, queued or running."""
    from core.jobs import queue

    found = queue.cancel(settings(), run)
    emit(as_json, short_run_json(found), f"{found.id} is {found.status}")


def retry(run: str, as_json: Json = False):
    """Queue a failed or cancelled run again; it goes on from its last checkpoint."""
    from core.jobs import queue

    found = queue.retry(settings(), run)
    emit(as_json, short_run_json(found), f"{found.id} is {found.status}")


def _members(run: Run) -> str:
    from core.ensembles.saved import in_words

    called = {one.id: one.name for one in named.run_store().list()}
    return f"{in_words(run.ensemble)}: {', '.join(called.get(member, member[:8]) for member in run.ensemble.runs)}"


def _tags(run: Run) -> str:
    return f"  [{', '.join(run.tags)}]" if run.tags else ""


def _accuracy(run: Run) -> str:
    value = run.metrics.get("validation_accuracy")
    return "" if value is None else f"{100 * value:.1f} %"


def read_spec(file: Path) -> RunSpec:
    """The plan in a file, or on standard input. Raises PathNotFound, BadSpec and what queue.resolve_spec raises."""
    from core.jobs import queue

    if str(file) == "-":
        text = sys.stdin.read()
    elif file.is_file():
        text = file.read_text(errors="replace")
    else:
        raise PathNotFound(path=file)
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSpec(reason=f"{file} is not JSON ({str(error)[:200]})") from error
    return queue.resolve_spec(settings(), raw)


def follow(run: Run) -> Run:
    """Say how far the run is until it is over."""
    runs_store, shown = named.run_store(), ""
    while not (run := runs_store.get(run.id)).status.over:
        epoch = f"epoch {run.progress.epoch} of {run.progress.epochs} " if run.spec else ""
        line = f"{run.status}: {epoch}{run.progress.note}".strip(" :")
        if line != shown:
            say(shown := line)
        time.sleep(0.5)
    return run
