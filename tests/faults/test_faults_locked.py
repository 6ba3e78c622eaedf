"""The run store held by another process: everybody waits for a bounded time, is told so, and goes on afterwards."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import full_home
import pytest
from typer.testing import CliRunner

from core import __main__ as command_line
from core.commands import named
from core.errors import StoreBusy
from core.jobs.queue import open_store
from core.runs import RunStore, database, sentences, tracker

PATIENCE = 0.3
LONG = 15  # s; anybody's patience and MLflow's own 20 s are above it

HOLD = {
    "runs.lock": "from filelock import FileLock; held = FileLock({home!r} + '/runs.lock'); held.acquire()",
    "store.lock": "from filelock import FileLock; held = FileLock({home!r} + '/store.lock'); held.acquire()",
    "runs.db": (
        "import sqlite3; held = sqlite3.connect({home!r} + '/runs.db', isolation_level=None); "
        "held.execute('begin exclusive')"
    ),
    "runs.db, by a reader": (
        "import sqlite3; held = sqlite3.connect({home!r} + '/runs.db', isolation_level=None); "
        "held.execute('begin'); held.execute('select * from runs').fetchone()"
    ),
}


@contextmanager
def held(home, what):
    """Another process holds the lock until the block ends."""
    code = f"{HOLD[what].format(home=str(home))}; print('held', flush=True); import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.stdin.close()


@pytest.fixture
def home(tmp_path):
    return full_home.copied(tmp_path / "home")


@pytest.fixture
def store(home):
    return RunStore(home.settings, PATIENCE)


def refused(ask) -> float:
    began = time.monotonic()
    with pytest.raises(StoreBusy, match=r"(?s)held by another process.*Try again"):
        ask()
    return time.monotonic() - began


@pytest.mark.faults
@pytest.mark.parametrize("what", ["runs.lock", "runs.db", "runs.db, by a reader"])
def test_who_writes_waits_a_bounded_time_and_writes_afterwards(home, store, what):
    with held(home.settings.home, what):
        for ask in (
            lambda: store.rename(home.queued, "other"),
            lambda: store.claim(home.queued),
            lambda: store.submit(store.get(home.queued).spec, evaluation_id="e", again=True),
        ):
            assert refused(ask) < LONG
    time.sleep(tracker.AGAIN_SECONDS)
    store.rename(home.queued, "other")
    assert len(store.list()) == 4


@pytest.mark.faults
@pytest.mark.parametrize("what", ["runs.lock", "runs.db, by a reader"])
def test_who_only_looks_is_not_held_up_by_who_writes_runs_or_reads(home, store, what):
    with held(home.settings.home, what):
        assert len(store.list()) == 4
        assert store.history(home.finished[0])["epoch"].tolist() == [1, 2]
        assert RunStore(home.settings, PATIENCE).get(home.queued).name == "waits"


@pytest.mark.faults
def test_a_stop_is_asked_for_without_the_lock_of_the_runs(home, store):
    with held(home.settings.home, "runs.lock"):
        store.request_stop(home.queued)
        assert store.get(home.queued).stop_requested


def test_a_store_in_an_exclusive_transaction_is_told_to_who_looks_and_to_who_opens_it(home, store):
    with held(home.settings.home, "runs.db"):
        assert refused(store.list) < LONG
        assert refused(lambda: store.history(home.finished[0])) < LONG
        assert refused(lambda: RunStore(home.settings, PATIENCE)) < LONG
    time.sleep(tracker.AGAIN_SECONDS)
    assert len(store.list()) == 4


@pytest.mark.faults
def test_a_store_that_is_being_made_by_another_process_is_waited_for_and_told(home):
    with held(home.settings.home, "store.lock"):
        assert refused(lambda: RunStore(home.settings, PATIENCE)) < LONG
    assert len(RunStore(home.settings, PATIENCE).list()) == 4


@pytest.mark.faults
def test_of_fifty_visitors_none_waits_for_the_others_waiting(home):
    store = RunStore(home.settings, 1.0)
    with held(home.settings.home, "runs.db"), ThreadPoolExecutor(50) as visitors:
        began = time.monotonic()
        waits = list(visitors.map(lambda _: refused(store.list), range(50)))
        for _ in range(20):  # one after the other, as Streamlit lets visitors of one cache in
            waits.append(refused(store.list))
    assert time.monotonic() - began < LONG
    assert max(waits) < LONG


def test_pages_and_commands_wait_seconds_and_jobs_a_minute(home, monkeypatch):
    open_store.cache_clear()
    monkeypatch.setattr(named, "settings", lambda: home.settings)
    assert (sentences.PAGE_SECONDS, sentences.LOCK_SECONDS) == (5, 60)
    assert open_store(home.settings)._patience == named.run_store()._patience == sentences.PAGE_SECONDS
    assert RunStore(home.settings)._patience == sentences.LOCK_SECONDS
    open_store.cache_clear()


@pytest.mark.faults
def test_the_command_line_says_the_sentence(home, monkeypatch, capsys):
    monkeypatch.setattr(named, "settings", lambda: home.settings)
    monkeypatch.setattr(sentences, "PAGE_SECONDS", PATIENCE)
    with held(home.settings.home, "runs.db"):
        done = CliRunner().invoke(command_line.app, ["runs"])
    assert isinstance(done.exception, StoreBusy)


def test_seeing_whether_a_store_can_be_written_changes_no_byte(home):
    path = home.settings.home / "runs.db"
    before = path.read_bytes()
    database.probe(path, PATIENCE, writing=True)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
