"""The command line: the same verbs as the screens. `--json` prints one object; all else goes to standard error.

Exit codes: 0; 1 for an error that a person can mend, in one sentence; 2 for wrong usage.
"""

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.errors import BadSpec, NoSplit, PathNotFound, ThawError, TooFewRuns, TrainingFailed
from core.json_objects import dataset_json, run_json, short_run_json
from core.records import Dataset, Part, Predictions, Run, RunKind, RunSpec, Split, Status
from core.settings import settings

app = typer.Typer(
    name="thaw",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Thaw on the command line: photos in, training, comparison, ensembles.",
)
data = typer.Typer(no_args_is_help=True, help="Import and list photos.")
brought = typer.Typer(no_args_is_help=True, help="Bring predictions that were made elsewhere.")
app.add_typer(data, name="data")
app.add_typer(brought, name="predictions")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Runs = Annotated[list[str], typer.Argument(help="Ids, first letters of ids, or names.")]


class Rule(StrEnum):
    VOTE = "vote"
    MEAN = "mean"


def emit(as_json: bool, value: dict, text: str) -> None:
    """Print the object for scripts or the text for people."""
    print(json.dumps(value, ensure_ascii=False) if as_json else text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def store():
    from core.runs import RunStore

    return RunStore(settings())


# Photos


@data.command("add")
def data_add(
    path: Annotated[str, typer.Argument(help="A folder with one folder a class, or a zip of one.")],
    name: Annotated[str, typer.Option("--name", help="What the dataset is called from now on.")],
    as_json: Json = False,
):
    """Import photos from class folders or a zip."""
    from core import datasets

    source = datasets.allowed_path(settings(), path, visitor=False)
    found = datasets.import_path(settings(), source, name, report=_counter("photos"), visitor=False)
    for reason, paths in (("unreadable", found.unreadable), ("under two labels", found.two_labels)):
        if paths:
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            say(f"Left out, {reason}: {', '.join(paths[:5])}{more}")
    emit(as_json, dataset_json(found), f"{found.name} v{found.version}: {found.photos} photos, id {found.id}")


@data.command("list")
def data_list(as_json: Json = False):
    """List the datasets."""
    from core import datasets

    found = datasets.list_datasets(settings())
    lines = [f"{one.id}  {one.name} v{one.version}  {one.photos} photos in {len(one.classes)} classes" for one in found]
    emit(as_json, {"datasets": [dataset_json(one) for one in found]}, "\n".join(lines) or "No datasets yet.")


@app.command()
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


# Training


@app.command()
def spec(
    preset: Annotated[str, typer.Option(help="One of `spec --list`.")] = "first",
    dataset: Annotated[str | None, typer.Option(help="Name or id; the demo photos where none is named.")] = None,
    split_id: Annotated[str | None, typer.Option("--split", help="Its newest split where none is named.")] = None,
    list_presets: Annotated[bool, typer.Option("--list", help="List the presets.")] = False,
    as_json: Json = False,
):
    """Print a ready training plan (RunSpec) as JSON, to edit and pass to `train`."""
    from core.training import PRESETS, preset_spec

    if list_presets:
        presets = [{"name": p.name, "title": p.title, "help": p.help, "report": p.report} for p in PRESETS.values()]
        emit(as_json, {"presets": presets}, "\n".join(f"{p['name']:24} {p['title']}" for p in presets))
        return
    chosen = _dataset(dataset)
    made = preset_spec(preset, chosen.id, _split(chosen, split_id).id)
    print(json.dumps(made.model_dump(mode="json", exclude={"weights_hash"}), indent=None if as_json else 2))


@app.command()
def train(
    file: Annotated[Path, typer.Argument(metavar="SPEC.json", help='A RunSpec as `spec` prints it; "-" reads it.')],
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to the end; works without a server.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Train once more although this plan has a run.")] = False,
    name: Annotated[str, typer.Option(help="What the run is called.")] = "",
    as_json: Json = False,
):
    """Queue a training plan, or join the run that has it; prints the run's id."""
    from core.jobs import queue, service

    run, joined = queue.submit(settings(), _read_spec(file), name=name, again=again)
    if joined:
        say(f"This plan has a run already, {run.status}: joined it (--again trains once more).")
    if wait:
        with service.ensure_supervisor(settings()):
            run = _follow(run)
        if run.status != Status.FINISHED:
            raise TrainingFailed(reason=f"run {run.id} is {run.status}. {run.error or ''}".strip())
        emit(as_json, run_json(store(), run) | {"joined": joined}, run.id)
        return
    if not run.status.over and service.supervisor_state(settings())["state"] == "none":
        say("It is queued. No server takes jobs now: start one with `make run`, or add --wait.")
    emit(as_json, {"id": run.id, "name": run.name, "status": run.status, "joined": joined}, run.id)


@app.command()
def runs(as_json: Json = False):
    """List the runs, newest first."""
    found = store().list()
    lines = [f"{run.id[:8]}  {run.status:10} {_accuracy(run):>7}  {run.name}" for run in found]
    emit(as_json, {"runs": [short_run_json(run) for run in found]}, "\n".join(lines) or "No runs yet.")


@app.command()
def show(run: str, as_json: Json = False):
    """Everything about one run, validation and test figures included."""
    found = store().get(run)
    value = run_json(store(), found)
    lines = [f"{found.name} ({found.id}) is {found.status}", *([found.error] if found.error else [])]
    for part, figures in value["metrics"].items():
        lines.append(f"{part}: " + ", ".join(f"{k} {v:.4f}" for k, v in figures.items() if v is not None))
    for part, rows in value["per_class"].items():
        lines += ["", f"{part:24} precision  recall  f1      photos"]
        lines += [
            f"{row['class'][:24]:24} {row['precision']:.4f}     {row['recall']:.4f}  {row['f1']:.4f}  {row['support']}"
            for row in rows
        ]
    emit(as_json, value, "\n".join(lines))


@app.command()
def cancel(run: str, as_json: Json = False):
    """Stop a run, queued or running."""
    from core.jobs import queue

    found = queue.cancel(settings(), run)
    emit(as_json, short_run_json(found), f"{found.id} is {found.status}")


@app.command()
def retry(run: str, as_json: Json = False):
    """Queue a failed or cancelled run again; it goes on from its last checkpoint."""
    from core.jobs import queue

    found = queue.retry(settings(), run)
    emit(as_json, short_run_json(found), f"{found.id} is {found.status}")


# Comparison


@brought.command("add")
def predictions_add(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns id, split, true, then one a class.")],
    name: Annotated[str, typer.Option("--name", help="What the run is called.")],
    as_json: Json = False,
):
    """Bring predictions made elsewhere; they are then a run like any other."""
    from core.evaluation import figures_json, final_figures
    from core.runs.brought import read_csv

    if not file.is_file():
        raise PathNotFound(path=file)
    _, found = read_csv(file)
    run = store().create(RunKind.BROUGHT, name, predictions=found, metrics=final_figures(found))
    emit(as_json, short_run_json(run) | {"metrics": figures_json(found)["metrics"]}, run.id)


@app.command()
def compare(names: Runs, as_json: Json = False):
    """Figures of several runs side by side, the first as baseline: differences, intervals, paired tests."""
    from core.evaluation import compare_json

    found, called = _predictions(names, "Comparing", 2)
    value = compare_json(found, called)
    lines = []
    for part, differences in value["differences"].items():
        lines += [f"{part}:"]
        lines += [f"  {run['letter']} {run['name']}: accuracy {run[part]['accuracy']:.4f}" for run in value["runs"]]
        lines += [f"  {difference['verdict']}" for difference in differences]
    emit(as_json, value, "\n".join(lines))


@app.command()
def ensemble(
    names: Runs,
    rule: Annotated[Rule, typer.Option(help="How the members' answers become one.")] = Rule.VOTE,
    as_json: Json = False,
):
    """Figures of each member and of the ensemble."""
    from core.ensembles import ensemble_json

    found, called = _predictions(names, "An ensemble", 1)
    value = ensemble_json(found, rule.value, [called[run] for run in found])
    lines = [
        f"{part}: {figures['accuracy']:.4f} together, members "
        + ", ".join(f"{member[part]['accuracy']:.4f}" for member in value["members"])
        + f", {value['ties'][part]} ties"
        for part, figures in value["ensemble"].items()
    ]
    emit(as_json, value, "\n".join(lines))


# What several verbs need


def _accuracy(run: Run) -> str:
    value = run.metrics.get("validation_accuracy")
    return "" if value is None else f"{100 * value:.1f} %"


def _counter(thing: str):
    last = [time.monotonic()]

    def report(done: int, total: int | None) -> None:
        if time.monotonic() - last[0] > 1:
            last[0] = time.monotonic()
            say(f"{done} of {total} {thing}" if total else f"{done} {thing}")

    return report


def _dataset(name: str | None) -> Dataset:
    from core import datasets

    if name is None:
        datasets.ensure_demo(settings(), exam=False)
        name = datasets.LEAVES
    return datasets.find_dataset(settings(), name)


def _split(dataset: Dataset, split_id: str | None) -> Split:
    from core import datasets

    if split_id is not None:
        return datasets.find_split(settings(), split_id, dataset.id)
    found = datasets.list_splits(settings(), dataset.id)
    if not found:
        raise NoSplit(dataset=dataset.name)
    return found[-1]


def _read_spec(file: Path) -> RunSpec:
    from core.jobs import queue

    if str(file) == "-":
        text = sys.stdin.read()
    elif file.is_file():
        text = file.read_text(errors="replace")
    else:
        raise PathNotFound(path=file)
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise BadSpec(reason=f"{file} is not JSON ({error})") from error
    return queue.resolve_spec(settings(), raw)


def _follow(run: Run) -> Run:
    runs_store, shown = store(), ""
    while not (run := runs_store.get(run.id)).status.over:
        line = f"{run.status}: epoch {run.progress.epoch} of {run.progress.epochs} {run.progress.note}".strip()
        if line != shown:
            say(shown := line)
        time.sleep(0.5)
    return run


def _predictions(names: list[str], verb: str, needed: int) -> tuple[dict[str, Predictions], dict[str, str]]:
    runs_store = store()
    found = {run.id: run for run in map(runs_store.get, names)}
    if len(found) < needed:
        raise TooFewRuns(verb=verb, needed=needed, received=len(found))
    return {run_id: runs_store.predictions(run_id) for run_id in found}, {i: run.name for i, run in found.items()}


def main() -> None:
    try:
        app()
    except ThawError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)


if __name__ == "__main__":
    main()
