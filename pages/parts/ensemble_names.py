"""What members are called where many names stand close: without what all of them share, and each differently."""

from collections import Counter
from collections.abc import Mapping

PIECE = ", "  # between the pieces of a run's name


def short(names: Mapping[str, str]) -> dict[str, str]:
    """Names by run id, without the pieces that all have ("96 px"); of equal names the second gets a (2), and so on."""
    split = {run: name.split(PIECE) for run, name in names.items()}
    shared = set.intersection(*(set(pieces) for pieces in split.values())) if len(split) > 1 else set()
    kept = {run: PIECE.join(piece for piece in pieces if piece not in shared) for run, pieces in split.items()}
    if not all(kept.values()):  # a name of nothing but shared pieces
        kept = dict(names)
    seen: Counter[str] = Counter()
    found = {}
    for run, name in kept.items():
        seen[name] += 1
        found[run] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return found
