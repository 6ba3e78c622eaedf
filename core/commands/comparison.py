"""Several runs side by side, and predictions that were made elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from core.commands import named
from core.commands.json_objects import short_run_json
from core.commands.terminal import Json, emit
from core.errors import PathNotFound
from core.records import ENDED_EARLY, RunKind


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


def compare(names: named.Runs, as_json: Json = False):
    """Figures of several runs side by side, the first as baseline: differences, intervals, paired tests."""
    from core.evaluation import compare_json

    runs = named.runs(names, "Comparing", 2)
    found, called = named.predictions(runs)
    repeats = {run.id: run.family for run in runs if run.family and not run.metrics.get(ENDED_EARLY)}
    value = compare_json(found, called, families=repeats)
    lines = []
    for part, differences in value["differences"].items():
        lines += [f"{part}:", *(f"  {_figures(run, part)}" for run in value["runs"] if run[part])]
        lines += [f"  {difference['verdict']}" for difference in differences]
        lines += [f"  {value['picking'][part]['sentence']}"] if value["picking"][part] else []
        lines += [f"  {note}" for note in value["notes"][part]]
    emit(as_json, value, "\n".join(lines))


def _figures(run: dict, part: str) -> str:
    """One run's line: accuracy and macro F1 with their intervals, and what probabilities give where there are some."""
    told = [f"{run['letter']} {run['name']}: accuracy {_with_interval(run, part, 'accuracy')}"]
    told += [f"F1 {_with_interval(run, part, 'f1_macro')}", f"balanced {run[part]['balanced_accuracy']:.4f}"]
    for figure, called in (("top2_accuracy", "top-2"), ("loss", "loss"), ("calibration_error", "calibration error")):
        if run[part][figure] is not None:
            told.append(f"{called} {run[part][figure]:.4f}")
    return ", ".join(told)


def _with_interval(run: dict, part: str, figure: str) -> str:
    low, high = run["intervals"][part].get(figure, (run[part][figure],) * 2)
    return f"{run[part][figure]:.4f} ({low:.4f} to {high:.4f})"
