"""The object that `ensemble --json` prints."""

from collections.abc import Mapping

from core.ensembles.subsets import Subsets
from core.ensembles.voting import combine, member_weights
from core.evaluation.figures import part_figures
from core.records import EnsembleSpec, Part, Predictions, RuleName


def ensemble_json(
    spec: EnsembleSpec,
    predictions: Mapping[str, Predictions],
    names: Mapping[str, str] | None = None,
    subsets: Mapping[Part, Subsets] | None = None,
) -> dict:
    """rule, members, ensemble, ties, subsets; weights where the rule has some. Raises what `combine` raises.

    The members keep their order, which changes no figure. subsets: looked-at subsets, the same on each part, best on
    validation first.
    """
    combined = {part: combine(spec, predictions, part, names) for part in predictions[spec.runs[0]].parts}
    classes = predictions[spec.runs[0]].classes
    weights = member_weights(spec, predictions) if spec.rule == RuleName.WEIGHTED else {}
    return {
        "rule": str(spec.rule),
        "members": [_member(run, predictions[run], weights.get(run)) for run in spec.runs],
        "ensemble": {str(part): answers.figures(classes).summary for part, answers in combined.items()},
        "ties": {str(part): answers.ties for part, answers in combined.items()},
        "subsets": subsets_json(subsets) if subsets else [],
    }


def _member(run: str, of: Predictions, weight: float | None) -> dict:
    figures = {str(part): part_figures(of.parts[part], of.classes, of.has_probabilities).summary for part in of.parts}
    return {"id": run} | ({} if weight is None else {"weight": weight}) | figures


def subsets_json(subsets: Mapping[Part, Subsets]) -> list[dict]:
    """[{members, validation, test}], accuracies 0 to 1, the best on validation first, of equals the smaller."""
    on_validation = subsets[Part.VALIDATION]
    return [
        {"members": list(on_validation.runs_of(row))}
        | {str(part): float(found.accuracies[row]) for part, found in subsets.items()}
        for row in on_validation.ranked
    ]
