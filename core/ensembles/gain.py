"""What an ensemble gains over its best member: figures side by side, classes won and lost, photos rescued and lost."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.ensembles.voting import combine
from core.evaluation.differences import Difference, holm, mcnemar, paired_difference, verdict
from core.evaluation.figures import METRICS, Figures, part_figures
from core.records import EnsembleSpec, Part, Predictions


@dataclass(frozen=True)
class Gain:
    """An ensemble beside its best single member on one part."""

    part: Part
    best: str  # run id of the member with the highest validation accuracy, whatever part is looked at
    figures: Figures  # the ensemble's
    best_figures: Figures
    difference: Difference  # the ensemble against the best member, photo by photo
    # class, precision, recall, f1, support of the ensemble; recall_gain, precision_gain, f1_gain over the best member;
    # beyond_noise: whether the photos of that class are enough to tell the recalls apart
    per_class: pd.DataFrame
    ties: int
    tied: np.ndarray  # int64, rows of the part where the ensemble was tied
    rescued: np.ndarray  # int64, rows where the ensemble is right and the best member wrong
    lost: np.ndarray  # int64, rows where the best member is right and the ensemble wrong
    ids: tuple[str, ...]  # photo ids of the part, by row
    true: np.ndarray  # int64 (n_photos,)
    predicted: np.ndarray  # int64 (n_photos,), the ensemble's answers
    best_predicted: np.ndarray  # int64 (n_photos,), the best member's answers

    def verdict(self, best_name: str) -> str:
        """Whether the ensemble beats its best member, in one sentence without a full stop."""
        sentence = verdict(self.difference, best_name, "the ensemble")
        return "T" + sentence[1:] if sentence.startswith("the ensemble") else sentence


def best_member(members: Mapping[str, Predictions]) -> str:
    """Run id of the member with the highest validation accuracy; of equals the one with the smallest id.

    The choice is made on validation, and does not depend on the order of the members.
    """

    def accuracy(run: str) -> float:
        answers = members[run].parts[Part.VALIDATION]
        return float((answers.predicted == answers.true).mean()) if len(answers.true) else 0.0

    return max(sorted(members), key=accuracy)


def gain_over_best(
    spec: EnsembleSpec, predictions: Mapping[str, Predictions], part: Part, names: Mapping[str, str] | None = None
) -> Gain:
    """Combine the members of `spec` on `part` and set the result beside the best member.

    `predictions` by run id hold the members; `names` are what error sentences call them. Raises what `combine` raises.
    """
    answers = combine(spec, predictions, part, names)
    members = {run: predictions[run] for run in spec.runs}
    best = best_member(members)
    classes = members[best].classes
    best_answers = members[best].parts[part]
    best_predicted = best_answers.predicted
    ensemble_figures = answers.figures(classes)
    best_figures = part_figures(best_answers, classes, members[best].has_probabilities)
    right, best_right = answers.predicted == answers.true, best_predicted == answers.true
    per_class = ensemble_figures.per_class.copy()
    for metric in METRICS:
        per_class[f"{metric}_gain"] = per_class[metric] - best_figures.per_class[metric]
    rescued, lost = right & ~best_right, best_right & ~right
    rescues, losses = (np.bincount(answers.true[photos], minlength=len(classes)) for photos in (rescued, lost))
    # Eight classes are eight tests: without Holm one of them would often seem to gain by chance.
    per_class["beyond_noise"] = holm([mcnemar(*pair) for pair in zip(losses.tolist(), rescues.tolist(), strict=True)])
    return Gain(
        part=part,
        best=best,
        figures=ensemble_figures,
        best_figures=best_figures,
        difference=Difference(
            best,
            "ensemble",
            len(answers.true),
            *paired_difference(answers.true, best_predicted, answers.predicted),
        ),
        per_class=per_class,
        ties=answers.ties,
        tied=np.flatnonzero(answers.tied),
        rescued=np.flatnonzero(rescued),
        lost=np.flatnonzero(lost),
        ids=best_answers.ids,
        true=answers.true,
        predicted=answers.predicted,
        best_predicted=best_predicted,
    )
