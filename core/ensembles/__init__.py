"""Several models that answer together: voting rules and what an ensemble gains over its best member."""

from core.ensembles.gain import Gain, best_member, gain_over_best
from core.ensembles.voting import RULES, EnsemblePart, combine, ensemble_json

__all__ = ["RULES", "EnsemblePart", "Gain", "best_member", "combine", "ensemble_json", "gain_over_best"]
