"""Ensembles: figures of members and of all together, which members to choose, and keeping one by name."""

from typing import Annotated

import typer

from core.commands import named
from core.commands.terminal import Json, counter, emit, say
from core.errors import BadWeights, NoSubsets, TooFewRuns
from core.records import EnsembleSpec, Member, Part, RuleName, Run, Weighting

BEST = 10  # sets told on the terminal


def ensemble(
    names: named.Runs,
    rule: Annotated[
        RuleName | None, typer.Option(help="How the members' answers become one; a vote where nothing is said.")
    ] = None,
    weighting: Annotated[
        Weighting | None, typer.Option(help="Where a weighted mean has its weights from; implies --rule weighted.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="1,2,0.5", help="Weights by hand, one a run; implies --weighting hand.")
    ] = None,
    all_subsets: Annotated[
        bool, typer.Option("--all-subsets", help="Look at every set of members; beyond 15, at the promising ones.")
    ] = False,
    select: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The N members that are best together on validation.")
    ] = None,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep the ensemble by this name, with --select the chosen one.")
    ] = None,
    as_json: Json = False,
):
    """Figures of each member and of the ensemble.

    A single RUN that is a saved ensemble is built again: its members and its rule.
    """
    from core.ensembles import ensemble_json
    from core.ensembles.saved import check_flat

    runs = named.runs(names, "An ensemble", 1)
    spec = None
    if len(runs) == 1 and runs[0].ensemble:
        spec, runs = _rebuilt(runs[0])
    check_flat(named.run_store(), runs)
    spec = _spec(runs, rule, weighting, weights, spec)
    if select is not None and select > len(runs):
        raise TooFewRuns(verb=f"Selecting {select} members", needed=select, received=len(runs))
    found, called = named.predictions(runs)
    sets = _sets(spec, found, called) if all_subsets or select is not None else None
    value = ensemble_json(spec, found, called, subsets=sets if all_subsets else None)
    if sets:
        value["exact"] = sets[Part.VALIDATION].exact
    lines = _lines(value)
    if all_subsets:
        lines += _best_sets(sets, called)
    if select is not None:
        value["selected"] = _selected(sets, select)
        lines.append(f"best {select} on validation: {_told(value['selected'], called)}")
        chosen = set(value["selected"]["members"])
        spec = spec.model_copy(update={"members": tuple(one for one in spec.members if one.run in chosen)})
    if save is not None:
        value["saved"], line = _save(spec, save)
        lines.append(line)
    emit(as_json, value, "\n".join(lines))


def _rebuilt(saved: Run) -> tuple[EnsembleSpec, list[Run]]:
    from core.ensembles.saved import in_words, members_of

    say(f"{saved.name} is a saved ensemble: {in_words(saved.ensemble)}.")
    return saved.ensemble, members_of(named.run_store(), saved)


def _spec(runs: list[Run], rule, weighting, weights: str | None, saved: EnsembleSpec | None) -> EnsembleSpec:
    """The ensemble that the options say; what they don't say is a saved ensemble's. Raises BadWeights."""
    if weights is not None and weighting not in (None, Weighting.HAND):
        raise typer.BadParameter(f"--weights are weights by hand; leave --weighting {weighting} out.")
    if weights is not None:
        weighting = Weighting.HAND
    if weighting is not None and rule not in (None, RuleName.WEIGHTED):
        raise typer.BadParameter(f"Weights are for --rule weighted; --rule {rule} has none.")
    by_hand = saved is not None and saved.weighting == Weighting.HAND
    if weighting == Weighting.HAND and weights is None and not by_hand:
        raise typer.BadParameter("--weighting hand needs --weights, one number a run.")
    spec = saved or EnsembleSpec(members=tuple(Member(run=run.id) for run in runs))
    if weighting is not None:
        spec = spec.model_copy(update={"rule": RuleName.WEIGHTED, "weighting": weighting})
    if rule is not None:
        spec = spec.model_copy(update={"rule": rule})
    if weights is None:
        return spec
    numbers = _numbers(weights, len(runs))
    members = tuple(Member(run=run.id, weight=number) for run, number in zip(runs, numbers, strict=True))
    return spec.model_copy(update={"members": members})


def _numbers(text: str, runs: int) -> list[float]:
    try:
        found = [float(piece) for piece in text.split(",")]
    except ValueError:
        found = []
    if len(found) != runs or not all(0 <= number <= 1000 for number in found):
        raise BadWeights(runs=runs, received=text[:100] or "nothing")
    return found


def _sets(spec: EnsembleSpec, found, called) -> dict:
    """The sets of members that were looked at, the same on each part. Raises NoSubsets."""
    from core.ensembles import adds, scores
    from core.ensembles.subsets import EXACT, same_sets, subsets

    if not adds(spec.rule):
        raise NoSubsets()
    members = len(spec.members)
    if members > EXACT:
        say(f"{members} members have more sets than can be looked at: a beam search keeps the promising ones.")
    if spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.OPTIMISED:
        say("The weights are those learned with all members; a set by itself would learn its own.")
    told = counter("sets of members" if members <= EXACT else "sizes of sets")
    chosen = subsets(scores(spec, found, Part.VALIDATION, called), told)
    others = [part for part in found[spec.runs[0]].parts if part != Part.VALIDATION]
    return {Part.VALIDATION: chosen} | {part: same_sets(chosen, scores(spec, found, part, called)) for part in others}


def _set_json(sets: dict, row: int) -> dict:
    members = list(sets[Part.VALIDATION].runs_of(row))
    return {"members": members} | {str(part): float(found.accuracies[row]) for part, found in sets.items()}


def _selected(sets: dict, size: int) -> dict:
    return _set_json(sets, sets[Part.VALIDATION].best_by_size[size])


def _best_sets(sets: dict, called: dict[str, str]) -> list[str]:
    found = sets[Part.VALIDATION]
    kind = "all" if found.exact else "the promising"
    lines = [f"{len(found.sets):,} sets of members, {kind}; the best on validation:"]
    return lines + [f"  {_told(_set_json(sets, row), called)}" for row in found.ranked[:BEST].tolist()]


def _told(one: dict, called: dict[str, str]) -> str:
    figures = ", ".join(f"{part} {one[part]:.4f}" for part in one if part != "members")
    return f"{figures}: {', '.join(called[run] for run in one['members'])}"


def _lines(value: dict) -> list[str]:
    lines = [
        f"{part}: {figures['accuracy']:.4f} together, members "
        + ", ".join(f"{member[part]['accuracy']:.4f}" for member in value["members"])
        + f", {value['ties'][part]} ties"
        for part, figures in value["ensemble"].items()
    ]
    weights = [member["weight"] for member in value["members"] if "weight" in member]
    return lines + ([f"weights: {', '.join(f'{weight:.4f}' for weight in weights)}"] if weights else [])


def _save(spec: EnsembleSpec, name: str) -> tuple[dict, str]:
    from core.ensembles.saved import in_words, save

    run, joined = save(named.run_store(), spec, name)
    if joined:
        say(f"This ensemble was saved already by the name {run.name}.")
    value = {"id": run.id, "name": run.name, "members": list(spec.runs), "joined": joined}
    return value, f"saved as {run.name} ({run.id}): {in_words(spec)}"
