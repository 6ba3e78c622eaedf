"""Freeze sweeps on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from core.commands import named
from core.commands.terminal import Json, emit, say
from core.commands.training import follow, read_spec
from core.errors import BadSweep
from core.evaluation.freeze_sweep import Cut, Sweep, verdict
from core.records import Part
from core.settings import settings


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SPEC.json", help="A RunSpec; its last phase is swept.")],
    cuts: Annotated[str, typer.Option(help="Frozen layers, with commas: 6,8,10. Twins are trained once.")],
    seeds: Annotated[str, typer.Option(help="Seeds, with commas. Three of each cut are needed to tell.")] = "0,1,2",
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to the end; works without a server.")] = False,
    as_json: Json = False,
):
    """Train one plan with several cuts and seeds (or join the runs that are there), and say which cut is better."""
    from core import datasets
    from core.jobs import service
    from core.jobs import sweep as sweeps

    spec = read_spec(file)
    runs, planned = sweeps.submit(settings(), spec, _numbers(cuts, "cuts"), _numbers(seeds, "seeds"))
    for k, same in planned.left_out:
        say(f"k = {k} trains the same weights as k = {same} and is left out.")
    if wait:
        with service.ensure_supervisor(settings()):
            for run in runs:
                follow(run)
    split = datasets.find_split(settings(), runs[0].spec.split, runs[0].spec.dataset)
    found = sweeps.gathered(named.run_store().list(), runs[0].spec, split.counts[Part.VALIDATION])
    value = {
        "cuts": list(planned.cuts),
        "left_out": [{"k": k, "same_as": same} for k, same in planned.left_out],
        "runs": [run.id for run in runs],
        "table": [_row(cut) for cut in found.cuts] if found else [],
        "chosen": found.chosen.k if found else None,
        "verdict": verdict(found) if found else [],
    }
    emit(as_json, value, _text(found) if found else f"{len(runs)} trainings are queued.")


def _row(cut: Cut) -> dict:
    def means(figures: dict) -> dict[str, float]:
        return {name: float(values.mean()) for name, values in figures.items()}

    return {
        "k": cut.k,
        "seeds": list(cut.seeds),
        "trained_parameters": cut.parameters,
        "validation": means(cut.validation),
        "test": means(cut.test),
    }


def _text(found: Sweep) -> str:
    lines = ["k      seeds  validation  test      weights trained"]
    lines += [
        f"{cut.k:<6} {len(cut.seeds):<6} {cut.mean:.4f}      {cut.test['accuracy'].mean():.4f}    {cut.parameters:,.0f}"
        for cut in found.cuts
    ]
    return "\n".join([*lines, *verdict(found)])


def _numbers(text: str, what: str) -> list[int]:
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if not pieces or not all(piece.isdecimal() and len(piece) < 10 for piece in pieces):
        raise BadSweep(reason=f"{what} must be whole numbers with commas between. Received: {text[:60]}")
    return [int(piece) for piece in pieces]
