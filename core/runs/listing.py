"""All runs of the tracker, each fetched again only when it changed: MLflow takes seconds for 1,000 of them."""

import threading
import uuid
from types import SimpleNamespace

from core.errors import StoreBusy
from core.records import Run
from core.runs.database import connected, database_of

STAMP = "thaw.changed"  # a new value at every change, written after what it stands for
MANY = 500  # changed runs above which one fetch of all is cheaper than fetching those


def stamp() -> str:
    return uuid.uuid4().hex[:12]


class Listing:
    """
    The runs by id. `fetch()` gives all of MLflow's runs; `convert` makes the record of one, or None to hide it.

    Only where the tracker is an SQLite file is anything kept: reading its stamps takes a millisecond, and through
    MLflow there is no way to ask for a few tags without all metrics. There the rows are read as they are, too: MLflow
    makes an object of each tag and metric.
    """

    def __init__(self, tracking_uri: str, fetch, convert, patience: float):
        self._database, self._patience = database_of(tracking_uri), patience
        self._fetch, self._convert = fetch, convert
        self._kept: dict[str, tuple[str, Run | None]] = {}  # run id -> (stamp, run)
        self._one_at_a_time = threading.Lock()

    def runs(self) -> dict[str, Run]:
        """Every run by id, as it is in the store now."""
        if self._database is None:
            converted = {found.info.run_id: self._convert(found) for found in self._fetch()}
            return {run_id: run for run_id, run in converted.items() if run is not None}
        if not self._one_at_a_time.acquire(timeout=self._patience):
            raise StoreBusy(reason="another page waits for it")
        try:
            stamps = self._stamps()
            kept = {run_id: held for run_id, held in self._kept.items() if run_id in stamps}
            changed = [run_id for run_id, value in stamps.items() if kept.get(run_id, ("",))[0] != value]
            if changed:
                found = self._rows(changed if len(changed) <= MANY else None)
                # The stamp was read before the run: what changes in between is seen as changed next time.
                kept |= {each.info.run_id: (stamps.get(each.info.run_id, ""), self._convert(each)) for each in found}
            self._kept = kept
            return {run_id: kept[run_id][1] for run_id in stamps if run_id in kept and kept[run_id][1] is not None}
        finally:
            self._one_at_a_time.release()

    def _stamps(self) -> dict[str, str]:
        query = (
            "select tags.run_uuid, tags.value from tags join runs on runs.run_uuid = tags.run_uuid "
            "where tags.key = ? and runs.lifecycle_stage = 'active'"
        )
        with connected(self._database, self._patience) as connection:
            return dict(connection.execute(query, (STAMP,)))

    def _rows(self, ids: list[str] | None) -> list[SimpleNamespace]:
        """What `convert` reads of MLflow's runs, from their rows; of all runs that are there, or of these."""
        of = f"run_uuid in ({', '.join('?' * len(ids))})" if ids is not None else "true"
        given = ids or ()
        with connected(self._database, self._patience) as connection:
            connection.execute("begin")  # one state of the store, whatever is written meanwhile
            found = {
                run_id: SimpleNamespace(
                    info=SimpleNamespace(run_id=run_id, run_name=name, artifact_uri=uri),
                    data=SimpleNamespace(tags={}, metrics={}),
                )
                for run_id, name, uri in connection.execute(
                    f"select run_uuid, name, artifact_uri from runs where lifecycle_stage = 'active' and {of}", given
                )
            }
            for run_id, key, value in connection.execute(f"select run_uuid, key, value from tags where {of}", given):
                if run_id in found:
                    found[run_id].data.tags[key] = value
            figures = f"select run_uuid, key, value, is_nan from latest_metrics where {of}"
            for run_id, key, value, is_nan in connection.execute(figures, given):
                if run_id in found:
                    found[run_id].data.metrics[key] = float("nan") if is_nan else value
        return list(found.values())
