"""A saved ensemble: a finished run whose answers are its members' answers combined."""

from collections.abc import Iterable, Mapping

import numpy as np

from core.ensembles.rules import RULES
from core.ensembles.voting import EnsemblePart, combine
from core.errors import MemberGone, NestedEnsemble, RunDeleted, UnknownRun
from core.evaluation.figures import final_figures
from core.records import EnsembleSpec, PartPredictions, Predictions, RuleName, Run, RunKind, Weighting
from core.runs import RunStore
from core.runs.naming import good_name

SHORT = {
    RuleName.VOTE: "Vote",
    RuleName.MEAN: "Mean",
    RuleName.WEIGHTED: "Weighted mean",
    RuleName.CLASSES: "Vote by class",
    RuleName.BAYES: "Naive Bayes",
    RuleName.STACKING: "Stacking",
}
_WEIGHED = {
    Weighting.ACCURACY: "weights by validation accuracy",
    Weighting.OPTIMISED: "weights optimised on validation",
    Weighting.HAND: "weights by hand",
}


def save(store: RunStore, spec: EnsembleSpec, name: str, owner: str = "") -> tuple[Run, bool]:
    """Keep an ensemble as a finished run with its answers and figures; the run, and whether it was there already.

    Saving an equal ensemble under the same name again joins the one that is there.

    Raises BadName, NestedEnsemble, RunNotFinished, RunFileMissing, UnknownRun and what `combine` raises.
    """
    name = good_name(name)  # before anything is computed
    runs = [store.get(run) for run in spec.runs]
    check_flat(store, runs)
    predictions = {run.id: store.predictions(run.id) for run in runs}
    names = {run.id: run.name for run in runs}
    combined = combined_predictions(spec, predictions, names)
    return store.keep_ensemble(spec, name, combined, final_figures(combined), owner)


def combined_predictions(
    spec: EnsembleSpec, predictions: Mapping[str, Predictions], names: Mapping[str, str] | None = None
) -> Predictions:
    """What the ensemble answers on each part, as the answers of one run. Raises what `combine` raises.

    A rule that gives shares of votes has no probabilities: there the answer counts as probability 1, as with labels
    that were brought in, so that a tie can't be settled otherwise by whoever reads it.
    """
    first = predictions[spec.runs[0]]
    answers = {part: combine(spec, predictions, part, names) for part in first.parts}
    return Predictions(
        evaluation_id=first.evaluation_id,
        classes=first.classes,
        parts={
            part: PartPredictions(ids=first.parts[part].ids, true=found.true, probabilities=kept(found))
            for part, found in answers.items()
        },
        has_probabilities=all(found.has_probabilities for found in answers.values()),
    )


def kept(found: EnsemblePart) -> np.ndarray:
    """float32 (n_photos, n_classes) whose highest class is the answer also where rounding made two alike."""
    rows = np.arange(len(found.predicted))
    if not found.has_probabilities:
        return np.eye(found.probabilities.shape[1], dtype=np.float32)[found.predicted]
    probabilities = found.probabilities.astype(np.float32)
    off = rows[probabilities.argmax(axis=1) != found.predicted]
    highest = probabilities[off].max(axis=1)
    probabilities[off, found.predicted[off]] = np.nextafter(highest, np.float32(2))  # 6e-8 higher at most
    return probabilities


def check_flat(store: RunStore, runs: Iterable[Run]) -> None:
    """Raise NestedEnsemble where one of the runs that are to be members is an ensemble itself."""
    for run in runs:
        if run.kind == RunKind.ENSEMBLE:
            members = run.ensemble.runs if run.ensemble else ()
            raise NestedEnsemble(name=run.name, members=", ".join(_called(store, member) for member in members))


def _called(store: RunStore, run: str) -> str:
    try:
        return store.get(run).name
    except UnknownRun:
        return run[:8]


def members_of(store: RunStore, run: Run) -> list[Run]:
    """The members of a saved ensemble, in its order. Raises MemberGone for one that was deleted or is not there."""
    found = []
    for member in run.ensemble.runs:
        try:
            found.append(store.get(member))
        except RunDeleted as gone:
            name, short = gone.received["name"], gone.received["run"]
            reason = f"was deleted. Bring it back with `restore {short}`, or on the Compare page under “More”"
            raise MemberGone(name=run.name, member=name, reason=reason) from gone
        except UnknownRun as gone:
            reason = "is not in this store. Connect the tracker that has it, or build the ensemble anew"
            raise MemberGone(name=run.name, member=member[:8], reason=reason) from gone
    return found


def default_name(spec: EnsembleSpec) -> str:
    """ "Vote of 5"."""
    return f"{SHORT[spec.rule]} of {len(spec.members)}"


def in_words(spec: EnsembleSpec) -> str:
    """ "Majority vote of 5 members", "Weighted mean of 3 members, weights by hand"."""
    weighed = f", {_WEIGHED[spec.weighting]}" if spec.rule == RuleName.WEIGHTED else ""
    return f"{RULES[spec.rule].title} of {len(spec.members)} member{'s' * (len(spec.members) != 1)}{weighed}"
