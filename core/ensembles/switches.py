"""What one switch changes: the ensemble's answers when one member leaves or one more comes."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.ensembles.voting import adds, combine, scores
from core.errors import ThawError
from core.records import EnsembleSpec, Member, Part, Predictions, RuleName, Weighting


def learned_together(spec: EnsembleSpec) -> bool:
    """Whether the rule learns all members at once, so that every switch learns anew."""
    optimised = spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.OPTIMISED
    return optimised or not adds(spec.rule)


def switched(
    spec: EnsembleSpec, predictions: Mapping[str, Predictions], part: Part, runs: Sequence[str]
) -> dict[str, np.ndarray]:
    """Answers of the ensemble with one of `runs` switched: without it if it is a member, with it (weight 1) if not.

    `predictions` by run id hold the members and `runs`. Returns run id -> int64 ndarray of shape (n_photos,), the
    classes; a switch that leaves an ensemble without an answer (nobody left, nobody with a weight, a member that a rule
    can't have) has no entry. Raises what `combine` raises of all of them together, unless each is looked at by itself.
    """
    found = {}
    if learned_together(spec):
        for run in runs:
            try:
                found[run] = combine(_with_switch(spec, run), predictions, part).predicted
            except (ThawError, ValueError):  # an ensemble of nobody is no spec at all
                continue
        return found
    others = tuple(Member(run=run) for run in runs if run not in spec.runs)
    every = scores(spec.model_copy(update={"members": spec.members + others}), predictions, part)
    row = {run: number for number, run in enumerate(every.runs)}
    on = [row[run] for run in spec.runs]
    total = every.prior + every.members[on].sum(axis=0)
    weight = {member.run: member.weight for member in spec.members}
    by_hand = spec.rule == RuleName.WEIGHTED and spec.weighting == Weighting.HAND
    for run in runs:
        left = [member for member in spec.runs if member != run]
        if run not in weight:
            found[run] = (total + every.members[row[run]]).argmax(axis=1)
        elif left and not (by_hand and not any(weight[member] for member in left)):
            found[run] = (total - every.members[row[run]]).argmax(axis=1)
    return found


def _with_switch(spec: EnsembleSpec, run: str) -> EnsembleSpec:
    """Raises ValueError where nobody is left."""
    left = tuple(member for member in spec.members if member.run != run)
    members = left if len(left) < len(spec.members) else (*left, Member(run=run))
    return EnsembleSpec(rule=spec.rule, weighting=spec.weighting, members=members)
