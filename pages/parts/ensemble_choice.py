"""What the Ensemble page's tabs speak of: the members that are on, the rule, and everyone who could be on."""

from dataclasses import dataclass

from core.records import EnsembleSpec, Part, Predictions
from pages.parts.ensemble_members import Candidates


@dataclass(frozen=True)
class Choice:
    """The ensemble on the screen; at least one member is on."""

    spec: EnsembleSpec  # the members that are on, the rule and the weights
    predictions: dict[str, Predictions]  # of those members, by run id
    names: dict[str, str]  # of everyone who could be on, by run id
    classes: tuple[str, ...]
    part: Part  # validation, or test where it may be seen
    found: Candidates  # everyone who could be on: `found.runs`, best on validation first, and `found.predictions`
