"""What a model gets right: figures of one run, differences between runs. Predictions in, NumPy or pandas out."""

from core.evaluation.comparison import Comparison, compare, figure_draws, gate, letter
from core.evaluation.comparison_json import compare_json
from core.evaluation.differences import Difference, settling, verdict
from core.evaluation.figures import (
    Figures,
    confusion,
    figures_by_part,
    figures_json,
    figures_of,
    final_figures,
    part_figures,
)

__all__ = [
    "Comparison",
    "Difference",
    "Figures",
    "compare",
    "compare_json",
    "confusion",
    "figure_draws",
    "figures_by_part",
    "figures_json",
    "figures_of",
    "final_figures",
    "gate",
    "letter",
    "part_figures",
    "settling",
    "verdict",
]
