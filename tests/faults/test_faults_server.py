"""Servers that share a folder or want one port, and ones that are asked to end."""

import subprocess
import sys
import time

import pytest
from serving import OPTIONS, ROOT, Server, environment, processes

from core.jobs import supervision
from core.records import Status

pytestmark = pytest.mark.faults


def test_two_servers_on_one_folder_train_each_job_once_and_the_second_takes_over(jobs, wait_for):
    runs = [jobs.queue("checkpointed", seed, epochs=3) for seed in range(4)]
    first, second = Server(jobs.home, "app"), Server(jobs.home, "app")
    first.serving()
    second.serving()
    wait_for(jobs.over(runs[1], Status.FINISHED))
    states = {server.health()["supervisor"]["state"] for server in (first, second)}
    assert states == {"running", "other server"}
    holder = first if first.health()["supervisor"]["state"] == "running" else second
    holder.end()
    for run in runs:
        wait_for(jobs.over(run, Status.FINISHED))
        assert jobs.ends(run) == {"finished": 1}
    other = second if holder is first else first
    assert other.health()["supervisor"]["state"] == "running"
    other.end()
    assert jobs.all_gone()


@pytest.mark.parametrize("kind", ["app", "real"])
@pytest.mark.parametrize("moment", [0.0, 2.0, 15.0], ids=["at once", "while it starts", "at work"])
def test_after_sigterm_no_process_of_ours_lives_longer_than_twenty_seconds(jobs, kind, moment):
    run = jobs.queue("checkpointed", epochs=200)
    server = Server(jobs.home, kind)
    if moment:
        server.serving()
        time.sleep(moment)
    else:
        time.sleep(0.5)
    began = time.monotonic()
    seconds = server.end(within=20)
    assert jobs.all_gone(20 - (time.monotonic() - began)), [each.cmdline() for each in processes(jobs.home)]
    print(
        f"{kind}, {moment} s after its start: server gone after {seconds:.1f} s, all after "
        f"{time.monotonic() - began:.1f} s"
    )
    assert not jobs.store.get(run.id).status.over or kind == "real"


def test_a_port_that_is_taken_ends_the_second_server_and_harms_nobody(jobs, wait_for):
    first = Server(jobs.home, "app")
    first.serving()
    wait_for(lambda: supervision.state(jobs.settings)["state"] != "none")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(first.port), *OPTIONS]
    about = {"cwd": ROOT, "env": environment(jobs.home), "stdin": subprocess.DEVNULL}
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, **about)
    assert second.returncode != 0
    assert f"Port {first.port} is not available" in second.stdout + second.stderr
    assert "Traceback" not in second.stdout + second.stderr
    run = jobs.queue("quick")
    wait_for(jobs.over(run, Status.FINISHED))
    for process in processes(jobs.home):
        assert first.process.pid in {process.pid, *(parent.pid for parent in process.parents())}, process.cmdline()
    first.end()
    assert jobs.all_gone()
