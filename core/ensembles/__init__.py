"""Several models that answer together: rules, what they gain and why, and which members to choose."""

from core.ensembles.gain import Gain, best_member, gain_over_best
from core.ensembles.printed import ensemble_json
from core.ensembles.rules import RULES
from core.ensembles.voting import EnsemblePart, adds, answer_new, check, combine, learns, member_weights, scores

__all__ = [
    "RULES",
    "EnsemblePart",
    "Gain",
    "adds",
    "answer_new",
    "best_member",
    "check",
    "combine",
    "ensemble_json",
    "gain_over_best",
    "learns",
    "member_weights",
    "scores",
]
