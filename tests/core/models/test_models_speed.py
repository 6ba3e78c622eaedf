import json
import subprocess
import sys

import pytest

from core.models import speed


@pytest.fixture(autouse=True)
def nothing_under_way(monkeypatch):
    monkeypatch.setattr(speed, "_newest", None)


class Process:
    """A process that runs until `returncode` is set."""

    made = 0

    def __init__(self, command, stderr, **_):
        Process.made += 1
        self.command, self.returncode = command, None
        stderr.write(b"WARNING: some\nMemoryError: no room\n")

    def poll(self):
        return self.returncode


def test_figures_measured_once_are_known_for_their_size_and_else_for_the_nearest(no_weights):
    assert speed.known(no_weights, "vanilla", 16) is None
    small, large = (speed.measure(no_weights, "Vanilla CNN", size, seconds=0.01) for size in (16, 256))
    assert min(small.infer, small.train) > 0
    assert (small.batch, large.batch) == (32, 4)
    assert speed.known(no_weights, "vanilla", 16) == speed.known(no_weights, "vanilla", 96) == small
    assert speed.known(no_weights, "vanilla", 300) == large
    assert speed.known(no_weights, "vgg16", 16) is None


def test_figures_of_another_machine_say_nothing(no_weights, monkeypatch):
    speed._keep(no_weights, "vanilla", speed.Speed(16, 1.0, 2.0, 32))
    assert speed.known(no_weights, "vanilla", 16) is not None
    monkeypatch.setattr(speed, "machine", lambda: "another processor")
    assert speed.known(no_weights, "vanilla", 16) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"MACHINE": {"vanilla": {"16": {}}}}', '{"MACHINE": {"vanilla": 3}}']
)
def test_a_damaged_file_is_as_good_as_none(no_weights, content):
    no_weights.cache.mkdir(parents=True)
    (no_weights.cache / "speed.json").write_text(content.replace("MACHINE", speed.machine()))
    assert speed.known(no_weights, "vanilla", 16) is None


def test_one_measurement_runs_at_a_time(no_weights, monkeypatch):
    monkeypatch.setattr(speed.subprocess, "Popen", Process)
    first = speed.start(no_weights, "vgg16", 96)
    assert speed.start(no_weights, "xception", 96) is first is speed.newest()
    assert not first.over
    first._process.returncode = 0
    assert first.over
    assert first.failure == ""
    assert speed.start(no_weights, "xception", 96) is not first


def test_a_measurement_that_brought_nothing_says_why(no_weights, monkeypatch):
    monkeypatch.setattr(speed.subprocess, "Popen", Process)
    measuring = speed.start(no_weights, "vgg16", 96)
    measuring._process.returncode = 1
    assert measuring.failure == "MemoryError: no room"
    measuring._process.returncode = -9
    assert measuring.failure == "it was killed; too little memory?"


def test_a_process_of_its_own_measures_and_leaves_the_figures(no_weights):
    measuring = speed.start(no_weights, "vanilla", 8)
    assert measuring._process.wait(timeout=200) == 0, measuring.failure
    assert speed.known(no_weights, "vanilla", 8).size == 8
    assert list(json.loads((no_weights.cache / "speed.json").read_text())) == [speed.machine()]


def test_a_measurement_ends_with_the_server_that_asked_for_it(no_weights):
    measuring = speed.start(no_weights, "vanilla", 8)
    measuring._process.stdin.close()  # as when the server is gone
    assert measuring._process.wait(timeout=100) == 1
    assert speed.known(no_weights, "vanilla", 8) is None


def test_asking_what_is_known_loads_no_keras():
    code = "import sys, core.models.speed; sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
