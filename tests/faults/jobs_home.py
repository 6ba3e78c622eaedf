"""A data folder whose runs the fake trainers train, seen from outside its server."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from serving import Server, processes
from small_home import plan, settings_of

from core.jobs import places
from core.records import Run, Status
from core.runs import RunStore
from core.runs.files import read_json


class JobsHome:
    def __init__(self, home: Path, split):
        self.home, self.split = home, split
        self.settings = settings_of(home)
        self.store = RunStore(self.settings)
        with closing(sqlite3.connect(home / "runs.db")) as database:  # every change of a status, whoever makes it
            database.execute("create table audit (run text, status text)")
            for event in ("insert", "update"):
                database.execute(
                    f"create trigger audit_{event} after {event} on tags when new.key in ('thaw.status', 'thaw.ended') "
                    "begin insert into audit values (new.run_uuid, new.key || '=' || new.value); end"
                )
            database.commit()

    def queue(self, trainer: str, seed: int = 0, epochs: int = 5) -> Run:
        spec = plan(self.split, trainer, seed, epochs)
        return self.store.submit(spec, evaluation_id=self.split.evaluation_id)[0]

    def serve(self, kind: str = "small", **environment: str) -> Server:
        return Server(self.home, kind, **environment)

    def worker(self, run: Run) -> int | None:
        """Process id of the run's current worker."""
        attempt = self.store.get(run.id).attempt
        return (read_json(places.attempt(self.settings, run.id, attempt) / places.WORKER) or {}).get("pid")

    def over(self, run: Run, status: Status):
        """A condition: the run reached this status. Any other end is a failure of the test."""

        def look():
            found = self.store.get(run.id)
            assert not found.status.over or found.status == status, f"{found.status}: {found.error}"
            return found.status == status and found

        return look

    def ends(self, run: Run) -> Counter:
        """How often the run came to which end."""
        with closing(sqlite3.connect(self.home / "runs.db")) as database:
            rows = database.execute("select status from audit where run = ?", (run.id,))
            told = Counter(status.removeprefix("thaw.status=") for (status,) in rows if "status" in status)
        return Counter({status: times for status, times in told.items() if Status(status).over})

    def all_gone(self, seconds: float = 20.0) -> bool:
        """Whether no process of this data folder is left after so many seconds at most."""
        until = time.monotonic() + seconds
        while processes(self.home):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True
