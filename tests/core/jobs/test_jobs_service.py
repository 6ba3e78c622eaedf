import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.jobs.service import ensure_supervisor, job_log, supervisor_state
from core.records import Status
from core.runs.files import read_json

HERE = Path(__file__).parent
FAKE = "fake_trainers:train"


@pytest.fixture(autouse=True)
def fake_trainers_can_be_imported(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def server(settings):
    """A process that keeps a supervisor, as the app does, until its input ends."""
    code = f"""
import sys
from pathlib import Path
from core.jobs.service import ensure_supervisor
from core.settings import Settings
home = Path({str(settings.home)!r})
with ensure_supervisor(Settings(home, None, {settings.tracking_uri!r}, None), {FAKE!r}):
    sys.stdin.read()
"""
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, cwd=HERE.parents[2])


def test_a_killed_server_leaves_nothing_running_and_nothing_lost(settings, store, queue_run, wait_for):
    run, behind = queue_run("waits_once"), queue_run("quick", 1)
    first = server(settings)
    wait_for(lambda: store.get(run.id).progress.note == "waiting")
    supervisor = supervisor_state(settings)
    assert supervisor["state"] == "other server"
    assert supervisor["jobs"] == [run.id]
    worker = read_json(settings.jobs / run.id / "attempt-1" / "worker.json")["pid"]
    first.kill()
    first.wait()
    wait_for(lambda: not alive(worker) and not alive(supervisor["pid"]))
    assert supervisor_state(settings)["state"] == "none"
    assert store.get(run.id).status == Status.RUNNING
    with ensure_supervisor(settings, FAKE):
        wait_for(lambda: store.get(run.id).status == store.get(behind.id).status == Status.FINISHED)
        assert supervisor_state(settings)["state"] == "running"
    assert store.get(run.id).attempt == 2
    assert supervisor_state(settings)["state"] == "none"


def test_a_killed_supervisor_is_started_again_and_its_worker_does_not_outlive_it(settings, store, queue_run, wait_for):
    run = queue_run("waits_once")
    with ensure_supervisor(settings, FAKE):
        wait_for(lambda: store.get(run.id).progress.note == "waiting")
        worker = read_json(settings.jobs / run.id / "attempt-1" / "worker.json")["pid"]
        os.kill(supervisor_state(settings)["pid"], signal.SIGKILL)
        wait_for(lambda: not alive(worker))
        wait_for(lambda: store.get(run.id).status == Status.FINISHED)


def test_a_run_that_never_started_has_no_log(settings):
    assert job_log(settings, "f" * 32) == ""


def test_a_log_is_the_end_of_the_latest_attempts(settings):
    for attempt in (2, 10):
        folder = settings.jobs / "r" / f"attempt-{attempt}"
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text("\n".join(f"{attempt}: line {number}" for number in range(100_000)))
    assert job_log(settings, "r", lines=2) == "10: line 99998\n10: line 99999"
