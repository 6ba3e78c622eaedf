"""The object of `compare --json`."""

from collections.abc import Mapping
from dataclasses import asdict

from core.errors import TooFewRuns
from core.evaluation.comparison import Comparison, check_same_test, compare
from core.records import Predictions


def compare_json(
    predictions: dict[str, Predictions],
    names: dict[str, str] | None = None,
    baseline: str | None = None,
    families: Mapping[str, str] | None = None,
) -> dict:
    """Baseline, runs with their figures and intervals by part, differences with their verdicts by part.

    Arguments as those of `compare`. A run without answers on a part has null there. Raises TooFewRuns, DifferentTest.
    """
    if len(predictions) < 2:
        raise TooFewRuns(verb="Comparing", needed=2, received=len(predictions))
    check_same_test(predictions, names)
    parts = list(dict.fromkeys(part for of in predictions.values() for part in of.parts))
    by_part = {part: compare(predictions, part, names, baseline=baseline, families=families) for part in parts}
    first = next(iter(by_part.values()))
    return {
        "baseline": first.baseline,
        "evaluation_id": next(iter(predictions.values())).evaluation_id,
        "runs": [
            {"id": run, "letter": run_letter, "name": (names or {}).get(run, run)} | _of_run(run, by_part)
            for run, run_letter in first.letters.items()
        ],
        "differences": {str(part): _differences(of) for part, of in by_part.items()},
        "leaders": {str(part): of.leaders for part, of in by_part.items()},
        "picking": {
            str(part): asdict(of.picking) | {"run": of.best, "sentence": of.picked} if of.picking else None
            for part, of in by_part.items()
        },
        "notes": {str(part): list(of.notes) for part, of in by_part.items()},
    }


def _of_run(run: str, by_part: dict) -> dict:
    def each(value) -> dict:
        return {str(part): value(of) if run in of.figures else None for part, of in by_part.items()}

    return each(lambda of: of.figures[run].summary) | {
        "intervals": each(lambda of: {name: list(ends) for name, ends in of.intervals[run].items()}),
        "per_class": each(lambda of: of.figures[run].per_class_json()),
        "confusion": each(lambda of: of.figures[run].confusion_json()),
    }


def _differences(of: Comparison) -> list[dict]:
    return [
        asdict(one) | {"beyond_noise": one.beyond_noise, "settled_by": one.settled_by, "verdict": sentence}
        for one, sentence in zip(of.differences, of.verdicts, strict=True)
    ]
