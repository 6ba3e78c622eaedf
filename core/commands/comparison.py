"""Several runs side by side, together, and predictions that were made elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import short_run_json
from core.commands.terminal import Json, emit
from core.errors import PathNotFound, TooFewRuns
from core.records import Predictions, RunKind

Runs = Annotated[list[str], typer.Argument(help="Ids, first letters of ids, or names.")]


class Rule(StrEnum):
    VOTE = "vote"
    MEAN = "mean"


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
    run = named.run_store().create(RunKind.BROUGHT, name, predictions=found, metrics=final_figures(found))
    emit(as_json, short_run_json(run) | {"metrics": figures_json(found)["metrics"]}, run.id)


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


def _predictions(names: list[str], verb: str, needed: int) -> tuple[dict[str, Predictions], dict[str, str]]:
    runs_store = named.run_store()
    found = {run.id: run for run in map(runs_store.get, names)}
    if len(found) < needed:
        raise TooFewRuns(verb=verb, needed=needed, received=len(found))
    return {run_id: runs_store.predictions(run_id) for run_id in found}, {i: run.name for i, run in found.items()}
