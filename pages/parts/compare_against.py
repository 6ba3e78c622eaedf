"""Every other run against the baseline: how far apart, on which photos, and how many would settle it."""

from core.evaluation import Comparison, Difference, settling
from core.records import Run
from pages.parts.plain_table import Cell


def difference_table(found: Comparison, of: dict[str, Run]) -> tuple[list, list]:
    """Head and rows: every other run against the baseline."""
    baseline = found.letters[found.baseline]
    head = [
        "",
        Cell("Accuracy", "points"),
        Cell("F1", "points"),
        Cell(f"Only {baseline} right", "photos"),
        Cell("Only it right", "photos"),
        Cell("To settle it"),
    ]
    rows = []
    for one in found.differences:
        rows.append(
            [
                Cell(f"{found.letters[one.run]} {of[one.run].name}"),
                _points(one.accuracy, one.low, one.high, mark(one), "" if one.beyond_noise else "~ "),
                _points(one.f1_macro, one.f1_low, one.f1_high) if one.f1_macro is not None else Cell(),
                Cell(f"{one.only_baseline:,}"),
                Cell(f"{one.only_run:,}"),
                Cell(_settled(one)),
            ]
        )
    return head, rows


def mark(one: Difference) -> str:
    """ "better", "worse", or nothing inside the noise."""
    return ("better" if one.accuracy > 0 else "worse") if one.beyond_noise else ""


def _points(change: float, low: float, high: float, marked: str = "", before: str = "") -> Cell:
    low, change, high = (round(100 * value, 1) + 0.0 for value in (low, change, high))
    return Cell(f"{before}{change:+.1f}", f"{low:.1f} to {high:.1f}", marked)


def _settled(one: Difference) -> str:
    if one.beyond_noise:
        return "settled"
    return settling(one).replace(" would settle it", "") if settling(one) else "level on these photos"


def notes(found: Comparison) -> list[str]:
    """How many differences were looked at, and what picking the best of several brings."""
    number = len(found.differences)
    if not number:
        return []
    told = [
        "A difference counts where both its 95 % interval and McNemar's exact test on the photos that only one of the "
        "two gets right say so"
        + (f", held against {number} differences looked at together (Holm)." if number > 1 else ".")
    ]
    if found.picked and number > 1:
        told.append(found.picked)
    return told
