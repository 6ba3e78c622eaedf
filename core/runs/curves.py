"""One figure by epoch of many runs at once, for the small curves in a table of runs."""

from collections.abc import Iterable

from core.records import Run
from core.runs.database import connected, database_of
from core.runs.record import EPOCH

POINTS = 40  # of a curve at most: a cell is some 100 px wide
AT_ONCE = 500  # runs named in one query
EACH = 25  # curves fetched at once where each needs a question of its own


class Curves:
    """
    `history(run_id, metric)` gives {epoch: value} of one run. Runs that are over are read once.

    Only an SQLite file can be asked for many runs at once. Elsewhere a call fetches EACH of those that are not known
    yet and leaves the others for the next calls.
    """

    def __init__(self, tracking_uri: str, history, patience: float = 20.0):
        self._database, self._patience = database_of(tracking_uri), patience
        self._history = history
        self._kept: dict[tuple[str, int, str], tuple[float, ...]] = {}  # (run id, attempt, metric): it may go on later

    def of(self, runs: Iterable[Run], metric: str) -> dict[str, tuple[float, ...]]:
        """The figure at each epoch, at most POINTS of them, by run id; runs without any are missing."""
        runs = list(runs)
        wanted = {run.id: (run.id, run.attempt, metric) for run in runs if run.attempt}
        over = {run.id for run in runs if run.status.over}
        missing = [run_id for run_id, key in wanted.items() if key not in self._kept]
        found = self._all(missing, metric) if self._database else self._each(missing[:EACH], metric)
        curves = {run_id: thinned(curve) for run_id, curve in found.items()}
        kept = self._kept | {wanted[run_id]: curve for run_id, curve in curves.items() if run_id in over}
        self._kept = {key: curve for key, curve in kept.items() if key[2] != metric or wanted.get(key[0]) == key}
        curves |= {run_id: self._kept[key] for run_id, key in wanted.items() if key in self._kept}
        return {run_id: curve for run_id, curve in curves.items() if curve}

    def _all(self, run_ids: list[str], metric: str) -> dict[str, list[float]]:
        found: dict[str, dict[int, float]] = {run_id: {} for run_id in run_ids}
        with connected(self._database, self._patience) as connection:
            for start in range(0, len(run_ids), AT_ONCE):
                some = run_ids[start : start + AT_ONCE]
                # Of an epoch that was logged again by a later attempt the last value counts, as in a run's history.
                query = (
                    "select run_uuid, step, value from metrics where key = ? and is_nan = 0 "
                    f"and run_uuid in ({', '.join('?' * len(some))}) order by step, timestamp"
                )
                for run_id, step, value in connection.execute(query, (EPOCH + metric, *some)):
                    found[run_id][step] = value
        return {run_id: list(steps.values()) for run_id, steps in found.items()}

    def _each(self, run_ids: list[str], metric: str) -> dict[str, list[float]]:
        found = {run_id: self._history(run_id, EPOCH + metric) for run_id in run_ids}
        return {
            run_id: [value for _, value in sorted(steps.items()) if value == value] for run_id, steps in found.items()
        }


def thinned(curve: list[float]) -> tuple[float, ...]:
    """At most POINTS values, evenly chosen, the first and the last among them."""
    if len(curve) <= POINTS:
        return tuple(curve)
    return tuple(curve[round(at * (len(curve) - 1) / (POINTS - 1))] for at in range(POINTS))
