"""What the store knows of a run, written beside the run's files at every change of its state.

The embedded store is one file. Should it be lost or go back to a backup, the runs come back from these.
"""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from core.runs.database import connected
from core.runs.files import read_json, write_json
from core.settings import Settings

RECORD = "run.json"
FORMAT = 1
ROWS = {  # columns beside run_uuid, by table; an order that other tables' rows need
    "runs": ("name", "status", "start_time", "end_time", "deleted_time", "lifecycle_stage", "artifact_uri"),
    "tags": ("key", "value"),
    "params": ("key", "value"),
    "metrics": ("key", "value", "timestamp", "step", "is_nan"),
    "latest_metrics": ("key", "value", "timestamp", "step", "is_nan"),
}
_PLAIN = {"source_type": "UNKNOWN", "source_name": "", "entry_point_name": "", "source_version": ""}
_LONG = "thaw.spec."  # tags of the experiment that hold the pieces of long specs


def place(settings: Settings, run_id: str) -> Path:
    return settings.artifact_root / run_id / "artifacts" / RECORD


def keep(settings: Settings, database: Path, run_id: str, patience: float) -> None:
    """Write all that the store knows of the run beside its files. Raises OSError, sqlite3.Error."""
    with connected(database, patience) as connection:
        connection.execute("begin")  # one state of the store
        rows = {table: connection.execute(_query(table), (run_id,)).fetchall() for table in ROWS}
        if not rows["runs"]:
            return
        keys = [value.split(":")[1] for _, value in rows["tags"] if value and value.startswith("hash:")]
        pieces = [
            row
            for key in keys
            for row in connection.execute(
                "select key, value from experiment_tags where key like ?", (f"{_LONG}{key}.%",)
            ).fetchall()
        ]
    write_json(
        place(settings, run_id),
        {"format": FORMAT, "id": run_id, "written": time.time(), "rows": rows, "pieces": pieces},
    )


def _query(table: str) -> str:
    return f"select {', '.join(ROWS[table])} from {table} where run_uuid = ?"


def records(settings: Settings) -> Iterator[dict]:
    """The records that can be read."""
    for path in sorted(settings.artifact_root.glob(f"*/artifacts/{RECORD}")):
        record = read_json(path)
        if isinstance(record, dict) and record.get("format") == FORMAT and record.get("id") == path.parts[-3]:
            yield record


def without_record(settings: Settings) -> list[str]:
    """Ids of runs that have files, and no record that can be read."""
    told = {record["id"] for record in records(settings)}
    folders = [path for path in settings.artifact_root.glob("*/artifacts") if any(path.iterdir())]
    return sorted(path.parent.name for path in folders if path.parent.name not in told)


def known_runs(database: Path, patience: float) -> set[str]:
    """Ids of all runs in the store, deleted ones too."""
    with connected(database, patience) as connection:
        return {row[0] for row in connection.execute("select run_uuid from runs")}


def bring_back(settings: Settings, database: Path, since: float, patience: float) -> tuple[list[str], list[str]]:
    """
    Write into the store what the records tell: runs that it doesn't know, and those that changed after `since` (time).

    Returns the ids of the first and of the second. A record that doesn't fit the tables is passed over.
    """
    new, newer = [], []
    with connected(database, patience) as connection:
        experiment = connection.execute("select experiment_id from experiments where name = 'thaw'").fetchone()[0]
        known = {row[0] for row in connection.execute("select run_uuid from runs")}
        for record in records(settings):
            if record["id"] in known and record["written"] <= since:
                continue
            try:
                with connection:  # whole or not at all
                    _put(connection, record, experiment)
            except (sqlite3.Error, KeyError, ValueError, TypeError):
                continue
            (newer if record["id"] in known else new).append(record["id"])
    return new, newer


def _put(connection: sqlite3.Connection, record: dict, experiment: int) -> None:
    run_id, rows = record["id"], record["rows"]
    for table in reversed(ROWS):
        connection.execute(f"delete from {table} where run_uuid = ?", (run_id,))
    for table, columns in ROWS.items():
        more = {"run_uuid": run_id} | ({"experiment_id": experiment, **_PLAIN} if table == "runs" else {})
        names = (*columns, *more)
        query = f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})"
        for row in rows[table]:
            connection.execute(query, (*row, *more.values()))
    for key, value in record["pieces"]:
        connection.execute(
            "insert or replace into experiment_tags (key, value, experiment_id) values (?, ?, ?)",
            (key, value, experiment),
        )


_PLAIN = {
    "source_type": "UNKNOWN",
    "source_name": "",
    "entry_point_name": "",
    "user_id": "unknown",
    "source_version": "",
}
