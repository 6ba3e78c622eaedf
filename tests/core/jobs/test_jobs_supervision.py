import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.jobs import supervision
from core.runs.files import write_json


@pytest.fixture
def other():
    """A process that leads a session with a child in it."""
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']).wait()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, start_new_session=True)
    while not psutil.Process(process.pid).children():
        assert process.poll() is None
    yield process
    process.kill()
    process.communicate()


def test_who_a_process_is_does_not_change_with_the_clock(monkeypatch):
    said = supervision.identity()
    before = psutil.boot_time()
    module = sys.modules[type(psutil.Process()._proc).__module__]
    assert module.boot_time() == before
    monkeypatch.setattr(module, "boot_time", lambda: before + 86_400)  # what a clock that is set forwards does to it
    assert psutil.Process().create_time() - psutil.Process(os.getppid()).create_time() < 86_400
    assert supervision.identity() == said
    assert supervision.alive(said)


def test_another_process_of_the_number_or_another_start_of_the_machine_is_somebody_else():
    said = supervision.identity()
    assert not supervision.alive(said | {"started": said["started"] - 1})
    assert not supervision.alive(said | {"boot": "another"})
    assert not supervision.alive({"pid": said["pid"], "created": 1.0})  # as versions before this one wrote it
    assert not supervision.alive(said | {"pid": 2**22 + 1})


def test_what_a_dead_leader_left_of_its_session_is_ended(other, wait_for):
    said = supervision.identity(other.pid)
    (child,) = psutil.Process(other.pid).children()
    other.kill()
    other.wait()
    assert child.is_running()
    supervision.end_left(said | {"boot": "another"})  # after a restart of the machine it would be somebody else's
    assert child.is_running()
    supervision.end_left(said)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_session_of_somebody_who_got_the_number_later_is_left_alone(other):
    said = supervision.identity(other.pid)
    supervision.end_left(said | {"started": said["started"] - 1})
    assert other.poll() is None


def test_heartbeats_differ_and_need_no_room_on_the_disk(settings):
    assert supervision.last_beat(settings) is None
    supervision.beat(settings)  # nobody has said anything yet
    supervision.say(settings, None, [])
    content, told = (settings.home / supervision.FILE).read_bytes(), set()
    for _ in range(3):
        supervision.beat(settings)
        told.add(supervision.last_beat(settings))
        Path(settings.home / "other").write_text("a moment later")
        subprocess.run(["true"], check=True)
    assert len(told) == 3
    assert (settings.home / supervision.FILE).read_bytes() == content


def test_only_a_process_that_is_the_one_meant_is_ended_as_frozen(settings, other):
    supervision.end_frozen(settings)  # nobody said anything
    said = supervision.identity(other.pid)
    write_json(settings.home / supervision.FILE, said | {"started": said["started"] + 5, "parent": None, "jobs": []})
    supervision.end_frozen(settings)
    assert other.poll() is None
    write_json(settings.home / supervision.FILE, supervision.identity() | {"parent": None, "jobs": []})
    supervision.end_frozen(settings)  # that is us
    write_json(settings.home / supervision.FILE, said | {"parent": None, "jobs": []})
    supervision.end_frozen(settings)
    assert other.wait(30) == -9
