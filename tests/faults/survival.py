"""Rounds of random kills on a data folder, and what must be true after each of them."""

import contextlib
import json
import os
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import psutil
from fake_trainers import DIARY
from serving import Server, power_loss, processes
from small_home import plan, settings_of

from core.jobs import attempts, supervision
from core.records import Status
from core.runs import RunStore
from core.runs.files import read_json

REQUEUED, SERVING, ENDED = 30.0, 20.0, 20.0  # seconds, as promised
EPOCHS = 8
LONGEST_WAIT = 2.0  # of the random moments between being at work again and the next kill
KINDS = {"worker": 5, "supervisor": 4, "forkserver": 1, "server": 4, "everything": 4}


def busyness() -> float:
    """Processes that want to run, by processor; 1 at least. The promises in seconds are for a machine that has time."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def may_die(settings, run_id: str) -> bool:
    """Three deaths in a row without a checkpoint give a job up, as promised: here the third one waits for one."""
    counted = read_json(settings.jobs / run_id / attempts.FILE) or {}
    limits = {"deaths": attempts.MOST, "together": attempts.MOST_TOGETHER}
    near = any(counted.get(what, 0) >= most - 1 for what, most in limits.items())
    return not near or attempts._checkpoints(settings, run_id) != counted.get("checkpoints")


class Survival:
    """One data folder under kills, with at least so many unfinished jobs while they go on."""

    def __init__(self, home: Path, split, kind: str, seed: int, queued: int = 4):
        self.queued = queued
        self.home, self.split, self.kind = home, split, kind
        self.settings = settings_of(home)
        self.store = RunStore(self.settings)
        self.random = random.Random(seed)
        self.runs: list[str] = []
        self.finished: dict[str, tuple] = {}
        self.kills: Counter[str] = Counter()
        self.moments: list[float] = []  # of the kills
        self.requeues: list[float] = []
        self.starts: list[float] = []
        self.busy = 1.0
        with closing(sqlite3.connect(home / "runs.db")) as database:  # every change of a status, whoever makes it
            database.execute("create table audit (run text, status text)")
            for event in ("insert", "update"):
                database.execute(
                    f"create trigger audit_{event} after {event} on tags when new.key in ('thaw.status', 'thaw.ended') "
                    "begin insert into audit values (new.run_uuid, new.key || '=' || new.value); end"
                )
            database.commit()
        self.server = Server(home, kind)
        if kind != "small":
            self.starts.append(self.server.serving())

    def queue(self) -> None:
        """So many jobs that there is always one to be killed."""
        unfinished = sum(not self.store.get(run).status.over for run in self.runs)
        for _ in range(self.queued - unfinished):
            spec = plan(self.split, "checkpointed", seed=len(self.runs), epochs=EPOCHS)
            run, joined = self.store.submit(spec, evaluation_id=self.split.evaluation_id)
            assert not joined
            self.runs.append(run.id)

    def round(self, kind: str | None = None, longest_wait: float = LONGEST_WAIT) -> None:
        """One kill, of a random kind unless told, at a random moment, and everything at work again."""
        self.queue()
        self.at_work(since=0.0)
        time.sleep(self.random.uniform(0, longest_wait))
        self.queue()
        kind = kind or self.random.choices(list(KINDS), list(KINDS.values()))[0]
        while not all(may_die(self.settings, run) for run in self.runs) or not self.kill(kind):
            time.sleep(0.1)
        killed = time.monotonic()
        self.kills[kind] += 1
        self.moments.append(killed)
        if kind in ("server", "everything"):
            self.server = Server(self.home, self.kind)
            if self.kind != "small":
                self.starts.append(self.server.serving())
        self.requeues.append(self.at_work(since=killed) - killed)
        self.busy = max(self.busy, busyness())
        self.check()

    def kill(self, kind: str) -> bool:
        """Whether there was somebody to kill."""
        if kind == "everything":
            power_loss(self.home)
            self.server.process.wait()
            return True
        if kind == "server":
            self.server.kill()
            return True
        victim = self.victim(kind)
        with contextlib.suppress(psutil.Error):
            if victim is not None:
                victim.kill()
                return True
        return False

    def victim(self, kind: str) -> psutil.Process | None:
        state = supervision.state(self.settings)
        with contextlib.suppress(psutil.Error):
            if state["pid"] is None:
                return None
            supervisor = psutil.Process(state["pid"])
            if kind == "supervisor":
                return supervisor
            forkserver = [p for p in supervisor.children() if "multiprocessing.forkserver" in " ".join(p.cmdline())]
            workers = [child for each in forkserver for child in each.children()]
            return next(iter(workers if kind == "worker" else forkserver), None)
        return None

    def diary(self) -> list[dict]:
        path = self.home / DIARY
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def at_work(self, since: float) -> float:
        """Waits until a job was begun or went on after `since`; when that was."""
        until = time.monotonic() + 120
        while True:
            begun = [entry["at"] for entry in self.diary() if "from" in entry and entry["at"] > since]
            if begun:
                return begun[0]
            assert time.monotonic() < until, f"no job was taken up again\n{self.server.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def check(self) -> None:
        """No job is lost or failed, and what was finished stays as it was."""
        for id_ in self.runs:
            run = self.store.get(id_)
            assert run.status not in (Status.FAILED, Status.CANCELLED), run.error
            if run.status == Status.FINISHED:
                ended = (run.ended, run.attempt, tuple(sorted(run.metrics.items())))
                assert self.finished.setdefault(id_, ended) == ended, f"{id_} was finished twice"

    def end(self) -> dict:
        """Wait until all is done, end the server in order, and check the whole; the figures."""
        until = time.monotonic() + 300
        while any(not self.store.get(run).status.over for run in self.runs):
            assert time.monotonic() < until, [self.store.get(run).status for run in self.runs]
            time.sleep(0.1)
        self.check()
        ended = self.server.end(ENDED)
        assert not self.left_after(ENDED), "processes were left behind"
        for run in self.runs:
            assert self.store.predictions(run).evaluation_id == self.split.evaluation_id
            left = [path.name for path in (self.settings.jobs / run).rglob("*") if path.is_file()]
            assert set(left) == {"log.txt"}, left
        with closing(sqlite3.connect(self.home / "runs.db")) as database:
            audit = Counter(database.execute("select run, status from audit"))
            assert database.execute("select count(*) from runs").fetchone() == (len(self.runs),)
        published = [audit[run, "thaw.status=finished"] for run in self.runs]
        assert set(published) == {1}, Counter(published)
        ends = Counter(run for run, what in audit.elements() if what.startswith("thaw.ended"))
        assert set(ends.values()) == {1}
        epochs, seconds = self.repeated()
        return {
            "server": self.kind,
            "jobs": len(self.runs),
            "kills": dict(self.kills),
            "longest_requeue_seconds": round(max(self.requeues, default=0.0), 2),
            "longest_start_seconds": round(max(self.starts, default=0.0), 2),
            "most_epochs_repeated": epochs,
            "most_seconds_repeated": round(seconds, 2),
            "end_seconds": round(ended, 2),
            "busyness": round(self.busy, 1),
        }

    def left_after(self, seconds: float) -> list:
        until = time.monotonic() + seconds
        while (left := processes(self.home)) and time.monotonic() < until:
            time.sleep(0.1)
        return left

    def repeated(self) -> tuple[int, float]:
        """Most whole epochs, and seconds with the unfinished epoch, that a kill made an attempt do again."""
        attempts_of: dict[str, list[tuple[dict, list[dict]]]] = {}  # by run: how an attempt began, what it did
        for entry in self.diary():
            if "from" in entry:
                attempts_of.setdefault(entry["run"], []).append((entry, []))
            else:
                attempts_of[entry["run"]][-1][1].append(entry)
        most, longest = 0, 0.0
        for run in attempts_of.values():
            for (began, did), (again, _) in pairwise(run):
                most = max(most, sum(entry["did"] >= again["from"] for entry in did))
                kept = [entry["at"] for entry in did if entry["did"] < again["from"]]
                killed = next(moment for moment in self.moments if moment > began["at"])
                longest = max(longest, killed - max([began["at"], *kept]))
        return most, longest
