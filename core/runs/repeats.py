"""Repeats: finished runs of one plan that differ in their seed alone, gathered into one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from core.records import ENDED_EARLY, Run, Status


@dataclass(frozen=True)
class Line:
    """One run, or the repeats of one plan."""

    runs: tuple[Run, ...]  # by seed, of one seed the newest first; one run where it stands alone

    @property
    def first(self) -> Run:
        """The run of the lowest seed: what stands for all, chosen without a look at any figure."""
        return self.runs[0]

    @property
    def a_seed(self) -> tuple[Run, ...]:
        """One run a seed, the newest of each: a seed that was trained twice counts once in means."""
        return tuple({run.spec.seed: run for run in reversed(self.runs)}.values())[::-1] if self.folded else self.runs

    @property
    def folded(self) -> bool:
        return len(self.runs) > 1

    def figures(self, name: str) -> list[float]:
        """The figure of each seed that has it; nothing of a run that is not finished."""
        return [run.metrics[name] for run in self.a_seed if run.status == Status.FINISHED and name in run.metrics]

    def mean(self, name: str) -> float | None:
        """Mean of the figure over the seeds; None where none has it."""
        found = self.figures(name)
        return fmean(found) if found else None


def lines(runs: Iterable[Run], fold: bool = True) -> list[Line]:
    """
    Every run in one line, in the order given; a folded line stands where the first of its runs stood.

    Folded are finished runs of one plan with two seeds at least. A training that ended before its plan was done is no
    repeat of it and stands alone.
    """
    families: dict[str, list[Run]] = {}
    runs = list(runs)
    for run in runs:
        if fold and run.family and run.spec and run.status == Status.FINISHED and not run.metrics.get(ENDED_EARLY):
            families.setdefault(f"{run.family} {run.evaluation_id}", []).append(run)
    folded: dict[str, Line] = {}
    for family in families.values():
        if len({run.spec.seed for run in family}) > 1:
            newest = sorted(family, key=lambda run: run.created, reverse=True)
            line = Line(tuple(sorted(newest, key=lambda run: run.spec.seed)))
            folded |= {run.id: line for run in family}
    found, seen = [], set()
    for run in runs:
        line = folded.get(run.id) or Line((run,))
        if line.first.id not in seen:
            seen.add(line.first.id)
            found.append(line)
    return found
